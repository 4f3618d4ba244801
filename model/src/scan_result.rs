//! The result of `tuneup scan`, and the numbers that say how much of the program was understood.

use serde::{Deserialize, Serialize};

use crate::{Dialect, Finding, QuerySite, Since};

/// Version of the JSON form of [`ScanResult`]; raised when a reader of the old form would misread the new one.
pub const SCAN_SCHEMA: u32 = 1;

/// Everything one scan learned that a reader may want. Findings are sorted most important first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScanResult {
    pub findings: Vec<Finding>,
    pub stats: ScanStats,
    pub warnings: Vec<Warning>,
    pub queries: Vec<QuerySite>,
    /// Where the findings are compared with earlier ones: only new and worse ones are among them then.
    pub since: Option<Since>,
}

/// How much was read and understood.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ScanStats {
    /// Source files read (.ts, .tsx, .js, .jsx, .mts, .cts, .mjs, .cjs, .prisma, .sql).
    pub files: usize,
    pub lines: usize,
    /// Wall time of the analysis in seconds, measured by the caller.
    pub seconds: f64,
    /// Imports of files of this repository, and those that led to a file.
    pub imports_local: usize,
    pub imports_resolved: usize,
    /// Calls in the program, and those whose target is known.
    pub calls: usize,
    pub calls_resolved: usize,
    pub query_sites: usize,
    /// Query sites whose handle was recognized by form only.
    pub query_sites_assumed: usize,
    pub functions: usize,
    pub entry_points: usize,
    pub tables: usize,
    /// The databases that the tables and clients speak to, sorted; empty where nothing declares one.
    pub dialects: Vec<Dialect>,
    /// Findings that were not shown because they are candidates.
    pub candidates: usize,
    /// Findings that comments in the source leave out.
    pub ignored: usize,
}

/// Something we could not read or understand; the rest of the run is unharmed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Warning {
    /// Relative path; empty where the warning is about the whole run.
    pub file: String,
    /// What happened and what follows, a lowercase fragment without a full stop.
    pub message: String,
}
