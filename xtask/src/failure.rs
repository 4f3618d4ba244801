//! Why a development command could not do its work.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("cannot {action} {}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot start `{command}`")]
    Start { command: String, source: io::Error },
    #[error("`{command}` ended with {status}{said}")]
    Ended { command: String, status: ExitStatus, said: String },
    #[error("cannot understand what `{command}` printed: {reason}")]
    Output { command: String, reason: String },
    /// Rules that the tree breaks, one a line.
    #[error("{}", .0.join("\n"))]
    Broken(Vec<String>),
    #[error("step `{0}` failed")]
    Step(&'static str),
    #[error("{0}")]
    Sample(String),
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    /// A failure unless there is nothing to complain of.
    pub(crate) fn unless_empty(complaints: Vec<String>) -> Result<(), Self> {
        if complaints.is_empty() { Ok(()) } else { Err(Self::Broken(complaints)) }
    }
}
