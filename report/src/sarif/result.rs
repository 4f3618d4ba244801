//! One finding as a SARIF result: its place, what supports it, the path of calls to it, the change that mends it.

use tuneup_model::{CallStep, Edit, Evidence, Finding, Fix};

use super::log::{
    ArtifactChange, ArtifactContent, ArtifactLocation, CodeFlow, Fingerprints, Location, Message, Region,
    Replacement, Result, ResultFix, ResultProperties, ThreadFlow, ThreadFlowLocation,
};
use super::{SarifOptions, level};
use crate::uri;

pub(super) fn of<'a>(finding: &'a Finding, options: &SarifOptions<'_>) -> Result<'a> {
    let focus = options.focus;
    let related = finding.evidence.iter().filter_map(|evidence| related(evidence, focus));
    Result {
        rule_id: &finding.rule,
        rule_index: options.rules.iter().position(|rule| rule.doc.id == finding.rule),
        level: level(finding.severity),
        message: Message::plain(text(finding)),
        locations: [place(&finding.location, focus)],
        related_locations: related.zip(1..).map(|(location, id)| location.with_id(id)).collect(),
        code_flows: code_flow(&finding.call_path, focus).into_iter().collect(),
        partial_fingerprints: Fingerprints { tuneup: &finding.fingerprint },
        suppressions: [],
        fixes: finding.fix.iter().filter_map(|fix| result_fix(fix, focus)).collect(),
        properties: ResultProperties {
            confidence: finding.confidence,
            rank: finding.rank,
            cost: finding.cost.as_ref(),
            doubts: &finding.doubts,
            ddl: finding.fix.as_ref().and_then(|fix| fix.ddl.as_deref()),
        },
    }
}

/// The first line stands alone, as short lists show it.
fn text(finding: &Finding) -> String {
    let mut lines = vec![finding.message.clone()];
    if !finding.help.is_empty() {
        lines.push(format!("help: {}", finding.help));
    }
    lines.extend(finding.cost.iter().map(|cost| format!("cost: {cost}")));
    // Facts have no place of their own to be shown at.
    let facts = finding.evidence.iter().filter(|evidence| evidence.location.is_none());
    lines.extend(facts.map(|fact| format!("note: {}", fact.message)));
    lines.extend(finding.doubts.iter().map(|doubt| format!("doubt: {doubt}")));
    lines.join("\n")
}

fn place(location: &tuneup_model::Location, focus: &str) -> Location {
    Location::region(uri::below(focus, &location.file), region(location))
}

fn region(location: &tuneup_model::Location) -> Region {
    Region {
        start_line: location.line,
        start_column: Some(location.column),
        end_line: Some(location.end_line),
        end_column: Some(location.end_column),
    }
}

fn related(evidence: &Evidence, focus: &str) -> Option<Location> {
    let location = place(evidence.location.as_ref()?, focus);
    Some(location.saying(evidence.message.as_str()))
}

fn code_flow(path: &[CallStep], focus: &str) -> Option<CodeFlow> {
    let steps = path.iter().map(|step| {
        let region = Region { start_line: step.line, start_column: None, end_line: None, end_column: None };
        let location = Location::region(uri::below(focus, &step.file), region);
        ThreadFlowLocation { location: location.saying(step.name.as_str()) }
    });
    (!path.is_empty()).then(|| CodeFlow { thread_flows: [ThreadFlow { locations: steps.collect() }] })
}

/// A fix without edits is told in the help already.
fn result_fix(fix: &Fix, focus: &str) -> Option<ResultFix> {
    let mut changes: Vec<ArtifactChange> = Vec::new();
    for edit in &fix.edits {
        let artifact_location = ArtifactLocation::new(uri::below(focus, &edit.location.file));
        match changes.iter_mut().find(|change| change.artifact_location == artifact_location) {
            Some(change) => change.replacements.push(replacement(edit)),
            None => changes.push(ArtifactChange { artifact_location, replacements: vec![replacement(edit)] }),
        }
    }
    (!changes.is_empty())
        .then(|| ResultFix { description: Message::plain(fix.title.as_str()), artifact_changes: changes })
}

fn replacement(edit: &Edit) -> Replacement {
    Replacement {
        deleted_region: region(&edit.location),
        inserted_content: (!edit.text.is_empty()).then(|| ArtifactContent { text: edit.text.clone() }),
    }
}
