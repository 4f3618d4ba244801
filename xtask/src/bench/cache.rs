//! `cargo xtask bench cache DIR`: what `.tuneup/` saves, in runs with and without it, side by side.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::Args;

use super::measure::sample;
use super::table::median;
use crate::failure::Failure;
use crate::{metadata, process};

#[derive(Debug, Args)]
pub(crate) struct CacheArguments {
    /// The clone to scan; its `.tuneup/` is removed
    directory: PathBuf,
    /// Processes of each kind
    #[arg(long, default_value_t = 11)]
    runs: usize,
    /// Threads of each
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// The earlier revision to compare with
    #[arg(long, default_value = "HEAD~1")]
    diff: String,
}

/// What of `.tuneup/` a run finds.
#[derive(Debug, Clone, Copy)]
enum Found {
    Nothing,
    /// As after a change of a file: the facts of the others.
    Facts,
    All,
}

struct Arm {
    name: String,
    is_diff: bool,
    found: Found,
    walls: Vec<Duration>,
}

pub(super) fn run(arguments: &CacheArguments) -> Result<(), Failure> {
    let directory = fs::canonicalize(&arguments.directory).map_err(|source| Failure::File {
        action: "open",
        path: arguments.directory.clone(),
        source,
    })?;
    let target = metadata::read()?.target_directory;
    process::run(&mut process::cargo(&["build", "--release", "--package", "tuneup", "--locked"]))?;
    let tuneup = target.join("release/tuneup");
    let diff = format!("scan --diff {}", arguments.diff);
    let arm = |name: &str, found| {
        let what = match found {
            Found::Nothing => "nothing kept",
            Found::Facts => "facts kept",
            Found::All => "all kept",
        };
        Arm { name: format!("{name}, {what}"), is_diff: name != "scan", found, walls: Vec::new() }
    };
    let mut arms = [
        arm("scan", Found::Nothing),
        arm("scan", Found::Facts),
        arm("scan", Found::All),
        arm(&diff, Found::Nothing),
        arm(&diff, Found::Facts),
        arm(&diff, Found::All),
    ];
    let said = target.join("bench.out");
    for run in 0..=arguments.runs {
        for arm in &mut arms {
            eprint!("\rrun {run} of {}", arguments.runs);
            forget(&directory, arm.found)?;
            let mut command = Command::new(&tuneup);
            command.arg("scan").arg(&directory).args(["--format", "json", "--threads"]);
            command.arg(arguments.threads.to_string());
            if arm.is_diff {
                command.arg("--diff").arg(&arguments.diff);
            }
            let sample = sample(&command, &said)?;
            if run > 0 {
                arm.walls.push(sample.wall);
            }
        }
    }
    eprintln!();
    println!("{}", table(&arms, arguments));
    Ok(())
}

/// Each run finds what the run before it left, less this.
fn forget(directory: &Path, found: Found) -> Result<(), Failure> {
    let kept = directory.join(".tuneup");
    let (path, removed) = match found {
        Found::Nothing => (kept.clone(), fs::remove_dir_all(&kept)),
        Found::Facts => (kept.join("answers"), fs::remove_file(kept.join("answers"))),
        Found::All => return Ok(()),
    };
    match removed {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Failure::File { action: "remove", path, source })
        }
        _ => Ok(()),
    }
}

fn table(arms: &[Arm], arguments: &CacheArguments) -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let mut text = format!(
        "{} interleaved processes of each, {} threads on {cores} cores; medians.\n\n",
        arguments.runs, arguments.threads
    );
    text.push_str("| run | wall | beside a scan with nothing kept |\n|---|---:|---:|\n");
    let yardstick = median(arms[0].walls.iter().copied());
    for arm in arms {
        let wall = median(arm.walls.iter().copied());
        writeln!(text, "| {} | {wall:.0} ms | {:.2} |", arm.name, wall / yardstick)
            .expect("writing to a string cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_beside_the_first() {
        let arm = |name: &str, walls: [u64; 3]| Arm {
            name: name.to_owned(),
            is_diff: false,
            found: Found::All,
            walls: walls.map(Duration::from_millis).to_vec(),
        };
        let arguments =
            CacheArguments { directory: PathBuf::new(), runs: 3, threads: 2, diff: "HEAD~1".to_owned() };
        let text = table(&[arm("scan", [100, 300, 200]), arm("again", [40, 60, 50])], &arguments);
        assert!(text.contains("| scan | 200 ms | 1.00 |\n| again | 50 ms | 0.25 |\n"), "{text}");
    }
}
