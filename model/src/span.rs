//! Where something stands in the user's source.

use serde::{Deserialize, Serialize};

/// A range of source text. Lines and columns count from 1; columns count UTF-16 code units as editors do.
/// `end_column` is the column after the last character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// Path relative to the scanned root, with `/` between parts.
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}
