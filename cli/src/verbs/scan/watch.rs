//! `--watch`: a report, and after each save what is new and what is gone.
//!
//! Each look is a whole scan with the configuration of then; what is kept in memory makes it short. A look at texts that
//! were known says nothing.

use std::io;

use tuneup_model::{Known, ScanResult, ScanStats};
use tuneup_scan::{DiskTree, Renames, SourceTree as _};

use super::{ScanArgs, examine, render};
use crate::args::GlobalArgs;
use crate::cache::{Cache, Saved};
use crate::changes::Changes;
use crate::error::CliError;
use crate::{Exit, config, output};

pub(super) fn run(args: &ScanArgs, global: &GlobalArgs, tree: &DiskTree) -> Result<Exit, CliError> {
    let cache = if args.no_cache { Cache::default() } else { Cache::of(tree.root()) };
    let mut changes = Changes::below(tree.root());
    if let Some(trouble) = changes.follow(&tree.list().files) {
        note(&trouble);
    }
    let mut last = look(args, global, tree, &cache)?;
    if ended(output::say(&(render(&last, tree.focus(), args, global) + &waiting(&last, global))))? {
        return Ok(Exit::Clean);
    }
    cache.save();
    let mut is_failing = false;
    loop {
        changes.wait();
        if !tree.root().is_dir() {
            return Err(CliError::could_not_measure(format!("watch `{}`", args.path.display()))
                .because_text("the folder is gone"));
        }
        if let Some(trouble) = changes.follow(&tree.list().files) {
            note(&trouble);
        }
        let now = match look(args, global, tree, &cache) {
            Ok(now) => now,
            Err(error) => {
                // Said once: without events of the system we look again and again.
                if !std::mem::replace(&mut is_failing, true) {
                    error.print();
                }
                continue;
            }
        };
        let is_news = cache.save() == Saved::News || is_failing || differs(&now, &last);
        is_failing = false;
        if is_news {
            let text = render(&since_last(&now, &last), tree.focus(), args, global);
            if ended(output::say(&(text + &waiting(&now, global))))? {
                return Ok(Exit::Clean);
            }
        }
        last = now;
    }
}

fn look(
    args: &ScanArgs,
    global: &GlobalArgs,
    tree: &DiskTree,
    cache: &Cache,
) -> Result<ScanResult, CliError> {
    let settings = config::load(tree, &args.path, global.config.as_deref())?;
    examine(args, global, tree, &settings, Some(cache))
}

/// Whether more than the time it took is another.
fn differs(now: &ScanResult, last: &ScanResult) -> bool {
    let stats = |result: &ScanResult| ScanStats { seconds: 0.0, ..result.stats.clone() };
    now.findings != last.findings || now.warnings != last.warnings || stats(now) != stats(last)
}

/// The findings that the last report did not show.
fn since_last(now: &ScanResult, last: &ScanResult) -> ScanResult {
    let known: Vec<Known> = last.findings.iter().map(Known::from).collect();
    let mut news = now.clone();
    tuneup_scan::since(&mut news, &known, &Renames::new(), "the last report".to_owned());
    news
}

fn waiting(result: &ScanResult, global: &GlobalArgs) -> String {
    if global.quiet {
        return String::new();
    }
    let findings = match result.findings.len() {
        0 => "No findings".to_owned(),
        1 => "1 finding".to_owned(),
        number => format!("{number} findings"),
    };
    format!("{findings} in all; waiting for changes, Ctrl-C ends\n\n")
}

/// Whether nobody reads any more.
fn ended(written: io::Result<()>) -> Result<bool, CliError> {
    match written {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(CliError::usage("write to standard output").because(&error)),
    }
}

fn note(trouble: &notify::Error) {
    crate::error::print_note(&format!(
        "the system does not tell of changes here, so tuneup looks every {} seconds: {trouble}",
        crate::changes::LOOK.as_secs()
    ));
}
