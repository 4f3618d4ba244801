//! From what a rule says to a finding: places to lines and columns, source excerpts, fingerprints, order.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;
use tuneup_model::{
    CallStep, Confidence, Cost, Evidence, EvidenceKind, Experiment, Finding, Fingerprint, Fix, Likeness,
    Location, RuleDoc, Severity,
};

use crate::facts::Span;

/// A place in a source file, before texts are read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct At {
    pub file: u32,
    pub span: Span,
}

/// Where a draft or a piece of evidence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Where {
    Code(At),
    /// In a schema, whose declarations have locations already.
    Declared(Location),
    Nowhere,
}

/// One hop of the path to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub at: At,
    pub name: String,
}

/// What a rule says of one place.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub at: Where,
    pub severity: Severity,
    pub confidence: Confidence,
    pub message: String,
    pub help: String,
    pub cost: Option<Cost>,
    pub path: Vec<Step>,
    pub evidence: Vec<(EvidenceKind, String, Where)>,
    pub doubts: Vec<String>,
    pub fix: Option<Fix>,
    pub experiment: Option<Experiment>,
    /// Names the place without positions: function, callee, table. Part of the fingerprint.
    pub anchor: String,
    /// Loop depth, reachability and cost as one number; see [`rank`].
    pub rank: u32,
}

impl Draft {
    pub(crate) fn new(at: Where, message: impl Into<String>, anchor: impl Into<String>) -> Self {
        Self {
            at,
            severity: Severity::Medium,
            confidence: Confidence::Likely,
            message: message.into(),
            help: String::new(),
            cost: None,
            path: Vec::new(),
            evidence: Vec::new(),
            doubts: Vec::new(),
            fix: None,
            experiment: None,
            anchor: anchor.into(),
            rank: 0,
        }
    }

    /// Hides the finding by default and says why.
    pub(crate) fn doubt(&mut self, why: impl Into<String>) {
        self.confidence = Confidence::Candidate;
        self.doubts.push(why.into());
    }
}

/// Collects drafts of all rules.
#[derive(Debug, Default)]
pub(crate) struct Report {
    drafts: Vec<(&'static RuleDoc, Draft)>,
}

impl Report {
    pub(crate) fn add(&mut self, rule: &'static RuleDoc, draft: Draft) {
        self.drafts.push((rule, draft));
    }

    /// Hides all that a rule says by default.
    pub(crate) fn doubt_all(&mut self, rule: &str, why: &str) {
        self.drafts.iter_mut().filter(|(doc, _)| doc.id == rule).for_each(|(_, draft)| draft.doubt(why));
    }

    /// Findings, most important first.
    pub(crate) fn finish(self, texts: &mut Texts<'_>) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            self.drafts.into_iter().map(|(rule, draft)| texts.finding(rule, draft)).collect();
        findings.sort_by(|a, b| {
            (b.severity, b.rank)
                .cmp(&(a.severity, a.rank))
                .then_with(|| (&a.location, &a.rule, &a.message).cmp(&(&b.location, &b.rule, &b.message)))
        });
        findings.dedup_by(|a, b| a.rule == b.rule && a.location == b.location && a.message == b.message);
        number_repeats(&mut findings);
        findings
    }
}

/// Equal anchors in one file are told apart by their order of appearance.
fn number_repeats(findings: &mut [Finding]) {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by(|a, b| findings[*a].location.cmp(&findings[*b].location));
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for index in order {
        let finding = &mut findings[index];
        let count = seen.entry(finding.fingerprint.0.clone()).or_insert(0);
        if *count > 0 {
            finding.fingerprint = fingerprint(&[&finding.fingerprint.0, &count.to_string()]);
        }
        *count += 1;
    }
}

/// The last part of an anchor says what the finding is about, those before it where.
fn likeness(rule: &str, anchor: &str) -> Likeness {
    let about = anchor.rsplit(" › ").next().unwrap_or(anchor);
    Likeness { anchor: fingerprint(&[rule, anchor]).0, shape: fingerprint(&[rule, about]).0 }
}

fn fingerprint(parts: &[&str]) -> Fingerprint {
    let mut hasher = FxHasher::default();
    for part in parts {
        part.hash(&mut hasher);
    }
    Fingerprint(format!("{:016x}", hasher.finish()))
}

/// Texts read once, with where their lines start.
pub(crate) struct Texts<'a> {
    paths: &'a [&'a str],
    text: &'a dyn Fn(&str) -> Option<String>,
    read: BTreeMap<String, Option<Text>>,
}

struct Text {
    text: String,
    line_starts: Vec<usize>,
}

