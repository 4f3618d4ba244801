//! The `tuneup` command line: arguments in, exit code out. The one crate that prints, reads the environment or knows
//! the terminal.
//!
//! A library beside the binary, so that tests can reach the command definition and write its reference page.

mod args;
mod cache;
mod changes;
mod config;
mod edge;
mod error;
mod exit;
mod isolate;
mod output;
mod place;
mod progress;
mod reference;
mod suggest;
mod verbs;

pub use config::{configuration_page, configuration_schema};
pub use edge::main;
pub use exit::Exit;
pub use reference::reference;
