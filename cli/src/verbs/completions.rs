//! `tuneup completions SHELL`: what a shell needs to complete our verbs and options, made from their declarations.

use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;

use super::plain_text_only;
use crate::args::{Cli, GlobalArgs};
use crate::error::CliError;
use crate::{Exit, output};

/// Print the completions of a shell
///
/// For bash: `tuneup completions bash -o ~/.local/share/bash-completion/completions/tuneup`. docs/install.md has the
/// place for every shell.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Shell to complete in
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, global: &GlobalArgs) -> Result<Exit, CliError> {
    plain_text_only("completions", global)?;
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut public_command(), "tuneup", &mut script);
    let script = String::from_utf8(script).expect("our command line is declared in UTF-8");
    output::write(&script, global)?;
    Ok(Exit::Clean)
}

/// Our command line without its hidden verbs, which the generators would offer.
fn public_command() -> Command {
    let all = Cli::command();
    let verbs = all.get_subcommands().filter(|verb| !verb.is_hide_set());
    Command::new("tuneup")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .args(all.get_arguments())
        .subcommands(verbs)
}
