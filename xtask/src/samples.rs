//! `cargo xtask samples`: the two galleries of `examples/` run and answer alike, and a scan says of them what they say.
//!
//! Everything happens in a scratch directory: PostgreSQL and Redis listen on sockets in it, each gallery has a database
//! and a Redis of its own, and HTTP ports are chosen by the system. What was started is stopped however the run ends.

mod galleries;
mod programs;
mod running;
mod scanned;
mod stores;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use self::galleries::Gallery;
use self::programs::Programs;
use self::stores::Postgres;
use crate::failure::Failure;
use crate::{process, workspace};

const SLOW: &str = "party-gallery";
const TUNED: &str = "party-gallery-tuned";

pub(crate) fn run() -> Result<(), Failure> {
    scanned::check()?;
    let programs = Programs::find()?;
    let scratch = Scratch::new()?;
    copy_examples(&scratch.0)?;
    let postgres = Postgres::start(&programs, &scratch.0)?;
    let (slow, tuned) = thread::scope(|scope| {
        let slow = scope.spawn(|| Gallery::start(SLOW, &programs, &postgres, &scratch.0));
        let tuned = Gallery::start(TUNED, &programs, &postgres, &scratch.0);
        (slow.join().expect("a gallery's thread returns its failures"), tuned)
    });
    let (slow, tuned) = (slow?, tuned?);
    let mut smoke = Command::new(&programs.node);
    smoke.arg(scratch.0.join("smoke.mjs")).args(slow.urls()).args(tuned.urls());
    process::run(&mut smoke)?;
    slow.stop()?;
    tuned.stop()?;
    postgres.stop()
}

/// A directory that is gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("tuneup-samples-{}", std::process::id()));
        let failed = |source| Failure::File { action: "create", path: path.clone(), source };
        fs::create_dir(&path).map_err(failed)?;
        let scratch = Self(path.clone());
        // PostgreSQL may run as another user and has its directory in here.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(failed)?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A file left behind in the system's temporary directory is no reason to fail.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Copies `examples/`, so that nothing is installed or built in the tree.
fn copy_examples(scratch: &Path) -> Result<(), Failure> {
    for (path, text) in workspace::texts(&workspace::root().join("examples"))? {
        let path = scratch.join(path);
        let directory = path.parent().expect("the path of a copy is below the scratch directory");
        fs::create_dir_all(directory).map_err(|source| Failure::File {
            action: "create",
            path: directory.to_owned(),
            source,
        })?;
        workspace::write(&path, &text)?;
    }
    Ok(())
}
