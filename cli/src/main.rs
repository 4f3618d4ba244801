//! The `tuneup` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    tuneup::main()
}
