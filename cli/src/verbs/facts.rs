//! `tuneup __facts PATH`: the hidden verb behind [`crate::isolate`].

use std::io::{self, Read as _, Write as _};
use std::thread;

use clap::Args;

use crate::Exit;
use crate::error::CliError;

const STACK_BYTES: usize = 256 << 20;

/// Facts of the source text on standard input, as JSON
#[derive(Debug, Args)]
pub(crate) struct FactsArgs {
    /// The file's path, which tells its language
    path: String,
}

pub(crate) fn run(args: &FactsArgs) -> Result<Exit, CliError> {
    let doing = || CliError::could_not_measure(format!("read `{}`", args.path));
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|error| doing().because(&error))?;
    let path = args.path.clone();
    let facts = move || serde_json::to_vec(&tuneup_scan::facts::facts(&path, &text));
    let thread = thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(facts)
        .map_err(|error| doing().because(&error))?;
    let json = match thread.join() {
        Ok(json) => json.map_err(|error| doing().because(&error))?,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    io::stdout().write_all(&json).map_err(|error| doing().because(&error))?;
    Ok(Exit::Clean)
}