impl<'a> Texts<'a> {
    /// `text` gives the source of a path; each is asked for once.
    pub(crate) fn new(paths: &'a [&'a str], text: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { paths, text, read: BTreeMap::new() }
    }

    /// Lines and columns of a place; none where its file cannot be read any more.
    pub(crate) fn location(&mut self, at: At) -> Option<Location> {
        self.locate(&Where::Code(at))
    }

    fn finding(&mut self, rule: &RuleDoc, draft: Draft) -> Finding {
        let location = self.locate(&draft.at).unwrap_or(Location {
            file: String::new(),
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
        });
        let source = self.excerpt(&location, 8);
        let call_path = draft
            .path
            .iter()
            .filter_map(|step| {
                let location = self.locate(&Where::Code(step.at))?;
                Some(CallStep { file: location.file, line: location.line, name: step.name.clone() })
            })
            .collect();
        let evidence = draft
            .evidence
            .iter()
            .map(|(kind, message, at)| {
                let location = self.locate(at);
                let source = location.as_ref().map(|location| self.excerpt(location, 5)).unwrap_or_default();
                Evidence { kind: *kind, message: message.clone(), location, source }
            })
            .collect();
        Finding {
            rule: rule.id.to_owned(),
            severity: draft.severity,
            confidence: draft.confidence,
            fingerprint: fingerprint(&[rule.id, &location.file, &draft.anchor]),
            likeness: likeness(rule.id, &draft.anchor),
            location,
            source,
            message: draft.message,
            help: draft.help,
            cost: draft.cost,
            call_path,
            evidence,
            doubts: draft.doubts,
            fix: draft.fix,
            experiment: draft.experiment,
            weight: None,
            rank: draft.rank,
        }
    }

    fn locate(&mut self, at: &Where) -> Option<Location> {
        match at {
            Where::Code(at) => {
                let path = self.paths[at.file as usize];
                let text = self.text(path)?;
                let (line, column) = text.position(at.span.start as usize);
                let (end_line, end_column) = text.position(at.span.end as usize);
                Some(Location { file: path.to_owned(), line, column, end_line, end_column })
            }
            Where::Declared(location) => Some(location.clone()),
            Where::Nowhere => None,
        }
    }

    fn excerpt(&mut self, location: &Location, lines: u32) -> Vec<String> {
        let Some(text) = self.text(&location.file) else { return Vec::new() };
        let last = location.end_line.min(location.line + lines - 1);
        (location.line..=last).map_while(|line| text.line(line)).collect()
    }

    fn text(&mut self, path: &str) -> Option<&Text> {
        if !self.read.contains_key(path) {
            let text = (self.text)(path).map(|text| {
                let line_starts =
                    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
                Text { text, line_starts }
            });
            self.read.insert(path.to_owned(), text);
        }
        self.read.get(path).and_then(Option::as_ref)
    }
}

impl Text {
    /// Line and column of a byte offset, both from 1, the column in UTF-16 code units.
    fn position(&self, offset: usize) -> (u32, u32) {
        let offset = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= offset) - 1;
        let before = self.text.get(self.line_starts[line]..offset).unwrap_or_default();
        (line as u32 + 1, before.encode_utf16().count() as u32 + 1)
    }

    fn line(&self, line: u32) -> Option<String> {
        let start = *self.line_starts.get(line as usize - 1)?;
        let end = self.line_starts.get(line as usize).map_or(self.text.len(), |next| next - 1);
        Some(self.text.get(start..end.max(start))?.trim_end_matches('\r').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Draft, Report, Texts, Where};
    use crate::facts::Span;
    use crate::report::At;
    use tuneup_model::{Category, RuleDoc, Severity, Standing};

    static RULE: RuleDoc = RuleDoc {
        id: "test-rule",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Queries,
        summary: "",
        why: "",
        slow: "",
        fast: "",
        fine_when: "",
        proof: "",
        standing: Standing::Shown(&[]),
    };

    fn finding_at(text: &'static str, needle: &str) -> tuneup_model::Finding {
        let start = text.find(needle).unwrap() as u32;
        let span = Span { start, end: start + needle.len() as u32 };
        let mut report = Report::default();
        report.add(&RULE, Draft::new(Where::Code(At { file: 0, span }), "m", "handler › db.x.find"));
        report.finish(&mut Texts::new(&["a.ts"], &|_| Some(text.to_owned()))).remove(0)
    }

    #[test]
    fn columns_count_utf16_code_units() {
        let finding = finding_at("const s = '😀'; query();\n", "query()");
        assert_eq!((finding.location.line, finding.location.column), (1, 17));
    }

    #[test]
    fn fingerprints_survive_moved_lines() {
        let one = finding_at("query();", "query()");
        let two = finding_at("\n\n  query( );\n", "query( )");
        assert_eq!(one.fingerprint, two.fingerprint);
    }
}
