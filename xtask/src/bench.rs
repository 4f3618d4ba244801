//! `cargo xtask bench scan DIR`: tuneup's wall time and peak memory beside oxlint's, in cold processes.
//!
//! Both programs walk the same directory; the table shows how many files each found, so a difference in what was
//! read is seen. Runs are interleaved, so that a busy moment of the machine hits both, and one run of each before
//! the first counted one fills the page cache for both.

mod cache;
mod measure;
mod oxlint;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, Subcommand};
use serde::Deserialize;

pub(crate) use self::measure::{MeasureArguments, measure};
use self::measure::{Sample, sample};
use self::table::Table;
use crate::failure::Failure;
use crate::{metadata, process, workspace};

/// What is measured.
#[derive(Debug, Subcommand)]
pub(crate) enum Subject {
    /// `tuneup scan` beside `oxlint -A all -W perf` on a directory
    Scan(ScanArguments),
    /// `tuneup scan` and `--diff` with and without what `.tuneup/` keeps
    Cache(cache::CacheArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ScanArguments {
    /// The repository to scan
    directory: PathBuf,
    /// Processes of each program
    #[arg(long, default_value_t = 11)]
    runs: usize,
    /// Threads of each program
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// The oxlint to run; without it the one in PATH, or a pinned one from npm
    #[arg(long, value_name = "PATH")]
    oxlint: Option<PathBuf>,
}

/// The part of `tuneup scan --format json` that the table shows.
#[derive(Debug, Deserialize)]
struct ScanReport {
    stats: ScanStats,
    findings: Vec<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct ScanStats {
    files: u64,
    lines: u64,
    seconds: f64,
}

pub(crate) fn run(subject: &Subject) -> Result<(), Failure> {
    match subject {
        Subject::Scan(arguments) => scan(arguments),
        Subject::Cache(arguments) => cache::run(arguments),
    }
}

fn scan(arguments: &ScanArguments) -> Result<(), Failure> {
    if arguments.runs == 0 {
        return Err(Failure::Usage("--runs must be at least 1".to_owned()));
    }
    let directory = fs::canonicalize(&arguments.directory).map_err(|source| Failure::File {
        action: "open",
        path: arguments.directory.clone(),
        source,
    })?;
    let target = metadata::read()?.target_directory;
    let outputs = target.join("bench");
    fs::create_dir_all(&outputs).map_err(|source| Failure::File {
        action: "create",
        path: outputs.clone(),
        source,
    })?;
    process::run(&mut process::cargo(&["build", "--release", "--package", "tuneup", "--locked"]))?;
    let oxlint = oxlint::find(arguments.oxlint.as_deref(), &target)?;
    let programs = Programs { tuneup: target.join("release/tuneup"), oxlint, directory, outputs };
    let mut table = Table::new(version(&programs.tuneup)?, version(&programs.oxlint)?);
    for run in 0..=arguments.runs {
        eprint!("\rrun {run} of {}", arguments.runs);
        let (scan_sample, report) = programs.scan(arguments.threads)?;
        let (lint_sample, summary) = programs.lint(arguments.threads)?;
        if run > 0 {
            table.add(scan_sample, &report, lint_sample, &summary);
        }
    }
    eprintln!();
    println!("{}", table.conditions(arguments.threads));
    println!("{table}");
    Ok(())
}

struct Programs {
    tuneup: PathBuf,
    oxlint: PathBuf,
    directory: PathBuf,
    /// Where the programs' outputs go.
    outputs: PathBuf,
}

impl Programs {
    fn scan(&self, threads: usize) -> Result<(Sample, ScanReport), Failure> {
        let report = self.outputs.join("tuneup.json");
        let mut command = Command::new(&self.tuneup);
        command.arg("scan").arg(&self.directory).args(["--format", "json", "--output"]).arg(&report);
        command.arg("--threads").arg(threads.to_string());
        let sample = sample(&command, &self.outputs.join("tuneup.out"))?;
        let report = serde_json::from_str(&workspace::read(&report)?).map_err(|error| Failure::Output {
            command: process::shown(&command),
            reason: error.to_string(),
        })?;
        Ok((sample, report))
    }

    fn lint(&self, threads: usize) -> Result<(Sample, oxlint::Summary), Failure> {
        let said = self.outputs.join("oxlint.out");
        let mut command = Command::new(&self.oxlint);
        command.args(["-A", "all", "-W", "perf"]).arg(format!("--threads={threads}")).arg(&self.directory);
        let sample = sample(&command, &said)?;
        let summary = oxlint::summary(&workspace::read(&said)?)
            .map_err(|reason| Failure::Output { command: process::shown(&command), reason })?;
        Ok((sample, summary))
    }
}

/// `name version`, as the program says.
fn version(program: &Path) -> Result<String, Failure> {
    let said = process::output(Command::new(program).arg("--version"))?;
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    Ok(format!("{name} {}", said.split_whitespace().last().unwrap_or_default()))
}
