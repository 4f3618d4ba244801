//! The JSON form of a scan: the machine-readable contract, described by `docs/schema/scan-1.json`.
//!
//! Fields may be added under the same schema number; a reader of the old form must not misread the new one.

use serde::Serialize;
use tuneup_model::{
    CallStep, Confidence, Cost, Evidence, Experiment, Finding, Fingerprint, Fix, QuerySite, SCAN_SCHEMA,
    ScanResult, ScanStats, Severity, Since, Warning, Weight, Worse,
};

/// Renders `result` as one JSON document with a line break at its end.
pub fn json(result: &ScanResult, tool_version: &str) -> String {
    let document = Document {
        kind: "scan",
        schema: SCAN_SCHEMA,
        tool_version,
        findings: result.findings.iter().map(JsonFinding::from).collect(),
        stats: &result.stats,
        warnings: &result.warnings,
        queries: &result.queries,
        since: result.since.as_ref().map(JsonSince::from),
    };
    let mut text =
        serde_json::to_string_pretty(&document).expect("plain data without maps always serializes");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'a> {
    kind: &'static str,
    schema: u32,
    tool_version: &'a str,
    findings: Vec<JsonFinding<'a>>,
    stats: &'a ScanStats,
    warnings: &'a [Warning],
    /// Present where they were asked for.
    #[serde(skip_serializing_if = "<[QuerySite]>::is_empty")]
    queries: &'a [QuerySite],
    /// Present where the findings are compared with earlier ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<JsonSince<'a>>,
}

/// How the findings relate to earlier ones.
#[derive(Serialize)]
struct JsonSince<'a> {
    base: &'a str,
    known: usize,
    worse: &'a [Worse],
    fixed: Vec<JsonFixed<'a>>,
}

#[derive(Serialize)]
struct JsonFixed<'a> {
    rule: &'a str,
    severity: Severity,
    file: &'a str,
    message: &'a str,
}

impl<'a> From<&'a Since> for JsonSince<'a> {
    fn from(since: &'a Since) -> Self {
        let fixed = since.fixed.iter().map(|it| JsonFixed {
            rule: &it.rule,
            severity: it.severity,
            file: &it.file,
            message: &it.message,
        });
        Self { base: &since.base, known: since.known, worse: &since.worse, fixed: fixed.collect() }
    }
}

/// A finding with its location flattened, in the order of the published form.
#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    severity: Severity,
    confidence: Confidence,
    fingerprint: &'a Fingerprint,
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    message: &'a str,
    help: &'a str,
    cost: Option<&'a Cost>,
    call_path: &'a [CallStep],
    evidence: &'a [Evidence],
    doubts: &'a [String],
    fix: Option<&'a Fix>,
    experiment: Option<&'a Experiment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<&'a Weight>,
    rank: u32,
    source: &'a [String],
}

impl<'a> From<&'a Finding> for JsonFinding<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            rule: &finding.rule,
            severity: finding.severity,
            confidence: finding.confidence,
            fingerprint: &finding.fingerprint,
            file: &finding.location.file,
            line: finding.location.line,
            column: finding.location.column,
            end_line: finding.location.end_line,
            end_column: finding.location.end_column,
            message: &finding.message,
            help: &finding.help,
            cost: finding.cost.as_ref(),
            call_path: &finding.call_path,
            evidence: &finding.evidence,
            doubts: &finding.doubts,
            fix: finding.fix.as_ref(),
            experiment: finding.experiment.as_ref(),
            weight: finding.weight.as_ref(),
            rank: finding.rank,
            source: &finding.source,
        }
    }
}
