//! Findings that people judged (`docs/accuracy/readings.jsonl`): those that the present build still shows are counted.
//!
//! A verdict belongs to a rule, a commit, a file and a line, so that it outlives the words of the message. What is shown
//! now but was never read is counted too: a sample that the build has outgrown is seen.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Setting;
use super::interval::Share;
use super::page::{Page, table};
use super::scanned::{Found, scan_commit};
use crate::failure::Failure;
use crate::workspace;

const READINGS: &str = "docs/accuracy/readings.jsonl";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reading {
    repository: String,
    commit: String,
    rule: String,
    file: String,
    line: u32,
    verdict: Verdict,
    /// Why a wrong one is wrong.
    #[serde(default)]
    cause: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Right,
    Wrong,
}

/// The lines of a file, each a value.
pub(super) fn lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Failure> {
    let text = workspace::read(path)?;
    let mut values = Vec::new();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let value = serde_json::from_str(line)
            .map_err(|error| Failure::Usage(format!("{}:{}: {error}", path.display(), n + 1)))?;
        values.push(value);
    }
    Ok(values)
}

#[derive(Debug, Default)]
struct Counts {
    by_repository: BTreeMap<String, Share>,
    by_rule: BTreeMap<String, Share>,
    /// Default findings of the repository in all.
    shown: BTreeMap<String, usize>,
    causes: BTreeMap<String, usize>,
    /// Verdicts on what is not shown any more.
    gone: Share,
    all: Share,
}

pub(super) fn measure(setting: &Setting, page: &mut Page) -> Result<(), Failure> {
    let readings: Vec<Reading> = lines(&workspace::root().join(READINGS))?;
    let mut trees: BTreeMap<(&str, &str), Vec<&Reading>> = BTreeMap::new();
    for reading in &readings {
        trees.entry((&reading.repository, &reading.commit)).or_default().push(reading);
    }
    let mut counts = Counts::default();
    for ((repository, commit), read) in trees {
        let scanned = scan_commit(setting, repository, commit)?;
        counts.add(repository, &read, &scanned.findings);
    }
    page.write("readings-by-repository", &counts.repositories())?;
    page.write("readings-by-rule", &counts.rules())?;
    page.write("readings-wrong", &counts.wrong())
}

impl Counts {
    fn add(&mut self, repository: &str, read: &[&Reading], shown: &[Found]) {
        *self.shown.entry(repository.to_owned()).or_default() += shown.len();
        for reading in read {
            let is_right = reading.verdict == Verdict::Right;
            let is_it = |found: &Found| {
                (&found.rule, &found.file, found.line) == (&reading.rule, &reading.file, reading.line)
            };
            if !shown.iter().any(is_it) {
                self.gone.add(is_right);
                continue;
            }
            self.all.add(is_right);
            self.by_repository.entry(repository.to_owned()).or_default().add(is_right);
            self.by_rule.entry(reading.rule.clone()).or_default().add(is_right);
            if !is_right {
                *self.causes.entry(reading.cause.clone()).or_default() += 1;
            }
        }
    }

    fn repositories(&self) -> String {
        let row = |name: &str, share: Share, shown: usize| {
            vec![
                name.to_owned(),
                share.hits.to_string(),
                share.of.to_string(),
                share.interval(),
                shown.to_string(),
            ]
        };
        let mut rows: Vec<Vec<String>> = self
            .by_repository
            .iter()
            .map(|(name, share)| row(name, *share, self.shown.get(name).copied().unwrap_or(0)))
            .collect();
        rows.push(row(&format!("**all: {}**", self.all), self.all, self.shown.values().sum()));
        let head = ["repository", "right", "of", "95 % Wilson interval", "default findings"];
        format!(
            "{}\n{} verdicts more are on findings that the present build does not show ({} of them right).",
            table(&head, &rows),
            self.gone.of,
            self.gone.hits
        )
    }

    fn rules(&self) -> String {
        let mut rules: Vec<(&String, &Share)> = self.by_rule.iter().collect();
        rules.sort_by(|a, b| b.1.of.cmp(&a.1.of).then(a.0.cmp(b.0)));
        let rows: Vec<Vec<String>> = rules
            .into_iter()
            .map(|(rule, share)| {
                vec![format!("`{rule}`"), share.hits.to_string(), share.of.to_string(), share.interval()]
            })
            .collect();
        table(&["rule", "right", "of", "95 % Wilson interval"], &rows)
    }

    fn wrong(&self) -> String {
        let mut causes: Vec<(&String, &usize)> = self.causes.iter().collect();
        causes.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let rows: Vec<Vec<String>> =
            causes.into_iter().map(|(cause, number)| vec![cause.clone(), number.to_string()]).collect();
        table(&["cause of a wrong finding", "number"], &rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(line: u32, verdict: Verdict, cause: &str) -> Reading {
        let text = |it: &str| it.to_owned();
        let (repository, commit, rule) = (text("a/b"), text("c0"), text("some-rule"));
        Reading { repository, commit, rule, file: text("x.ts"), line, verdict, cause: text(cause) }
    }

    #[test]
    fn only_what_is_still_shown_counts() {
        let found = |line| Found {
            rule: "some-rule".to_owned(),
            file: "x.ts".to_owned(),
            line,
            end_line: line,
            message: String::new(),
        };
        let read = [
            reading(1, Verdict::Right, ""),
            reading(2, Verdict::Wrong, "a short list"),
            reading(3, Verdict::Wrong, "no entry"),
        ];
        let mut counts = Counts::default();
        counts.add("a/b", &read.iter().collect::<Vec<_>>(), &[found(1), found(2), found(9)]);
        assert_eq!(counts.all, Share { hits: 1, of: 2 });
        assert_eq!(counts.gone, Share { hits: 0, of: 1 });
        assert!(counts.repositories().contains("| a/b | 1 | 2 | 9–91 % | 3 |"), "{}", counts.repositories());
        assert!(counts.wrong().contains("| a short list | 1 |"));
    }
}
