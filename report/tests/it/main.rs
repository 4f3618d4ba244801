//! Reports of a made-up result: what a reader sees, the published JSON form, and SARIF.

#![expect(clippy::unwrap_used, reason = "a test fails where its own data is wrong")]

mod json;
mod sample;
mod sarif;
mod schema;
mod terminal;
