//! SARIF 2.1.0: the form in which code hosts and editors take findings.
//!
//! Paths are relative to the root of the tree, percent-encoded, under the base `SRCROOT`: nothing in the document
//! depends on the machine. A candidate keeps its severity; `properties.confidence` tells it apart.

mod log;
mod result;

use tuneup_model::{RuleDoc, ScanResult, Severity, Standing, Warning};

use log::{
    AutomationDetails, Configuration, Descriptor, DescriptorProperties, Driver, Invocation, Level, Location,
    Log, Message, Notification, OriginalBases, Run, SourceRoot, Tool,
};

use crate::uri;

/// A rule and its page.
#[derive(Debug, Clone)]
pub struct SarifRule<'a> {
    pub doc: &'a RuleDoc,
    /// The page of the rule in Markdown, the help that viewers show.
    pub page: String,
}

/// What the document says beside the result.
#[derive(Debug)]
pub struct SarifOptions<'a> {
    pub tool_version: &'a str,
    /// Where to read about tuneup; left out where there is no such place.
    pub information_uri: Option<&'a str>,
    /// Every rule that was asked; a finding of another rule has no index.
    pub rules: &'a [SarifRule<'a>],
    /// The folder scanned, relative to the root of the tree; the paths of the result are relative to it.
    pub focus: &'a str,
}

/// Renders `result` as one SARIF document with a line break at its end.
pub fn sarif(result: &ScanResult, options: &SarifOptions<'_>) -> String {
    let findings = result.findings.iter().map(|finding| result::of(finding, options));
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver: driver(options) },
            automation_details: AutomationDetails { id: run_id(options.focus) },
            // The other values of the tool's own run (machine, account, time) would differ from run to run.
            invocations: [Invocation {
                execution_successful: result.stats.files > 0,
                tool_execution_notifications: result
                    .warnings
                    .iter()
                    .map(|warning| notification(warning, options.focus))
                    .collect(),
            }],
            original_uri_base_ids: OriginalBases {
                srcroot: SourceRoot { description: Message::plain("The root of the scanned tree.") },
            },
            column_kind: "utf16CodeUnits",
            results: findings.collect(),
        }],
    };
    let mut text = serde_json::to_string_pretty(&log).expect("plain data without maps always serializes");
    text.push('\n');
    text
}

/// Ends with a slash, which stands for a category without a run of its own (3.17.3).
fn run_id(focus: &str) -> String {
    match uri::below(focus, "").as_str() {
        "" => "tuneup/".to_owned(),
        folder => format!("tuneup/{folder}/"),
    }
}

fn driver<'a>(options: &'a SarifOptions<'a>) -> Driver<'a> {
    Driver {
        name: "tuneup",
        version: options.tool_version,
        semantic_version: options.tool_version,
        information_uri: options.information_uri,
        rules: options.rules.iter().map(descriptor).collect(),
    }
}

fn descriptor<'a>(rule: &'a SarifRule<'a>) -> Descriptor<'a> {
    let doc = rule.doc;
    Descriptor {
        id: doc.id,
        short_description: Message::plain(format!("{}.", doc.summary)),
        full_description: Message::both(doc.why.trim()),
        help: Message::both(rule.page.as_str()),
        default_configuration: Configuration { level: level(doc.severity) },
        properties: DescriptorProperties {
            tags: vec!["performance", doc.category.name()],
            category: doc.category.name(),
            precision: match doc.standing {
                Standing::Shown(_) => "high",
                Standing::Candidate { .. } => "low",
            },
            problem_severity: problem_severity(doc.severity),
        },
    }
}

fn notification(warning: &Warning, focus: &str) -> Notification {
    let place = (!warning.file.is_empty()).then(|| Location::file(uri::below(focus, &warning.file)));
    Notification {
        level: Level::Warning,
        message: Message::plain(warning.message.as_str()),
        locations: place.into_iter().collect(),
    }
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::High => Level::Error,
        Severity::Medium => Level::Warning,
        Severity::Low => Level::Note,
    }
}

/// The same in the words of code hosts.
fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "recommendation",
    }
}
