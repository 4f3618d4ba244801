//! The reference page of the command line, made from the same declarations as `--help`.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use crate::Exit;
use crate::args::Cli;

/// Columns of the help texts in the page, whatever terminal writes it.
const WIDTH: usize = 100;

/// The page as Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# Command line\n\n\
         <!-- Made from the program by `cargo xtask codegen`; edit the comments of cli/src/verbs instead. -->\n",
    );
    let mut tuneup = Cli::command().term_width(WIDTH).color(clap::ColorChoice::Never);
    tuneup.build();
    section(&mut page, "tuneup", &tuneup);
    for verb in tuneup.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        section(&mut page, &format!("tuneup {}", verb.get_name()), verb);
    }
    page.push_str("\n## Exit codes\n\n| code | means |\n| ---: | --- |\n");
    for exit in Exit::ALL {
        writeln!(page, "| {} | {} |", exit.code(), exit.meaning()).expect("writing to a string cannot fail");
    }
    page.push_str(
        "\nA candidate never changes the exit code. `--fail-on never` reports without failing a build.\n\n\
         [formats.md](formats.md) shows what each `--format` writes.\n",
    );
    page
}

fn section(page: &mut String, title: &str, command: &Command) {
    let help = command.clone().term_width(WIDTH).render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(page, "\n## {title}\n\n```text\n{}\n```\n", lines.join("\n"))
        .expect("writing to a string cannot fail");
}
