//! `--diff` and `--baseline`: what is new since an earlier revision, or beside what a team has accepted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use tuneup_model::{BASELINE_SCHEMA, Baseline, Confidence, Known, ScanResult};
use tuneup_scan::{Before, DiskTree, GitTree, OpenRevisionError, Options, Renames, SourceTree as _};

use crate::error::CliError;
use crate::output;

/// What findings are compared with.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Comparison")]
pub(crate) struct SinceArgs {
    /// Report only what is new or worse than in this git revision
    ///
    /// Both states are read whole, so that a change which makes an unchanged caller slow is found; nothing is
    /// checked out, and uncommitted changes count. Moved, renamed and reformatted code reports nothing.
    #[arg(long, value_name = "REV", conflicts_with = "baseline")]
    diff: Option<String>,

    /// Report only findings that are not in this file, made by `--update-baseline`
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write all findings of now to the file of `--baseline`, and report none
    #[arg(long, requires = "baseline")]
    update_baseline: bool,
}

impl SinceArgs {
    /// Scans `tree` and compares as the user asks.
    pub(crate) fn scan(&self, tree: &DiskTree, options: &Options<'_>) -> Result<ScanResult, CliError> {
        if let Some(revision) = &self.diff {
            return since_revision(tree, options, revision);
        }
        let known = match &self.baseline {
            Some(file) if !self.update_baseline => Some(load(file)?),
            _ => None,
        };
        let mut result = tuneup_scan::scan(tree, options);
        match (&self.baseline, known) {
            (Some(file), Some(baseline)) => {
                let base = file.display().to_string();
                tuneup_scan::since(&mut result, &baseline.findings, &Renames::new(), base);
            }
            (Some(file), None) => save(file, &mut result)?,
            (None, _) => {}
        }
        Ok(result)
    }
}

fn since_revision(tree: &DiskTree, options: &Options<'_>, revision: &str) -> Result<ScanResult, CliError> {
    let earlier = GitTree::open(tree, &tree.list(), revision).map_err(|error| refused(revision, &error))?;
    let before = Before {
        tree: &earlier,
        same: &|path| earlier.is_unchanged(path),
        renames: earlier.renames(),
        base: format!("{revision} ({})", earlier.short_commit()),
    };
    Ok(tuneup_scan::scan_since(tree, options, &before))
}

fn refused(revision: &str, error: &OpenRevisionError) -> CliError {
    let doing = format!("compare with `{revision}`");
    match error {
        OpenRevisionError::NoGit(_) => CliError::could_not_measure(doing)
            .because(error)
            .hint("install git, or compare with a `--baseline`"),
        OpenRevisionError::NotARepository => CliError::usage(doing)
            .because(error)
            .hint("run inside a clone, or accept today's findings with `--baseline FILE --update-baseline`"),
        OpenRevisionError::Shallow => CliError::usage(doing)
            .because(error)
            .hint("fetch more history: `git fetch --unshallow`, or `fetch-depth: 0` in the checkout step"),
        OpenRevisionError::UnknownRevision => CliError::usage(doing)
            .because(error)
            .hint("name a commit, branch or tag: `HEAD~1`, `origin/main`, `v1.2.0`"),
        OpenRevisionError::Refused(_) | OpenRevisionError::Unreadable(_) => {
            CliError::could_not_measure(doing).because(error)
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum BaselineError {
    #[error("there is no such file")]
    Missing,
    #[error("the file cannot be read")]
    Unreadable(#[source] io::Error),
    #[error("it is not a baseline")]
    NotABaseline(#[source] serde_json::Error),
    #[error("it is a baseline of form {found}, and this program reads form {BASELINE_SCHEMA}")]
    OtherForm { found: u32 },
}

/// A baseline as it is saved.
#[derive(Serialize, Deserialize)]
struct Saved {
    kind: Kind,
    schema: u32,
    #[serde(flatten)]
    baseline: Baseline,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Baseline,
}

fn load(file: &Path) -> Result<Baseline, CliError> {
    read(file).map_err(|error| {
        let refused = CliError::usage(format!("follow the baseline `{}`", file.display())).because(&error);
        match error {
            BaselineError::Unreadable(_) => refused,
            _ => refused.hint("make one of today's findings: add `--update-baseline`"),
        }
    })
}

fn read(file: &Path) -> Result<Baseline, BaselineError> {
    let text = fs::read(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => BaselineError::Missing,
        _ => BaselineError::Unreadable(error),
    })?;
    let saved: Saved = serde_json::from_slice(&text).map_err(BaselineError::NotABaseline)?;
    if saved.schema != BASELINE_SCHEMA {
        return Err(BaselineError::OtherForm { found: saved.schema });
    }
    Ok(saved.baseline)
}

/// Candidates are not accepted: what makes one certain is news.
fn save(file: &Path, result: &mut ScanResult) -> Result<(), CliError> {
    let sure = result.findings.iter().filter(|it| it.confidence > Confidence::Candidate);
    let mut findings: Vec<Known> = sure.map(Known::from).collect();
    findings.sort();
    let saved = Saved { kind: Kind::Baseline, schema: BASELINE_SCHEMA, baseline: Baseline { findings } };
    let mut text = serde_json::to_string_pretty(&saved).expect("plain data always serializes");
    text.push('\n');
    output::write_file(file, &text).map_err(|error| {
        CliError::usage(format!("write the baseline `{}`", file.display())).because(&error)
    })?;
    let base = file.display().to_string();
    tuneup_scan::since(result, &saved.baseline.findings, &Renames::new(), base);
    Ok(())
}
