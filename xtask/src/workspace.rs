//! Where the workspace is, and what it holds: every file git would keep, without the ignored ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::failure::Failure;

/// The directory that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask is a directory of the workspace").to_owned()
}

/// Relative path (with `/`) and text of every file below `root` that is UTF-8.
pub(crate) fn texts(root: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .parents(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    let mut texts = BTreeMap::new();
    for entry in walk {
        let entry = entry.map_err(|error| Failure::File {
            action: "walk",
            path: root.to_owned(),
            source: std::io::Error::other(error),
        })?;
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let path = entry.path();
        let bytes = fs::read(path).map_err(|source| Failure::File {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        let relative = path.strip_prefix(root).expect("the walk stays below its root");
        if let Ok(text) = String::from_utf8(bytes) {
            texts.insert(relative.to_string_lossy().replace('\\', "/"), text);
        }
    }
    Ok(texts)
}

pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|source| Failure::File { action: "read", path: path.to_owned(), source })
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|source| Failure::File { action: "write", path: path.to_owned(), source })
}
