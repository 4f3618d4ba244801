//! What a scan of a tree says, as far as it is judged.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::Setting;
use crate::failure::Failure;
use crate::process;

/// A default finding.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Found {
    pub(super) rule: String,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) end_line: u32,
    pub(super) message: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Scanned {
    pub(super) findings: Vec<Found>,
    pub(super) stats: Stats,
}

#[derive(Debug, Deserialize)]
pub(super) struct Stats {
    pub(super) lines: u64,
}

/// Scans a folder in the default profile.
pub(super) fn scan(setting: &Setting, folder: &Path) -> Result<Scanned, Failure> {
    let mut command = Command::new(&setting.tuneup);
    command.arg("scan").arg(folder).args(["--no-cache", "--quiet", "--fail-on", "never", "--format", "json"]);
    let said = process::output(&mut command)?;
    serde_json::from_str(&said)
        .map_err(|error| Failure::Output { command: process::shown(&command), reason: error.to_string() })
}

/// Scans a commit of a repository.
pub(super) fn scan_commit(setting: &Setting, repository: &str, commit: &str) -> Result<Scanned, Failure> {
    eprintln!("scanning {repository} {commit:.10}");
    let tree = setting.mirror.lay(repository, commit)?;
    scan(setting, tree.path())
}
