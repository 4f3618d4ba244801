//! The code quality report of GitLab: a list that its merge requests compare by fingerprint.

use serde::Serialize;
use tuneup_model::{Finding, Fingerprint, ScanResult, Severity};

use crate::notes::is_candidate;
use crate::uri::path_below;
use crate::words::clean;

/// Renders `result` as one JSON list with a line break at its end; `focus` is the folder scanned, relative to the root
/// of the tree.
pub fn gitlab(result: &ScanResult, focus: &str) -> String {
    let issues: Vec<Issue<'_>> = result.findings.iter().map(|finding| issue(finding, focus)).collect();
    let mut text = serde_json::to_string_pretty(&issues).expect("plain data without maps always serializes");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a Fingerprint,
    severity: &'static str,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

fn issue<'a>(finding: &'a Finding, focus: &str) -> Issue<'a> {
    Issue {
        description: description(finding),
        check_name: &finding.rule,
        fingerprint: &finding.fingerprint,
        severity: severity(finding),
        location: Place {
            path: path_below(focus, &finding.location.file),
            lines: Lines { begin: finding.location.line, end: finding.location.end_line },
        },
    }
}

/// The widget shows one line and no page behind it.
fn description(finding: &Finding) -> String {
    let message = clean(&finding.message);
    if finding.help.is_empty() { message } else { format!("{message}; {}", clean(&finding.help)) }
}

/// `blocker` is left to what was measured against a budget.
fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        _ if is_candidate(finding) => "info",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
    }
}
