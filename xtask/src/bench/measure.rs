//! One run of a program: wall time and peak memory.
//!
//! The kernel tells a process the largest memory that any of its ended children ever had, all of them together.
//! To know it for one run, each run has a parent of its own: xtask started again as `xtask measure`.

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::process;

/// Exit code above which a program failed; linters end with 1 where they found something.
const FOUND_SOMETHING: i32 = 1;

#[derive(Debug, Args)]
pub(crate) struct MeasureArguments {
    /// Where the program's standard output goes
    #[arg(long, value_name = "FILE")]
    stdout: PathBuf,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// What one run took.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) wall: Duration,
    pub(super) peak_bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    seconds: f64,
    peak_bytes: u64,
    /// Absent where a signal ended the program.
    code: Option<i32>,
}

/// Runs a command under a measuring parent. Fails where the command fails, that is, ends with more than 1.
pub(super) fn sample(command: &Command, stdout: &Path) -> Result<Sample, Failure> {
    let ourselves =
        env::current_exe().map_err(|source| Failure::Start { command: "xtask".to_owned(), source })?;
    let mut parent = Command::new(ourselves);
    parent.arg("measure").arg("--stdout").arg(stdout).arg("--");
    parent.arg(command.get_program()).args(command.get_args());
    let said = process::output(&mut parent)?;
    let misread = |reason: String| Failure::Output { command: process::shown(command), reason };
    let measured: Measured = serde_json::from_str(&said).map_err(|error| misread(error.to_string()))?;
    if measured.code.is_none_or(|code| code > FOUND_SOMETHING) {
        return Err(misread(format!(
            "it ended with {:?}; its output is in {}",
            measured.code,
            stdout.display()
        )));
    }
    Ok(Sample { wall: Duration::from_secs_f64(measured.seconds), peak_bytes: measured.peak_bytes })
}

/// The hidden verb `measure`.
pub(crate) fn measure(arguments: &MeasureArguments) -> Result<(), Failure> {
    let output = File::create(&arguments.stdout).map_err(|source| Failure::File {
        action: "create",
        path: arguments.stdout.clone(),
        source,
    })?;
    let (program, rest) = arguments.command.split_first().expect("clap requires the command");
    let mut command = Command::new(program);
    command.args(rest).stdin(Stdio::null()).stdout(output);
    let start = Instant::now();
    let status = command.status().map_err(|source| Failure::Start { command: program.clone(), source })?;
    let seconds = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|error| Failure::Start { command: "getrusage".to_owned(), source: error.into() })?;
    let measured = Measured { seconds, peak_bytes: peak_bytes(usage.max_rss()), code: status.code() };
    println!("{}", serde_json::to_string(&measured).expect("numbers are always JSON"));
    Ok(())
}

/// Linux counts kibibytes, macOS bytes.
fn peak_bytes(max_rss: i64) -> u64 {
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    u64::try_from(max_rss).unwrap_or(0) * unit
}
