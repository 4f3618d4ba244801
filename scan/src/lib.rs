//! Static analysis: a source tree to a program, the program to findings. No clock, no terminal; files through
//! [`SourceTree`] only.
//!
//! Start at `analysis` for the order of things, `facts` for what is read off one file, `program` for what is
//! concluded across files, `rules` for what is asked.

mod analysis;
mod config;
pub mod facts;
mod handles;
mod objects;
mod orm;
mod place;
mod prisma;
mod program;
mod report;
mod resolve;
pub mod rules;
mod schema;
mod source;
mod why;
mod workspace;

pub use analysis::{Candidates, Isolate, Options, Progress, Queries, scan};
pub use config::{ConfigError, config};
pub use handles::built_in_handles;
pub use source::{
    Danger, DangerKind, DiskTree, Listing, MemoryTree, OpenTreeError, ReadError, SourceTree, danger,
};
pub use why::{Explanation, WhyError, why};
