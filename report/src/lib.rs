//! Results as text: one file per format. Pure: values in, a string out; no file is read and no clock asked.
//!
//! A finding owns the source lines it talks about, so any report can be rendered anywhere, later, from saved data.

mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod notes;
mod sarif;
mod terminal;
mod uri;
mod words;

pub use github::github;
pub use gitlab::gitlab;
pub use json::json;
pub use junit::{JunitOptions, junit};
pub use markdown::{COMMENT_LIMIT, MarkdownOptions, markdown};
pub use sarif::{SarifOptions, SarifRule, sarif};
pub use terminal::{Detail, TerminalOptions, terminal};
