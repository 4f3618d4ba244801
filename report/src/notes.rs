//! What a finding says beside its message, as plain lines with a heading: for formats that hold text alone.

use tuneup_model::{Confidence, Evidence, Finding, FixSafety};

use crate::uri::path_below;
use crate::words::{clean, cut};

/// Characters shown of one line.
const LONGEST: usize = 2_000;

/// Everything but message and place, in the order of the terminal report; the paths are relative to the root of the tree.
pub(crate) fn notes(finding: &Finding, focus: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut note =
        |heading: &str, text: &str| lines.push(format!("{heading}: {}", cut(&clean(text), LONGEST)));
    if let Some(path) = path(finding, focus) {
        note("path", &path);
    }
    if let Some(cost) = &finding.cost {
        note("cost", &cost.to_string());
    }
    for evidence in off_path(finding) {
        match &evidence.location {
            Some(at) => {
                note("seen", &format!("{} ({}:{})", evidence.message, path_below(focus, &at.file), at.line));
            }
            None => note("seen", &evidence.message),
        }
    }
    if !finding.help.is_empty() {
        note("help", &finding.help);
    }
    if let Some(fix) = &finding.fix {
        note("fix", &format!("{}{}", fix.title, needs(fix.safety)));
        if let Some(ddl) = &fix.ddl {
            note("sql", ddl);
        }
    }
    for doubt in &finding.doubts {
        note("doubt", doubt);
    }
    lines
}

/// The calls from the entry point to the query in one line.
fn path(finding: &Finding, focus: &str) -> Option<String> {
    let steps: Vec<String> = finding
        .call_path
        .iter()
        .map(|step| format!("{} ({}:{})", step.name, path_below(focus, &step.file), step.line))
        .collect();
    (!steps.is_empty()).then(|| steps.join(" -> "))
}

/// Evidence at places that the path does not name already.
pub(crate) fn off_path(finding: &Finding) -> impl Iterator<Item = &Evidence> {
    finding.evidence.iter().filter(|evidence| !is_on_path(evidence, finding))
}

pub(crate) fn is_on_path(evidence: &Evidence, finding: &Finding) -> bool {
    let Some(location) = &evidence.location else { return false };
    finding.call_path.iter().any(|step| step.file == location.file && step.line == location.line)
}

/// What follows the title of a fix.
pub(crate) fn needs(safety: FixSafety) -> &'static str {
    match safety {
        FixSafety::Safe => "",
        FixSafety::Unsafe => " (needs a reader)",
    }
}

pub(crate) fn is_candidate(finding: &Finding) -> bool {
    finding.confidence == Confidence::Candidate
}
