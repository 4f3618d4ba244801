//! Exit codes: what a script may rely on.

use std::process::ExitCode;

/// How a run ended. Not proven, or not read, never looks like passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing over the bar.
    Clean,
    /// Findings at or above `--fail-on`.
    Findings,
    /// The command line, the configuration or the output was at fault.
    Usage,
    /// What was to be examined could not be read.
    CouldNotMeasure,
    /// A bug of tuneup.
    Bug,
}

impl Exit {
    /// Every way to end, in the order of the codes.
    pub const ALL: [Self; 5] = [Self::Clean, Self::Findings, Self::Usage, Self::CouldNotMeasure, Self::Bug];

    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::CouldNotMeasure => 3,
            Self::Bug => 70,
        }
    }

    /// What the code means, for help and reference.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Clean => "nothing at or above --fail-on",
            Self::Findings => "findings at or above --fail-on",
            Self::Usage => "wrong usage or configuration, or the output could not be written",
            Self::CouldNotMeasure => "nothing could be read",
            Self::Bug => "a bug of tuneup",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
