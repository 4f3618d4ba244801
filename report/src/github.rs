//! Workflow commands of GitHub Actions: each line that the job prints becomes a remark beside the changed code.
//!
//! Written as the runner reads them (actions/toolkit, `command.ts`): a message ends at its line and a property at `,` or
//! `:`, so these are percent-encoded, and nothing of the program can begin a command of its own.

use std::fmt::Write as _;

use tuneup_model::{Finding, Location, ScanResult, Severity};

use crate::notes::{is_candidate, notes};
use crate::uri::path_below;
use crate::words::{clean, counted};

/// Renders one command for each finding, then one for what could not be read; `focus` is the folder scanned, relative to
/// the root of the tree.
pub fn github(result: &ScanResult, focus: &str) -> String {
    let mut out = String::new();
    for finding in &result.findings {
        out.push_str(&command(finding, focus));
    }
    if result.stats.files == 0 {
        out.push_str("::error title=tuneup::nothing could be read\n");
    }
    if let Some(first) = result.warnings.first() {
        let place = if first.file.is_empty() {
            String::new()
        } else {
            format!("{}: ", path_below(focus, &first.file))
        };
        let said =
            format!("{}, the first: {place}{}", counted(result.warnings.len(), "warning"), first.message);
        out.push_str("::notice title=tuneup::");
        out.push_str(&data(&clean(&said)));
        out.push('\n');
    }
    out
}

fn command(finding: &Finding, focus: &str) -> String {
    let mut text = vec![clean(&finding.message)];
    text.extend(notes(finding, focus));
    format!(
        "::{} file={},{},title={}::{}\n",
        name(finding),
        property(&clean(&path_below(focus, &finding.location.file))),
        region(&finding.location),
        property(&clean(&finding.rule)),
        data(&text.join("\n"))
    )
}

fn name(finding: &Finding) -> &'static str {
    match finding.severity {
        _ if is_candidate(finding) => "notice",
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "notice",
    }
}

/// GitHub refuses columns of a range over several lines.
fn region(location: &Location) -> String {
    let mut text = format!("line={},endLine={}", location.line, location.end_line);
    if location.line == location.end_line {
        write!(text, ",col={},endColumn={}", location.column, location.end_column)
            .expect("writing to a string cannot fail");
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
