//! The folder `.tuneup/` at the root of a workspace, and what a cache in it must have been made by.
//!
//! A tree is not trusted: a cache that came with it would say what its author wants. So a stamp binds a cache to the very
//! folder that was made here, and to this very program: a copy of the folder, or a newer program, begins anew.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tuneup_scan::Digest;

const NAME: &str = ".tuneup";

/// A file half written that is this old has lost its writer.
const ABANDONED: Duration = Duration::from_hours(1);

/// Where a cache lies.
#[derive(Debug, Clone)]
pub(super) struct Place {
    folder: PathBuf,
    program: Digest,
}

impl Place {
    /// None where this program cannot tell itself from another version.
    pub(super) fn below(root: &Path) -> Option<Self> {
        let program = fs::metadata(std::env::current_exe().ok()?).ok()?;
        let about =
            format!("{} {} {:?}", env!("CARGO_PKG_VERSION"), program.len(), since_1970(program.modified()));
        Some(Self { folder: root.join(NAME), program: Digest::of([about.as_bytes()]) })
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What a file in the folder must begin with; none where there is no folder of ours.
    pub(super) fn stamp(&self) -> Option<Digest> {
        let about = fs::symlink_metadata(&self.folder).ok().filter(Metadata::is_dir)?;
        let folder = format!("{:?} {:?}", number(&about), since_1970(about.created()));
        Some(Digest::of([self.program.as_bytes().as_slice(), folder.as_bytes()]))
    }

    /// Makes the folder where there is none, out of sight of git.
    pub(super) fn prepare(&self) -> io::Result<()> {
        match fs::create_dir(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        if !fs::symlink_metadata(&self.folder)?.is_dir() {
            // A link would lead out of the tree.
            return Err(io::ErrorKind::NotADirectory.into());
        }
        match OpenOptions::new().write(true).create_new(true).open(self.file(".gitignore")) {
            Ok(mut file) => file.write_all(b"*\n")?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        self.sweep();
        Ok(())
    }

    /// Removes what a run left that was killed while it wrote.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let is_ours = entry.file_name().to_str().is_some_and(|name| {
                name.starts_with(".tuneup-")
                    && Path::new(name).extension().is_some_and(|extension| extension == "tmp")
            });
            let age = |about: &Metadata| about.modified().ok()?.elapsed().ok();
            let is_old =
                || entry.metadata().ok().and_then(|about| age(&about)).is_some_and(|age| age > ABANDONED);
            if is_ours && is_old() {
                fs::remove_file(entry.path()).ok();
            }
        }
    }
}

fn since_1970(time: io::Result<SystemTime>) -> Option<Duration> {
    time.ok()?.duration_since(UNIX_EPOCH).ok()
}

/// The number of a folder in its file system, where it has one.
#[cfg(unix)]
fn number(about: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(about)
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}
