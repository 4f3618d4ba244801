//! What a rule says of itself: the one declaration its page, help and metadata derive from.

use serde::Serialize;

use crate::Severity;

/// The declaration of a rule. Pages, `tuneup rule`, SARIF metadata and the MCP resource derive from it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RuleDoc {
    /// Kebab-case, names the problem, equals the file name with `-` for `_`.
    pub id: &'static str,
    /// Version that first had the rule.
    pub since: &'static str,
    pub severity: Severity,
    pub category: Category,
    /// One sentence without a full stop: what the rule finds.
    pub summary: &'static str,
    /// Why it is slow, Markdown.
    pub why: &'static str,
    /// A small program with the problem, files marked by `//- /path` lines; yields exactly one finding.
    pub slow: &'static str,
    /// The same program mended; yields none.
    pub fast: &'static str,
    /// When the pattern is fine, Markdown.
    pub fine_when: &'static str,
    /// What measurement can raise a finding to confirmed, one sentence.
    pub proof: &'static str,
    pub standing: Standing,
}

/// Whether the findings of a rule show by default, and what that rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// They show; so many of them were read on public code.
    Shown(&'static [Reading]),
    /// They are candidates until somebody names the rule, on the command line or in the configuration.
    Candidate { why: &'static str },
}

/// Findings of a rule in one public repository, each read at its place and along its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// `owner/name`.
    pub repository: &'static str,
    pub right: u32,
    pub read: u32,
}

/// The part of the system a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    Queries,
    Schema,
    Algorithm,
    /// The process itself: its one thread, and what it has in flight.
    Runtime,
    /// Requests to other services.
    Network,
    /// Redis and in-process caches.
    Caching,
    /// Clients, pools and what they hold open.
    Connections,
    /// Jobs and their workers.
    Queues,
    /// What the server sends and accepts: sizes, headers, limits.
    Http,
    /// What is kept and never let go.
    Memory,
    /// React components.
    Rendering,
}

impl Category {
    /// The word of it in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queries => "queries",
            Self::Schema => "schema",
            Self::Algorithm => "algorithm",
            Self::Runtime => "runtime",
            Self::Network => "network",
            Self::Caching => "caching",
            Self::Connections => "connections",
            Self::Queues => "queues",
            Self::Http => "http",
            Self::Memory => "memory",
            Self::Rendering => "rendering",
        }
    }
}
