//! The code quality report of GitLab: the fields that it reads, and nothing else.

use insta::assert_snapshot;
use serde_json::Value;
use tuneup_model::ScanResult;
use tuneup_report::gitlab;

use crate::sample;

#[test]
fn a_finding_is_an_issue() {
    let result = sample::result(vec![sample::across_calls(), sample::missing_index()]);
    assert_snapshot!(gitlab(&result, "apps/api"), @r#"
    [
      {
        "description": "`this._posts.getPost` runs one query for each element of `ids`; fetch all posts with one `findMany({ where: { id: { in: ids } } })` before the loop and look each of them up in a Map by its id",
        "check_name": "n-plus-one-across-calls",
        "fingerprint": "00112233445566aa",
        "severity": "critical",
        "location": {
          "path": "apps/api/apps/api/src/posts.controller.ts",
          "lines": {
            "begin": 42,
            "end": 42
          }
        }
      },
      {
        "description": "no index leads with the foreign key `postId` of `Comment`; add an index on `postId`",
        "check_name": "missing-fk-index",
        "fingerprint": "fedcba9876543210",
        "severity": "info",
        "location": {
          "path": "apps/api/prisma/schema.prisma",
          "lines": {
            "begin": 9,
            "end": 14
          }
        }
      }
    ]
    "#);
}

#[test]
fn nothing_found_is_an_empty_list() {
    assert_eq!(gitlab(&ScanResult::default(), ""), "[]\n");
}

#[test]
fn hostile_text_stays_in_its_place() {
    let text = gitlab(&sample::result(vec![sample::hostile()]), "");
    let issues: Value = serde_json::from_str(&text).unwrap();
    let said = issues[0]["description"].as_str().unwrap();
    assert!(said.starts_with("a\"'<b>&]]>-->|`x`"), "{said}");
    assert!(!said.contains(char::is_control) && !said.contains('\u{202e}'), "{said:?}");
}
