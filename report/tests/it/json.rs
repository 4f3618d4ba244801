//! The JSON report: its order, and that real output keeps to the published schema.

use insta::assert_snapshot;
use serde_json::Value;
use tuneup_report::json;

use crate::sample;
use crate::schema::{Schema, complaints};

fn document() -> Value {
    let result = sample::result(vec![sample::across_calls(), sample::missing_index()]);
    serde_json::from_str(&json(&result, "1.2.3")).unwrap()
}

#[test]
fn output_keeps_to_the_schema() {
    assert_eq!(complaints(&Schema::published(), &document()), Vec::<String>::new());
}

/// The check above would mean nothing if the validator let anything pass.
#[test]
fn the_schema_refuses_other_documents() {
    let schema = Schema::published();
    let refused = |change: fn(&mut Value)| {
        let mut document = document();
        change(&mut document);
        complaints(&schema, &document).join("\n")
    };
    assert_eq!(refused(|d| d["schema"] = 2.into()), "/schema: is not 1");
    assert_eq!(
        refused(|d| d["findings"][0]["line"] = "4".into()),
        "/findings/0/line: is not of type integer"
    );
    assert_eq!(
        refused(|d| d["findings"][0]["severity"] = "urgent".into()),
        "/findings/0/severity: is not one of [\"low\",\"medium\",\"high\"]"
    );
    assert_eq!(refused(|d| drop(d["stats"].as_object_mut().unwrap().remove("files"))), "/stats: lacks files");
    assert_eq!(refused(|d| d["extra"] = 1.into()), ": has extra, which is not described");
    assert_eq!(
        refused(|d| d["findings"][0]["fix"]["title"] = 1.into()),
        "/findings/0/fix: matches none of 2 forms"
    );
    assert_eq!(
        refused(|d| d["findings"][0]["fingerprint"] = "xyz".into()),
        "/findings/0/fingerprint: is not 16 hexadecimal digits"
    );
}

#[test]
fn fields_stand_in_the_published_order() {
    let result = sample::result(vec![sample::missing_index()]);
    let text = json(&result, "1.2.3");
    assert_snapshot!(text.lines().take(40).collect::<Vec<_>>().join("\n"), @r#"
    {
      "kind": "scan",
      "schema": 1,
      "tool_version": "1.2.3",
      "findings": [
        {
          "rule": "missing-fk-index",
          "severity": "medium",
          "confidence": "candidate",
          "fingerprint": "fedcba9876543210",
          "file": "prisma/schema.prisma",
          "line": 9,
          "column": 1,
          "end_line": 14,
          "end_column": 2,
          "message": "no index leads with the foreign key `postId` of `Comment`",
          "help": "add an index on `postId`",
          "cost": null,
          "call_path": [],
          "evidence": [
            {
              "kind": "fact",
              "message": "PostgreSQL does not index foreign keys",
              "location": null,
              "source": []
            }
          ],
          "doubts": [
            "no query joins on it",
            "the table may be small"
          ],
          "fix": {
            "title": "add `@@index([postId])` to model Comment",
            "safety": "safe",
            "edits": [
              {
                "location": {
                  "file": "prisma/schema.prisma",
                  "line": 13,
                  "column": 1,
    "#);
}
