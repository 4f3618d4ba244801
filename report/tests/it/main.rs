//! Reports of a made-up result: what a reader sees, and the published JSON form.

#![expect(clippy::unwrap_used, reason = "a test fails where its own data is wrong")]

mod json;
mod sample;
mod schema;
mod terminal;
