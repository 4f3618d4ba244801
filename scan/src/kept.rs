//! What earlier scans learned, kept by content: the facts of a text, and the answer that a whole tree gave.
//!
//! Both depend on texts alone, and a text that changed has another digest, so what is kept is never out of date and no
//! clock of the file system is trusted. Where it is kept is the caller's business.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tuneup_model::{Finding, QuerySite, ScanResult, ScanStats, Warning};

use crate::facts::FileFacts;

/// Names a content. Nobody can make two contents with the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest([u8; 16]);

impl Digest {
    /// Of several parts; `["ab", "c"]` is not `["a", "bc"]`.
    pub fn of<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let whole = hasher.finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&whole[..16]);
        Self(half)
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A memory beyond one scan. Called from many threads at once; forgetting anything at any time is allowed.
pub trait Kept: Sync {
    fn facts(&self, of: Digest) -> Option<Arc<FileFacts>>;

    fn keep_facts(&self, of: Digest, facts: &Arc<FileFacts>);

    /// Earlier answers to a question, each for other texts.
    fn answers(&self, question: Digest) -> Vec<Answer>;

    fn keep_answer(&self, question: Digest, answer: Answer);
}

/// What a scan answered, with every text that it read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    pub(crate) texts: Vec<(String, Digest)>,
    findings: Vec<Finding>,
    stats: ScanStats,
    warnings: Vec<Warning>,
    queries: Vec<QuerySite>,
}

impl Answer {
    pub(crate) fn new(texts: Vec<(String, Digest)>, result: &ScanResult) -> Self {
        let ScanResult { findings, stats, warnings, queries, since: _ } = result.clone();
        Self { texts, findings, stats, warnings, queries }
    }

    pub(crate) fn result(self) -> ScanResult {
        let Self { texts: _, findings, stats, warnings, queries } = self;
        ScanResult { findings, stats, warnings, queries, since: None }
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;

    #[test]
    fn parts_are_told_apart() {
        let of = |parts: &[&str]| Digest::of(parts.iter().map(|part| part.as_bytes()));
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["ab"]), of(&["ab", ""]));
    }
}
