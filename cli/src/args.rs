//! The command line: what may be typed. What it means is each verb's business.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::verbs::completions::CompletionsArgs;
use crate::verbs::facts::FactsArgs;
use crate::verbs::init::InitArgs;
use crate::verbs::man::ManArgs;
use crate::verbs::rule::RuleArgs;
use crate::verbs::scan::ScanArgs;

/// Finds what makes a Node.js, PostgreSQL and Redis backend slow
///
/// Without a verb, `tuneup PATH` does everything that needs nothing from you: today that is `tuneup scan PATH`.
#[derive(Debug, Parser)]
#[command(
    name = "tuneup",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    override_usage = "tuneup [OPTIONS] [PATH]\n       tuneup [OPTIONS] <VERB>",
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    after_long_help = EXIT_CODES
)]
pub(crate) struct Cli {
    /// Folder to examine [default: the current folder]
    pub(crate) path: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) global: GlobalArgs,

    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Scan(ScanArgs),
    Init(InitArgs),
    Rule(RuleArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    #[command(name = "__facts", hide = true)]
    Facts(FactsArgs),
}

const EXIT_CODES: &str = "\
Exit codes:
  0   nothing at or above --fail-on
  1   findings at or above --fail-on
  2   wrong usage or configuration, or the output could not be written
  3   nothing could be read
  70  a bug of tuneup";

/// Options that every verb has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct GlobalArgs {
    /// Settings to use instead of those in the nearest `tuneup.toml`
    ///
    /// Without it, the file of that name in the folder scanned counts, or in the nearest folder above it up to the
    /// root of the workspace.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Configuration")]
    pub(crate) config: Option<PathBuf>,

    /// How to write the result; docs/formats.md shows each
    #[arg(long, global = true, value_enum, default_value_t = Format::Terminal)]
    pub(crate) format: Format,

    /// Write the result to a file instead of standard output
    ///
    /// The file appears when it is complete: an interrupted run leaves the old one, or none.
    #[arg(long, short, global = true, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Write findings, warnings and errors only: no progress, no summary
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,

    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Terminal,
    /// For programs, see docs/schema
    Json,
    /// Findings for code hosts and editors: SARIF 2.1.0
    Sarif,
    /// Findings as a comment under a pull request
    Markdown,
    /// Findings as remarks in a run of GitHub Actions
    Github,
    /// Findings as the code quality report of GitLab
    Gitlab,
    /// Findings as failed tests, for other CI servers: JUnit XML
    Junit,
}

impl Format {
    /// What a format is called in a sentence.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Terminal => "text",
            Self::Json => "JSON",
            Self::Sarif => "SARIF",
            Self::Markdown => "Markdown",
            Self::Github => "GitHub commands",
            Self::Gitlab => "a GitLab report",
            Self::Junit => "JUnit XML",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

impl Color {
    /// Sets the choice for everything this process prints.
    pub(crate) fn apply(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{Cli, EXIT_CODES};
    use crate::Exit;

    #[test]
    fn the_command_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_lists_every_exit_code() {
        let lines: Vec<String> =
            Exit::ALL.iter().map(|exit| format!("  {:<2}  {}", exit.code(), exit.meaning())).collect();
        assert_eq!(EXIT_CODES, format!("Exit codes:\n{}", lines.join("\n")));
    }
}
