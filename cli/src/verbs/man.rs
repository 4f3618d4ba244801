//! `tuneup man [VERB]`: manual pages, made from the same declarations as `--help`.

use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man;

use super::plain_text_only;
use crate::args::{Cli, GlobalArgs};
use crate::error::CliError;
use crate::{Exit, output, suggest};

/// Print a manual page
///
/// `tuneup man | man -l -` shows it; packages install it as tuneup.1, and those of the verbs as tuneup-VERB.1.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Verb to describe [default: tuneup as a whole]
    verb: Option<String>,
}

pub(crate) fn run(args: &ManArgs, global: &GlobalArgs) -> Result<Exit, CliError> {
    plain_text_only("a manual page", global)?;
    let mut tuneup = Cli::command();
    tuneup.build();
    let described = match &args.verb {
        None => tuneup,
        Some(name) => verb(&tuneup, name)?,
    };
    let mut page = Vec::new();
    Man::new(described)
        .render(&mut page)
        .map_err(|error| CliError::usage("write a manual page").because(&error))?;
    let page = String::from_utf8(page).expect("our command line is declared in UTF-8");
    output::write(&page, global)?;
    Ok(Exit::Clean)
}

/// The verb as a command of its own, called `tuneup-VERB` as manual pages are.
fn verb(tuneup: &Command, name: &str) -> Result<Command, CliError> {
    let verbs = || tuneup.get_subcommands().filter(|verb| !verb.is_hide_set());
    if let Some(verb) = verbs().find(|verb| verb.get_name() == name) {
        return Ok(verb.clone().display_name(format!("tuneup-{name}")));
    }
    let unknown = CliError::usage(format!("describe the verb `{name}`"));
    Err(match suggest::nearest(name, verbs().map(Command::get_name)) {
        Some(known) => unknown.hint(format!("did you mean `{known}`?")),
        None => unknown.hint("`tuneup --help` lists all verbs"),
    })
}
