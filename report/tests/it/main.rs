//! Reports of a made-up result: what a reader sees, and that each format keeps to its form.

#![expect(clippy::unwrap_used, reason = "a test fails where its own data is wrong")]

mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod sample;
mod sarif;
mod sarif_schema;
mod schema;
mod terminal;
