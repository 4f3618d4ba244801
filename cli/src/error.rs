//! An error as the user reads it: what could not be done, why, and what to do next.

use std::error::Error;
use std::io::Write as _;

use anstyle::{AnsiColor, Style};

use crate::Exit;

const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
const CAUSE: Style = Style::new().bold();
const HINT: Style = AnsiColor::BrightCyan.on_default().bold();

/// Ends a verb.
#[derive(Debug)]
pub(crate) struct CliError {
    /// Continues "cannot ", for example "scan `src`".
    doing: String,
    causes: Vec<String>,
    hint: Option<String>,
    exit: Exit,
}

impl CliError {
    /// The user's command line or surroundings are at fault.
    pub(crate) fn usage(doing: impl Into<String>) -> Self {
        Self { doing: doing.into(), causes: Vec::new(), hint: None, exit: Exit::Usage }
    }

    /// What was to be examined could not be.
    pub(crate) fn could_not_measure(doing: impl Into<String>) -> Self {
        Self { exit: Exit::CouldNotMeasure, ..Self::usage(doing) }
    }

    /// Adds `error` and all its sources.
    pub(crate) fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            self.causes.push(error.to_string());
            next = error.source();
        }
        self
    }

    pub(crate) fn because_text(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Writes the error to standard error. That nobody may be listening there is no further error.
    pub(crate) fn print(&self) {
        let mut lines = vec![format!("{ERROR}error:{ERROR:#} cannot {}\n", self.doing)];
        lines.extend(self.causes.iter().map(|cause| format!("{CAUSE}caused by:{CAUSE:#} {cause}\n")));
        lines.extend(self.hint.iter().map(|hint| format!("{HINT}hint:{HINT:#} {hint}\n")));
        anstream::stderr().write_all(lines.concat().as_bytes()).ok();
    }
}

/// Writes a remark about the run itself to standard error.
pub(crate) fn print_note(text: &str) {
    anstream::stderr().write_all(format!("{HINT}note:{HINT:#} {text}\n").as_bytes()).ok();
}
