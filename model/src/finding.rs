//! Finding: something slow or risky in the user's system, with what we saw.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Cost, Experiment, Fix, Location, Weight};

/// How much the finding matters when it is true. Ordered: `Low < Medium < High`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Low,
    Medium,
    High,
}

/// How sure we are. Ordered: `Candidate < Likely < Confirmed`. Candidates are hidden unless asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A part of the evidence is missing; shown on request only, never fails a build.
    Candidate,
    /// The code says so; nothing has been measured.
    Likely,
    /// Measured on a real system.
    Confirmed,
}

/// Stable identity of a finding: 16 hexadecimal digits that survive moved lines and reformatting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub String);

/// What two findings have in common though the code was moved or renamed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Likeness {
    /// The rule, the function and what it does there, without the file.
    pub anchor: String,
    /// The rule and the table or list that it is about, without names of functions.
    pub shape: String,
}

/// One hop of the path from an entry point or loop to the place where the cost is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallStep {
    pub file: String,
    pub line: u32,
    /// The function entered or the query made there, for example `PostsService.list` or `prisma.post.findMany`.
    pub name: String,
}

/// Something seen that supports the finding; owned, so that a report reads no files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub kind: EvidenceKind,
    /// What it shows, as a short sentence without a full stop.
    pub message: String,
    /// Absent where the evidence is not a place in the source.
    pub location: Option<Location>,
    /// The whole source lines of `location`, at most five, without line ends.
    pub source: Vec<String>,
}

/// What sort of observation an [`Evidence`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// The query or call itself.
    Query,
    /// The loop or iteration around it.
    Loop,
    /// A declaration in a schema or migration.
    Schema,
    /// Any other place in the source.
    Source,
    /// A fact without a place, for example a bound of the database.
    Fact,
}

/// Something slow or risky in the user's system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the rule, for example `n-plus-one-in-loop`.
    pub rule: String,
    pub severity: Severity,
    pub confidence: Confidence,
    pub fingerprint: Fingerprint,
    pub likeness: Likeness,
    /// Flattened by hand in JSON (`file`, `line`, …): see `ScanResult`.
    pub location: Location,
    /// The whole source lines of `location`, at most eight, without line ends; empty where unknown.
    pub source: Vec<String>,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: String,
    pub cost: Option<Cost>,
    /// From the entry point (where one is known) to the query; empty where the finding is a declaration.
    pub call_path: Vec<CallStep>,
    pub evidence: Vec<Evidence>,
    /// Why the confidence is not higher; empty for likely findings without a doubt.
    pub doubts: Vec<String>,
    /// The change that would mend it, where a rule can describe one.
    pub fix: Option<Fix>,
    /// How the finding could be proven on a real database.
    pub experiment: Option<Experiment>,
    /// Its part of what was measured, where weights were given; the heaviest come first then.
    pub weight: Option<Weight>,
    /// Larger is more important; findings are sorted by it, then by place.
    pub rank: u32,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Candidate => "candidate",
            Self::Likely => "likely",
            Self::Confirmed => "confirmed",
        })
    }
}
