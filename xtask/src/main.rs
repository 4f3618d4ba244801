//! The development commands of tuneup, run as `cargo xtask VERB`; one file per verb.
//!
//! They need cargo and what cargo installs; `samples`, a part of `test`, also needs Node.js, PostgreSQL and Redis, which it
//! installs where it may. `cargo xtask test` passes on a fresh clone.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a development program speaks to its developer"
)]

mod accuracy;
mod bench;
mod codegen;
mod dist;
mod failure;
mod licences;
mod metadata;
mod new_rule;
mod process;
mod samples;
mod test;
mod tidy;
mod workspace;

use std::error::Error as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The development commands of tuneup")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run everything that CI runs: format, house rules, licences, lints, samples, all tests
    Test,
    /// Write the documents that are made by code (docs/cli.md, docs/rules/)
    Codegen,
    /// Check the rules of the house
    Tidy,
    /// Check that the licence of every dependency is permissive
    Licences,
    /// Run both galleries of examples/ on a PostgreSQL and a Redis of their own, and compare what they answer
    Samples,
    /// Begin a rule of `tuneup scan`: its file and its registration
    NewRule {
        /// Kebab-case, names the problem, for example `query-in-loop`
        id: String,
    },
    /// Build what a release consists of: static binary, archive with checksum, npm packages, folder for docker
    Dist(dist::DistArguments),
    /// Measure how right `tuneup scan` is on public repositories, and write docs/accuracy.md
    Accuracy(accuracy::AccuracyArguments),
    /// Measure tuneup beside another program
    #[command(subcommand)]
    Bench(bench::Subject),
    /// Run one program and print its wall time and peak memory as JSON; `bench` runs itself through this
    #[command(hide = true)]
    Measure(bench::MeasureArguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().verb {
        Verb::Test => test::run(),
        Verb::Codegen => codegen::run(),
        Verb::Tidy => tidy::run(),
        Verb::Licences => licences::run(),
        Verb::Samples => samples::run(),
        Verb::NewRule { id } => new_rule::run(&id),
        Verb::Dist(arguments) => dist::run(&arguments),
        Verb::Accuracy(arguments) => accuracy::run(&arguments),
        Verb::Bench(subject) => bench::run(&subject),
        Verb::Measure(arguments) => bench::measure(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print_failure(&failure);
            ExitCode::FAILURE
        }
    }
}

fn print_failure(failure: &Failure) {
    eprintln!("error: {failure}");
    let mut source = failure.source();
    while let Some(cause) = source {
        eprintln!("caused by: {cause}");
        source = cause.source();
    }
}
