//! `tuneup scan` on a program that can be read.

use insta::assert_snapshot;

use crate::shop::{finds_the_loop, shop, tuneup};

#[test]
fn a_finding_is_shown_with_its_path() {
    assert_snapshot!(tuneup(&shop(), &["scan"]).run().to_string(), @r#"
    high[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `ids`
      --> src/app.ts:10:20
       |
     9 | for (const id of ids) {
       |                  --- runs once per element of `ids`
    10 |   all.push(await ordersOf(id));
       |                  ^^^^^^^^^^^^
       = path: POST /orders (src/app.ts:6)
               -> ordersOf (src/app.ts:10)
               -> prisma.order.findMany (src/orders.ts:6)
       = cost: n queries → 1 query, where n = elements of `ids`
       = help: give `ordersOf` a form that takes all keys at once (`where: { … in }`) and call it before
               the loop
       = fix:  add a batch form of `ordersOf` and look the results up in a `Map` (needs a reader)
       = sure: likely

    1 finding: 1 high
        1  n-plus-one-across-calls
    `tuneup rule n-plus-one-across-calls` explains a rule
    Scanned 3 files, 41 lines in [TIME]
    -- stderr
    -- exit code 1
    "#);
}

#[test]
fn without_a_verb_the_folder_is_scanned() {
    let sandbox = shop();
    let bare = tuneup(&sandbox, &["."]).run();
    assert_eq!(bare.to_string(), tuneup(&sandbox, &["scan", "."]).run().to_string());
    assert_eq!(bare.code, Some(1));
}

#[test]
fn json_names_its_kind_and_schema() {
    let outcome = tuneup(&shop(), &["scan", "--format", "json"]).run();
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&document["kind"], &document["schema"]), (&"scan".into(), &1.into()));
    assert_eq!(document["tool_version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["findings"][0]["file"], "src/app.ts");
    assert!(document["stats"]["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!((outcome.stderr.as_str(), outcome.code), ("", Some(1)));
}

#[test]
fn sarif_brings_the_rules_that_were_asked() {
    let written = |args: &[&str]| -> serde_json::Value {
        let outcome = tuneup(&shop(), &[&["scan", "--format", "sarif"], args].concat()).run();
        serde_json::from_str(&outcome.stdout).unwrap()
    };
    let whole = written(&[]);
    let run = &whole["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let result = &run["results"][0];
    let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!((&rules[at]["id"], &result["ruleId"]), (&result["ruleId"], &"n-plus-one-across-calls".into()));
    assert!(rules[at]["help"]["markdown"].as_str().unwrap().contains("## Why it is slow"));
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "src/app.ts");
    assert_eq!(run["tool"]["driver"]["version"], env!("CARGO_PKG_VERSION"));
    let one = written(&["--rule", "unbounded-find"]);
    let driver = &one["runs"][0]["tool"]["driver"];
    assert_eq!(driver["rules"].as_array().unwrap().len(), 1);
    assert_eq!(driver["rules"][0]["id"], "unbounded-find");
}

/// The exit code is that of the findings, whatever they are written as; a file holds what standard output would.
#[test]
fn every_format_is_a_verdict_too() {
    for (format, start) in [
        ("markdown", "<!-- tuneup -->\n### tuneup: 1 finding (1 high)\n"),
        (
            "github",
            "::error file=src/app.ts,line=10,endLine=10,col=20,endColumn=32,title=n-plus-one-across-calls::",
        ),
        ("gitlab", "[\n  {\n    \"description\": \"`ordersOf` runs"),
        ("junit", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tuneup\""),
    ] {
        let sandbox = shop();
        let outcome = tuneup(&sandbox, &["scan", "--format", format]).run();
        assert!(outcome.stdout.starts_with(start), "{}", outcome.stdout);
        assert_eq!((outcome.stderr.as_str(), outcome.code), ("", Some(1)), "{format}");
        let saved = tuneup(&sandbox, &["scan", "--format", format, "-o", "report"]).run();
        assert_eq!((saved.stdout.as_str(), saved.code), ("", Some(1)), "{format}");
        assert_eq!(sandbox.read("report"), outcome.stdout, "{format}");
    }
}

#[test]
fn two_runs_say_the_same_whatever_the_threads() {
    let sandbox = shop();
    let with = |threads: &str| tuneup(&sandbox, &["scan", "--threads", threads]).run().to_string();
    assert_eq!(with("1"), with("7"));
}

#[test]
fn stats_say_how_much_was_understood() {
    let text = tuneup(&shop(), &["scan", "--stats", "--quiet"]).run().to_string();
    let from = text.find("Understood").unwrap();
    assert_snapshot!(&text[from..], @r#"
    Understood
      local imports  1 of 1 resolved (100.0 %)
      calls          6 of 7 resolved (85.7 %)
      query sites    1 (0 by form only)
      functions      2
      entry points   1
      tables         2 (PostgreSQL)
    -- stderr
    -- exit code 1
    "#);
}

#[test]
fn quiet_leaves_the_findings() {
    let outcome = tuneup(&shop(), &["scan", "--quiet"]).run();
    assert!(finds_the_loop(&outcome));
    assert!(!outcome.stdout.contains("Scanned"));
}

#[test]
fn the_bar_decides_the_exit_code() {
    let sandbox = shop();
    let code = |bar: &str| tuneup(&sandbox, &["scan", "--fail-on", bar]).run().code;
    assert_eq!(
        (code("low"), code("medium"), code("high"), code("never")),
        (Some(1), Some(1), Some(1), Some(0))
    );
}

#[test]
fn only_the_chosen_rules_speak() {
    let outcome = tuneup(&shop(), &["scan", "--rule", "missing-fk-index"]).run();
    assert_snapshot!(outcome.to_string(), @r#"
    No findings
    Scanned 3 files, 41 lines in [TIME]
    -- stderr
    -- exit code 0
    "#);
}

#[test]
fn colours_are_for_those_who_ask() {
    let sandbox = shop();
    let styled = |when: &str| tuneup(&sandbox, &["scan", "--color", when]).run().stdout.contains('\u{1b}');
    assert_eq!((styled("auto"), styled("never"), styled("always")), (false, false, true));
}

#[test]
fn a_subfolder_is_understood_from_its_workspace() {
    let sandbox = shop();
    sandbox.write("pnpm-workspace.yaml", "packages: ['src']\n");
    let outcome = tuneup(&sandbox, &["scan", "src"]).run();
    // Paths are relative to the folder asked for.
    assert!(outcome.stdout.contains("--> app.ts:10:"), "{outcome}");
}

#[test]
fn why_explains_a_line() {
    let sandbox = shop();
    let outcome = tuneup(&sandbox, &["scan", "--why", "src/app.ts:10"]).run();
    assert_eq!((outcome.stderr.as_str(), outcome.code), ("", Some(0)));
    assert!(outcome.stdout.contains("src/app.ts:10"), "{outcome}");
    let below = tuneup(&sandbox, &["scan", "..", "--why", "app.ts:10:5"])
        .current_dir(sandbox.work().join("src"))
        .run();
    assert_eq!(below.stdout, outcome.stdout);
}

#[test]
fn why_of_no_file_names_the_nearest() {
    assert_snapshot!(tuneup(&shop(), &["scan", "--why", "src/apps.ts:10"]).run().to_string(), @r#"
    -- stderr
    error: cannot explain `src/apps.ts:10`
    caused by: `src/apps.ts` is not a source file of this tree
    hint: did you mean `src/app.ts`?
    -- exit code 2
    "#);
}
