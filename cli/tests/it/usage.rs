//! Command lines that cannot be followed: what is wrong, why, and what to type instead.

use insta::assert_snapshot;

use crate::shop::{shop, tuneup};

fn said(args: &[&str]) -> String {
    tuneup(&shop(), args).run().to_string()
}

#[test]
fn no_such_folder() {
    assert_snapshot!(said(&["scan", "backend"]), @r#"
    -- stderr
    error: cannot scan `backend`
    caused by: there is no such file or folder
    -- exit code 2
    "#);
}

#[test]
fn a_file_is_not_a_folder() {
    assert_snapshot!(said(&["scan", "src/app.ts"]), @r#"
    -- stderr
    error: cannot scan `src/app.ts`
    caused by: it is not a folder
    hint: name the folder that holds the program
    -- exit code 2
    "#);
}

#[test]
fn a_mistyped_verb_is_corrected() {
    assert_snapshot!(said(&["scna"]), @r#"
    -- stderr
    error: cannot scan `scna`
    caused by: there is no such file or folder
    hint: did you mean the verb `scan`?
    -- exit code 2
    "#);
}

#[test]
fn a_folder_before_the_verb() {
    assert_snapshot!(said(&["src", "scan"]), @r#"
    -- stderr
    error: cannot take both the folder `src` and a verb
    hint: write the folder after the verb: `tuneup scan PATH`
    -- exit code 2
    "#);
}

#[test]
fn an_unknown_rule_is_corrected() {
    assert_snapshot!(said(&["scan", "--rule", "unbound-find"]), @r#"
    -- stderr
    error: cannot find the rule `unbound-find`
    hint: did you mean `unbounded-find`?
    -- exit code 2
    "#);
}

#[test]
fn an_unknown_option_is_corrected() {
    assert_snapshot!(said(&["scan", "--candidate"]), @r#"
    -- stderr
    error: unexpected argument '--candidate' found

      tip: a similar argument exists: '--candidates'

    Usage: tuneup scan --candidates [PATH]

    For more information, try '--help'.
    -- exit code 2
    "#);
}

#[test]
fn most_formats_hold_findings_alone() {
    assert_snapshot!(said(&["rule", "unbounded-find", "--format", "sarif"]), @r#"
    -- stderr
    error: cannot show rules as SARIF
    caused by: that format holds findings alone
    hint: use `--format json`, or leave `--format` out
    -- exit code 2
    "#);
    assert_snapshot!(said(&["scan", "--why", "src/app.ts:10", "--format", "sarif"]), @r#"
    -- stderr
    error: cannot explain a line as SARIF
    caused by: that format holds findings alone
    hint: use `--format json`, or leave `--format` out
    -- exit code 2
    "#);
}

#[test]
fn links_are_for_markdown() {
    assert_snapshot!(said(&["scan", "--link-base", "https://example.org/a"]), @r#"
    -- stderr
    error: cannot follow `--link-base` in text
    caused by: only the Markdown report has links
    hint: add `--format markdown`, or leave `--link-base` out
    -- exit code 2
    "#);
    assert_snapshot!(said(&["scan", "--format", "markdown", "--link-base", "blob/main"]), @r#"
    -- stderr
    error: invalid value 'blob/main' for '--link-base <URL>': expected a URL that begins with https://

    For more information, try '--help'.
    -- exit code 2
    "#);
}

#[test]
fn a_place_without_a_line() {
    assert_snapshot!(said(&["scan", "--why", "src/app.ts"]), @r#"
    -- stderr
    error: invalid value 'src/app.ts' for '--why <FILE:LINE>': expected FILE:LINE, for example src/app.ts:12

    For more information, try '--help'.
    -- exit code 2
    "#);
}

#[test]
fn a_folder_without_a_program() {
    let sandbox = shop();
    sandbox.write("empty/notes.txt", "");
    let outcome = tuneup(&sandbox, &["scan"]).current_dir(sandbox.work().join("empty")).run();
    assert_snapshot!(outcome.to_string(), @r#"
    -- stderr
    error: cannot scan `.`
    caused by: it holds no JavaScript, TypeScript, Prisma or SQL files
    hint: name the folder that holds the program; files ignored by git are not read
    -- exit code 2
    "#);
}

#[test]
fn the_version_is_told() {
    assert_eq!(
        said(&["--version"]),
        format!("tuneup {}\n-- stderr\n-- exit code 0\n", env!("CARGO_PKG_VERSION"))
    );
}
