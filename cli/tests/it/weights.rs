//! `tuneup scan --weights`: the order of what was measured, and files that hold no measurement.

use insta::assert_snapshot;

use tuneup_testkit::Sandbox;

use crate::shop::{shop, troubles, tuneup};

const MEASURED: &str = r#"{
  "kind": "weights",
  "schema": 1,
  "statements": [
    { "query": "SELECT * FROM \"Order\" WHERE \"userId\" = $1", "calls": 120000, "total_ms": 750.0 },
    { "query": "SELECT 1", "calls": 9, "total_ms": 250.0 }
  ],
  "routes": [{ "method": "POST", "path": "/api/orders", "requests": 40, "total_ms": 10 }]
}"#;

fn shop_with(weights: &str) -> Sandbox {
    let sandbox = shop();
    sandbox.write("weights.json", weights);
    sandbox
}

#[test]
fn a_finding_says_what_was_measured() {
    let sandbox = shop_with(MEASURED);
    let shown = tuneup(&sandbox, &["scan", "--weights", "weights.json"]).run();
    assert!(
        shown.stdout.contains("of the time of all routes") || shown.stdout.contains("of the database's time"),
        "{shown}"
    );
    let outcome = tuneup(&sandbox, &["scan", "--weights", "weights.json", "--format", "json"]).run();
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(document["findings"][0]["weight"]["share"], 1.0);
    assert_eq!(outcome.code, Some(1));
}

#[test]
fn a_file_without_a_measurement_is_refused() {
    let mut said = String::new();
    for text in [
        "",
        "[]",
        r#"{"kind":"scan","schema":1}"#,
        r#"{"kind":"weights","schema":1}"#,
        r#"{"kind":"weights","schema":1,"lines":[{"file":"a","line":1}]}"#,
        r#"{"kind":"weights","schema":1,"lines":[{"file":"a","line":1,"self_ms":-1}]}"#,
    ] {
        let sandbox = shop_with(text);
        said += &(troubles(&tuneup(&sandbox, &["scan", "--weights", "weights.json"]).run()) + "\n");
    }
    said += &troubles(&tuneup(&shop(), &["scan", "--weights", "weights.json"]).run());
    assert_snapshot!(said, @r#"
    error: cannot weigh findings by `weights.json`
    caused by: it is not JSON
    caused by: EOF while parsing a value at line 1 column 0
    hint: docs/weights.md shows how to write one from `pg_stat_statements`
    -- exit code 2
    error: cannot weigh findings by `weights.json`
    caused by: it does not begin with `{"kind":"weights","schema":1`
    hint: docs/weights.md shows how to write one from `pg_stat_statements`
    -- exit code 2
    error: cannot weigh findings by `weights.json`
    caused by: it does not begin with `{"kind":"weights","schema":1`
    hint: docs/weights.md shows how to write one from `pg_stat_statements`
    -- exit code 2
    error: cannot weigh findings by `weights.json`
    caused by: it holds neither statements, routes nor lines
    hint: docs/weights.md shows how to write one from `pg_stat_statements`
    -- exit code 2
    error: cannot weigh findings by `weights.json`
    caused by: a part of it has another form
    caused by: missing field `self_ms`
    hint: docs/weights.md shows how to write one from `pg_stat_statements`
    -- exit code 2
    error: cannot weigh findings by `weights.json`
    caused by: a time in it is negative
    hint: docs/weights.md shows how to write one from `pg_stat_statements`
    -- exit code 2
    error: cannot weigh findings by `weights.json`
    caused by: there is no such file
    hint: docs/weights.md shows how to write one from `pg_stat_statements`
    -- exit code 2
    "#);
}
