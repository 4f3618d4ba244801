//! Results as text: one file per format. Pure: values in, a string out; no file is read and no clock asked.
//!
//! A finding owns the source lines it talks about, so any report can be rendered anywhere, later, from saved data.

mod json;
mod sarif;
mod terminal;

pub use json::json;
pub use sarif::{SarifOptions, SarifRule, sarif};
pub use terminal::{Detail, TerminalOptions, terminal};
