//! `GitTree`: an earlier revision of the folder on disk, read from git's objects. Nothing is checked out or written.
//!
//! What git says is unchanged is read from disk, which is faster; the rest comes from `git cat-file`. The program `git` is
//! used, so that whatever it can read (packs, worktrees, alternates) can be compared with.

mod objects;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use objects::Repository;

use super::{DiskTree, Listing, ReadError, SourceTree, text_of};
use crate::compare::Renames;

/// A revision of the repository around a [`DiskTree`].
#[derive(Debug)]
pub struct GitTree<'a> {
    disk: &'a DiskTree,
    repository: Repository,
    commit: String,
    files: Vec<String>,
    /// Object ids of the files whose text is not that on disk.
    changed: BTreeMap<String, String>,
    renames: Renames,
}

/// Why a revision cannot be read. The message continues "cannot compare with `REV`: ".
#[derive(Debug, thiserror::Error)]
pub enum OpenRevisionError {
    #[error("the program `git` could not be started")]
    NoGit(#[source] io::Error),
    #[error("the folder is not in a git repository")]
    NotARepository,
    #[error("git refuses to read the repository: {0}")]
    Refused(String),
    #[error("there is no such revision")]
    UnknownRevision,
    #[error("this is a shallow clone, and the revision is not in it")]
    Shallow,
    #[error("git could not read the revision: {0}")]
    Unreadable(String),
}

impl<'a> GitTree<'a> {
    /// Opens a revision; `list` is what [`DiskTree::list`] gives for the folder.
    pub fn open(disk: &'a DiskTree, listing: &Listing, revision: &str) -> Result<Self, OpenRevisionError> {
        let repository = Repository::around(disk.root())?;
        let commit = repository.commit(revision)?;
        let changes = repository.changes(&commit)?;
        let held = repository.files(&commit)?;
        let on_disk: BTreeSet<&str> = listing.files.iter().map(String::as_str).collect();
        let inside = |path: &str| held.modules.iter().any(|module| is_below(module, path));
        let mut files: Vec<String> = listing.files.iter().filter(|path| inside(path)).cloned().collect();
        let mut changed = BTreeMap::new();
        let mut gone = Vec::new();
        for (path, id) in held.files {
            let is_here = on_disk.contains(path.as_str());
            if is_here && !changes.differ.contains(&path) {
                files.push(path);
            } else if is_here {
                files.push(path.clone());
                changed.insert(path, id);
            } else if changes.differ.contains(&path) {
                gone.push((path, id));
            }
            // What is on disk but not listed is ignored there, and so it is here.
        }
        let ignored = repository.ignored(gone.iter().map(|(path, _)| path.as_str()))?;
        for (path, id) in gone.into_iter().filter(|(path, _)| !ignored.contains(path)) {
            files.push(path.clone());
            changed.insert(path, id);
        }
        files.retain(|path| !path.split('/').any(|part| super::disk::NEVER.contains(&part)));
        files.sort_unstable();
        files.dedup();
        Ok(Self { disk, repository, commit, files, changed, renames: changes.renames })
    }

    /// The first digits of the commit, as people write them.
    pub fn short_commit(&self) -> &str {
        self.commit.get(..12).unwrap_or(&self.commit)
    }

    /// True for a path whose text is that on disk.
    pub fn is_unchanged(&self, path: &str) -> bool {
        !self.changed.contains_key(path) && self.files.binary_search_by(|it| it.as_str().cmp(path)).is_ok()
    }

    /// New paths by old ones, as git sees them, relative to the focus of the tree on disk.
    pub fn renames(&self) -> Renames {
        let seen = |path: &str| below(self.disk.focus(), path).map(str::to_owned);
        self.renames.iter().filter_map(|(old, new)| Some((seen(old)?, seen(new)?))).collect()
    }
}

fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

fn is_below(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

impl SourceTree for GitTree<'_> {
    fn list(&self) -> Listing {
        Listing { files: self.files.clone(), warnings: Vec::new() }
    }

    fn read(&self, path: &str) -> Result<String, ReadError> {
        match self.changed.get(path) {
            Some(id) => text_of(self.repository.blob(id).map_err(ReadError::Io)?),
            None if self.files.binary_search_by(|it| it.as_str().cmp(path)).is_ok() => self.disk.read(path),
            None => Err(ReadError::Missing),
        }
    }
}
