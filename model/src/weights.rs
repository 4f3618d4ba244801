//! Weights: what was measured of a running system, as far as it tells which findings matter most.

use serde::{Deserialize, Serialize};

/// Version of the JSON form of [`Weights`].
pub const WEIGHTS_SCHEMA: u32 = 1;

/// Where the time of a system goes. Each part is compared with its own total only.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Statement statistics, for example of `pg_stat_statements`.
    #[serde(default)]
    pub statements: Vec<StatementWeight>,
    /// Requests by route, for example of a recording or an access log.
    #[serde(default)]
    pub routes: Vec<RouteWeight>,
    /// Time by line, for example of a CPU profile.
    #[serde(default)]
    pub lines: Vec<LineWeight>,
}

/// One statement with its parameters left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementWeight {
    pub query: String,
    pub calls: u64,
    /// Milliseconds of all calls together.
    pub total_ms: f64,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteWeight {
    pub method: String,
    /// With parameters by name: `/posts/:id`, `/posts/{id}` or `/posts/[id]`.
    pub path: String,
    pub requests: u64,
    /// Milliseconds of all requests together.
    pub total_ms: f64,
}

/// One line of the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineWeight {
    /// Relative to the folder scanned.
    pub file: String,
    pub line: u32,
    /// Milliseconds in this line itself.
    pub self_ms: f64,
}

/// A finding's part of what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weight {
    /// From 0 to 1: of all statements, requests or lines measured.
    pub share: f64,
    /// What was measured, a short sentence without a full stop.
    pub basis: String,
}
