//! `cargo xtask test`: everything that CI runs, quick steps first, stopping at the first that fails.
//!
//! The tests come last, so that cargo's `test result` lines close the output. Doc tests and the tests that hold
//! generated documents are part of `cargo test`.

use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::{licences, process, samples, tidy};

struct Step {
    name: &'static str,
    run: fn() -> Result<(), Failure>,
}

const STEPS: [Step; 6] = [
    Step { name: "format", run: format },
    Step { name: "tidy", run: tidy::run },
    Step { name: "licences", run: licences::run },
    Step { name: "lints", run: lints },
    Step { name: "samples", run: samples::run },
    Step { name: "tests", run: tests },
];

pub(crate) fn run() -> Result<(), Failure> {
    let mut done: Vec<String> = Vec::new();
    for step in STEPS {
        println!("── {}", step.name);
        let start = Instant::now();
        let outcome = (step.run)();
        let time = shown(start.elapsed());
        match outcome {
            Ok(()) => done.push(format!("{} {time}", step.name)),
            Err(failure) => {
                crate::print_failure(&failure);
                eprintln!("── failed after {time}: {}; passed: {}", step.name, listed(&done));
                return Err(Failure::Step(step.name));
            }
        }
    }
    println!("── all steps passed: {}", listed(&done));
    Ok(())
}

fn format() -> Result<(), Failure> {
    process::run(&mut process::cargo(&["fmt", "--all", "--check"]))
}

fn lints() -> Result<(), Failure> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    process::run(&mut process::cargo(&arguments))
}

fn tests() -> Result<(), Failure> {
    let mut command = process::cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
    // A snapshot that differs is a failed test, not a file to accept later.
    process::run(command.env("INSTA_UPDATE", "no").env_remove("TUNEUP_CODEGEN"))
}

fn listed(done: &[String]) -> String {
    if done.is_empty() { "nothing".to_owned() } else { done.join(", ") }
}

fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        assert_eq!(shown(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(shown(Duration::from_secs(125)), "2 min 05 s");
    }
}
