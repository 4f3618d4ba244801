//! Findings that were there before: accepted ones in a baseline, those of an earlier revision.

use serde::{Deserialize, Serialize};

use crate::{Confidence, Finding, Likeness, Severity};

/// Version of the form of a saved [`Baseline`].
pub const BASELINE_SCHEMA: u32 = 1;

/// Findings that a team accepts for now: only others are reported.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Baseline {
    /// Sorted, so that a change of the file shows what changed.
    pub findings: Vec<Known>,
}

/// As much of a finding as tells it from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Known {
    pub file: String,
    pub rule: String,
    /// For people who read the file.
    pub message: String,
    pub severity: Severity,
    pub confidence: Confidence,
    #[serde(flatten)]
    pub likeness: Likeness,
}

impl From<&Finding> for Known {
    fn from(finding: &Finding) -> Self {
        Self {
            file: finding.location.file.clone(),
            rule: finding.rule.clone(),
            message: finding.message.clone(),
            severity: finding.severity,
            confidence: finding.confidence,
            likeness: finding.likeness.clone(),
        }
    }
}

/// How the findings of a scan relate to those that were there before.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Since {
    /// What is compared with, for people: `HEAD~1 (0123456789ab)`, `tuneup-baseline.json`.
    pub base: String,
    /// Findings that are not among those shown because they were there before.
    pub known: usize,
    /// Of those shown, the ones that were there before and are worse now, by fingerprint.
    pub worse: Vec<Worse>,
    /// Findings that are gone.
    pub fixed: Vec<Known>,
}

/// A finding that was less sure or mattered less before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worse {
    pub fingerprint: String,
    pub severity_before: Severity,
    pub confidence_before: Confidence,
}
