//! The program as a user meets it: command lines in, both streams and the exit code out.

#![expect(clippy::unwrap_used, reason = "a test fails where its own data is wrong")]

mod bad_input;
mod cache;
mod config;
mod generated_docs;
mod installed;
mod output;
mod rule;
mod scan;
mod shop;
mod since;
mod usage;
#[cfg(unix)]
mod watch;
mod weights;
