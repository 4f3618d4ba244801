//! Loops that teams left sequential on purpose and said so (`docs/accuracy/sequential-loops.jsonl`): a finding that asks to
//! change one is wrong.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Setting;
use super::interval::Share;
use super::page::{Page, table};
use super::scanned::{Found, scan_commit};
use crate::failure::Failure;
use crate::workspace;

const LOOPS: &str = "docs/accuracy/sequential-loops.jsonl";

/// Rules that ask for less work per turn, or for turns side by side.
const LOOP_RULES: &[&str] = &[
    "await-in-loop-independent",
    "http-call-in-loop",
    "loop-invariant-query",
    "n-plus-one-across-calls",
    "n-plus-one-in-loop",
    "n-plus-one-lazy-relation",
    "queue-add-in-loop",
    "redis-roundtrips-in-loop",
    "sequential-independent-awaits",
    "write-in-loop",
];

/// How far from the comment a finding still speaks of its loop.
const NEAR: u32 = 2;

#[derive(Debug, Deserialize)]
struct Deliberate {
    #[serde(rename = "repo")]
    repository: String,
    commit: String,
    file: String,
    /// Of the comment, or of the awaited call below it.
    line: u32,
    /// Why it is sequential, in a word.
    class: String,
}

pub(super) fn measure(setting: &Setting, page: &mut Page) -> Result<(), Failure> {
    let loops: Vec<Deliberate> = super::readings::lines(&workspace::root().join(LOOPS))?;
    let mut trees: BTreeMap<(&str, &str), Vec<&Deliberate>> = BTreeMap::new();
    for one in &loops {
        trees.entry((&one.repository, &one.commit)).or_default().push(one);
    }
    let mut classes: BTreeMap<String, Share> = BTreeMap::new();
    let mut flagged = Vec::new();
    for ((repository, commit), those) in trees {
        let scanned = scan_commit(setting, repository, commit)?;
        for one in those {
            let found = scanned.findings.iter().find(|found| speaks_of(found, one));
            classes.entry(one.class.clone()).or_default().add(found.is_some());
            if let Some(found) = found {
                flagged.push(format!("- {repository} {}:{} `{}`", one.file, one.line, found.rule));
            }
        }
    }
    let mut text = written(&classes);
    if !flagged.is_empty() {
        text.push_str("\nFlagged:\n\n");
        text.push_str(&flagged.join("\n"));
    }
    page.write("sequential-loops", &text)
}

fn speaks_of(found: &Found, one: &Deliberate) -> bool {
    LOOP_RULES.contains(&found.rule.as_str())
        && found.file == one.file
        && found.line <= one.line + NEAR
        && found.end_line + NEAR >= one.line
}

fn written(classes: &BTreeMap<String, Share>) -> String {
    let mut all = Share::default();
    let mut rows = Vec::new();
    let row = |name: &str, share: Share| {
        vec![name.to_owned(), share.of.to_string(), share.hits.to_string(), share.to_string()]
    };
    for (class, share) in classes {
        all = Share { hits: all.hits + share.hits, of: all.of + share.of };
        rows.push(row(class, *share));
    }
    rows.push(row("**all**", all));
    table(&["why it is sequential", "loops", "flagged", "share"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_speaks_of_a_loop_near_it() {
        let one = Deliberate {
            repository: "a/b".to_owned(),
            commit: "c0".to_owned(),
            file: "x.ts".to_owned(),
            line: 10,
            class: "retry".to_owned(),
        };
        let found = |rule: &str, line| Found {
            rule: rule.to_owned(),
            file: "x.ts".to_owned(),
            line,
            end_line: line,
            message: String::new(),
        };
        assert!(speaks_of(&found("write-in-loop", 12), &one));
        assert!(!speaks_of(&found("write-in-loop", 13), &one));
        assert!(!speaks_of(&found("unbounded-find", 10), &one));
    }
}
