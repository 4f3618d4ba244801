//! Fix: a change that can be applied and undone.

use serde::{Deserialize, Serialize};

use crate::Location;

/// Whether a fix may be applied without a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FixSafety {
    Safe,
    /// Needs a reader: behaviour may change in ways the analysis cannot see.
    Unsafe,
}

/// A change that would mend a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What the change does, imperative, for example `add @@index([postId]) to model Comment`.
    pub title: String,
    pub safety: FixSafety,
    /// Text edits, sorted by place and without overlap; empty where only the kind of change is known.
    pub edits: Vec<Edit>,
    /// Equivalent statement for the database, where there is one (`CREATE INDEX CONCURRENTLY …`).
    pub ddl: Option<String>,
}

/// Replace the text at a place; an empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub location: Location,
    pub text: String,
}
