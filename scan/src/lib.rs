//! Static analysis: a source tree to a program, the program to findings. No clock, no terminal; files through
//! [`SourceTree`] only.
//!
//! Start at `analysis` for the order of things, `facts` for what is read off one file, `program` for what is
//! concluded across files, `rules` for what is asked.

mod analysis;
mod compare;
mod config;
mod deployment;
pub mod facts;
mod handles;
mod ignores;
mod kept;
mod levels;
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
mod weigh;
mod why;
mod workspace;

pub use analysis::{Before, Candidates, Isolate, Options, Progress, Queries, scan, scan_since, since};
pub use compare::{Compared, Renames, compare};
pub use config::{ConfigError, config};
pub use handles::built_in_handles;
pub use kept::{Answer, Digest, Kept};
pub use levels::Levels;
pub use source::{
    Danger, DangerKind, DiskTree, GitTree, Listing, MemoryTree, OpenRevisionError, OpenTreeError, ReadError,
    SourceTree, danger, is_never_read,
};
pub use weigh::weigh;
pub use why::{Explanation, WhyError, why};
