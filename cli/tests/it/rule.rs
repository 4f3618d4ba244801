//! `tuneup rule`: the list, a page, and a mistyped id.

use insta::assert_snapshot;
use tuneup_testkit::Sandbox;

use crate::shop::tuneup;

#[test]
fn every_rule_is_listed_once() {
    let outcome = tuneup(&Sandbox::new(), &["rule"]).run();
    assert_eq!(outcome.code, Some(0));
    let ids: Vec<&str> = outcome.stdout.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    let mut known: Vec<&str> = tuneup_scan::rules::RULES.iter().map(|rule| rule.doc.id).collect();
    known.sort_unstable();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, known);
}

#[test]
fn a_page_is_the_rules_own() {
    let doc = &tuneup_scan::rules::RULES[0].doc;
    let outcome = tuneup(&Sandbox::new(), &["rule", doc.id]).run();
    assert_eq!(outcome.stdout, tuneup_scan::rules::page(doc));
    assert_eq!((outcome.stderr.as_str(), outcome.code), ("", Some(0)));
}

#[test]
fn a_mistyped_id_is_corrected() {
    let sandbox = Sandbox::new();
    assert_snapshot!(tuneup(&sandbox, &["rule", "unbound-find"]).run().to_string(), @r#"
    -- stderr
    error: cannot find the rule `unbound-find`
    hint: did you mean `unbounded-find`?
    -- exit code 2
    "#);
    assert_snapshot!(tuneup(&sandbox, &["rule", "zebra"]).run().to_string(), @r#"
    -- stderr
    error: cannot find the rule `zebra`
    hint: `tuneup rule` lists all rules
    -- exit code 2
    "#);
}

#[test]
fn json_holds_the_declaration() {
    let outcome = tuneup(&Sandbox::new(), &["rule", "unbounded-find", "--format", "json"]).run();
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&document["kind"], &document["schema"]), (&"rule".into(), &1.into()));
    assert_eq!(document["rule"]["id"], "unbounded-find");
}
