//! Laws of the registry, and the check that rule files run their fixtures through.

use tuneup_model::{Confidence, Finding};
use tuneup_testkit::fixture::Fixture;

use super::{RULES, Rule};
use crate::{Candidates, MemoryTree, Options, Queries, scan};

/// Findings of all rules or one, candidates left out.
pub(super) fn findings(fixture: &Fixture, rule: Option<&str>) -> Vec<Finding> {
    let tree = MemoryTree::new(fixture.files.clone());
    let options = Options {
        rules: rule.map(|id| vec![id.to_owned()]),
        candidates: Candidates::Hide,
        queries: Queries::Omit,
        focus: "",
        handles: &[],
        levels: &crate::Levels::default(),
        isolate: None,
        kept: None,
        progress: &|_| {},
    };
    scan(&tree, &options).findings
}

/// What shows by default, and what the rule says.
fn shown(fixture: &Fixture, rule: &str) -> Vec<Finding> {
    let mut found = findings(fixture, None);
    found.retain(|finding| finding.rule != rule);
    found.extend(findings(fixture, Some(rule)));
    found
}

/// Panics unless the rule's findings stand exactly where the carets of the fixture do.
pub(super) fn check(rule: &'static Rule, text: &str) {
    let fixture = Fixture::parse(text);
    fixture.assert_findings(&findings(&fixture, Some(rule.doc.id)));
}

#[test]
fn rules_are_sorted_and_unique() {
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.doc.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
}

#[test]
fn every_rule_file_is_registered_under_its_name() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let shared = [
        "asides",
        "asked",
        "blocking",
        "commands",
        "components",
        "included",
        "indexes",
        "keys",
        "laws",
        "leads",
        "page",
        "paths",
        "provenance",
        "queues",
        "reading",
        "repeats",
        "servers",
        "size",
        "volume",
        "waits",
        "wording",
    ];
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| !shared.contains(&name.as_str()))
        .collect();
    names.sort();
    let ids: Vec<String> = RULES.iter().map(|rule| rule.doc.id.replace('-', "_")).collect();
    assert_eq!(names, ids);
}

#[test]
fn each_slow_example_yields_one_finding_of_its_rule_and_each_fast_none() {
    for rule in RULES {
        let slow = shown(&Fixture::parse(rule.doc.slow), rule.doc.id);
        let rules: Vec<&str> = slow.iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(rules, [rule.doc.id], "slow example of {}: {slow:#?}", rule.doc.id);
        let fast = shown(&Fixture::parse(rule.doc.fast), rule.doc.id);
        assert!(fast.is_empty(), "fast example of {}: {fast:#?}", rule.doc.id);
    }
}

#[test]
fn findings_say_what_why_and_what_next() {
    for rule in RULES {
        for finding in findings(&Fixture::parse(rule.doc.slow), Some(rule.doc.id)) {
            assert!(!finding.message.ends_with('.') && !finding.message.is_empty(), "{}", finding.message);
            assert!(!finding.help.is_empty(), "{}", rule.doc.id);
            assert!(finding.cost.is_some(), "{} says no cost", rule.doc.id);
            assert!(
                finding.experiment.is_some() || !rule.doc.proof.contains("PostgreSQL"),
                "{} could be proven",
                rule.doc.id
            );
            assert!(finding.confidence == Confidence::Likely);
        }
    }
}

#[test]
fn declarations_are_complete() {
    for rule in RULES {
        let doc = &rule.doc;
        for text in [doc.summary, doc.why, doc.slow, doc.fast, doc.fine_when, doc.proof] {
            assert!(!text.trim().is_empty(), "{} lacks a part", doc.id);
        }
        assert!(!doc.summary.ends_with('.') && !doc.proof.ends_with('.'), "{}", doc.id);
    }
}

#[test]
fn generated_docs_are_current() {
    let mut pages: Vec<(String, String)> =
        RULES.iter().map(|rule| (format!("{}.md", rule.doc.id), super::page(&rule.doc))).collect();
    let rows: Vec<String> = RULES
        .iter()
        .map(|rule| {
            format!("| [{id}]({id}.md) | {} | {} |", rule.doc.summary, rule.doc.severity, id = rule.doc.id)
        })
        .collect();
    let index =
        format!("# Rules\n\n| rule | what it finds | severity |\n|---|---|---|\n{}\n", rows.join("\n"));
    pages.push(("README.md".to_owned(), index));
    tuneup_testkit::generated::check_directory("docs/rules", &pages);
}
