//! What packages install beside the binary: completions and manual pages.

use insta::assert_snapshot;
use tuneup_testkit::Sandbox;

use crate::shop::tuneup;

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[test]
fn every_shell_completes_verbs_and_options() {
    for shell in SHELLS {
        let outcome = tuneup(&Sandbox::new(), &["completions", shell]).run();
        assert_eq!((outcome.stderr.as_str(), outcome.code), ("", Some(0)), "{shell}");
        for word in ["scan", "rule", "fail-on", "candidates"] {
            assert!(outcome.stdout.contains(word), "{shell} does not know `{word}`");
        }
        assert!(!outcome.stdout.contains("__facts"), "{shell} offers a hidden verb");
    }
}

#[test]
fn a_page_for_tuneup_and_one_for_each_verb() {
    let sandbox = Sandbox::new();
    let whole = tuneup(&sandbox, &["man"]).run();
    assert_eq!((whole.stderr.as_str(), whole.code), ("", Some(0)));
    assert!(whole.stdout.contains(".TH tuneup 1"), "{}", whole.stdout);
    assert!(whole.stdout.contains("tuneup\\-scan(1)"), "{}", whole.stdout);
    let scan = tuneup(&sandbox, &["man", "scan"]).run();
    assert!(scan.stdout.contains(".TH tuneup-scan 1"), "{}", scan.stdout);
    assert!(scan.stdout.contains("\\-\\-fail\\-on"), "{}", scan.stdout);
}

#[test]
fn a_verb_that_is_none() {
    let sandbox = Sandbox::new();
    assert_snapshot!(tuneup(&sandbox, &["man", "scann"]).run().to_string(), @"
    -- stderr
    error: cannot describe the verb `scann`
    hint: did you mean `scan`?
    -- exit code 2
    ");
    assert_snapshot!(tuneup(&sandbox, &["man", "__facts"]).run().to_string(), @"
    -- stderr
    error: cannot describe the verb `__facts`
    hint: `tuneup --help` lists all verbs
    -- exit code 2
    ");
}

#[test]
fn pages_and_completions_have_one_form() {
    assert_snapshot!(tuneup(&Sandbox::new(), &["man", "--format", "json"]).run().to_string(), @"
    -- stderr
    error: cannot write a manual page in another format
    hint: leave `--format` out
    -- exit code 2
    ");
}
