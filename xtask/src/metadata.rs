//! The part of `cargo metadata` that the house asks about.

use std::path::PathBuf;

use serde::Deserialize;

use crate::failure::Failure;
use crate::process;

#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_root: PathBuf,
    pub(crate) target_directory: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Absent for the packages of this workspace.
    pub(crate) source: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// `dev` or `build`; absent for an ordinary one.
    pub(crate) kind: Option<String>,
    /// Where the package is on this disk; absent for one from a registry.
    pub(crate) path: Option<PathBuf>,
}

/// Asks cargo; the lock file must be current.
pub(crate) fn read() -> Result<Metadata, Failure> {
    let mut command = process::cargo(&["metadata", "--format-version", "1", "--locked"]);
    let text = process::output(&mut command)?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::Output { command: process::shown(&command), reason: error.to_string() })
}

impl Package {
    /// The directory of a package of this workspace, relative to the root.
    pub(crate) fn directory(&self, root: &std::path::Path) -> Option<String> {
        let directory = self.manifest_path.parent()?.strip_prefix(root).ok()?;
        self.source.is_none().then(|| directory.to_string_lossy().replace('\\', "/"))
    }
}
