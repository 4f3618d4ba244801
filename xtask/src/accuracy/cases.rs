//! Commits in which teams mended a performance defect: is the state before them reported, is the report gone after them?
//!
//! The judging is `score.py`'s, which knows nothing of us but SARIF; here its rows become tables, with the noise as
//! the median over repositories and every miss under the class of its cause (`docs/accuracy/misses.jsonl`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::Setting;
use super::interval::Share;
use super::page::{Page, table};
use crate::failure::Failure;
use crate::{process, workspace};

/// Why each miss is missed.
const CAUSES: &str = "docs/accuracy/misses.jsonl";

#[derive(Debug, Deserialize)]
struct Scored {
    rows: Vec<Row>,
    scans: Vec<Scan>,
}

#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    category: String,
    hit: bool,
    /// None where there was no hit.
    fixed: Option<bool>,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Scan {
    repo: String,
    side: String,
    lines: u64,
    results: u64,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Cause {
    id: String,
    cause: String,
}

pub(super) fn measure(setting: &Setting, bench: &Path, page: &mut Page) -> Result<(), Failure> {
    let out = setting.scratch.join("cases.json");
    let tool = format!("{} scan --no-cache --quiet --format sarif {{dir}}", setting.tuneup.display());
    let mut score = Command::new("python3");
    score
        .arg(workspace::root().join(bench).join("score.py"))
        .args(["--need-column", "--jobs", "2", "--tool"])
        .arg(tool);
    score.arg("--mirror").arg(&setting.mirror.folder).arg("--out").arg(&out);
    process::run(&mut score)?;
    let scored: Scored = serde_json::from_str(&workspace::read(&out)?)
        .map_err(|error| Failure::Output { command: process::shown(&score), reason: error.to_string() })?;
    for row in scored.rows.iter().filter(|row| row.error.is_some()) {
        eprintln!("warning: {} was not measured: {}", row.id, row.error.as_deref().unwrap_or_default());
    }
    page.write("fix-commits", &categories(&scored.rows))?;
    page.write("noise", &noise(&scored.scans))?;
    let causes: Vec<Cause> = super::readings::lines(&workspace::root().join(CAUSES))?;
    page.write("misses", &misses(&scored.rows, &causes))
}

#[derive(Debug, Default)]
struct Tally {
    found: Share,
    fixed: Share,
}

fn categories(rows: &[Row]) -> String {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut all = Tally::default();
    for row in rows {
        for tally in [tallies.entry(&row.category).or_default(), &mut all] {
            tally.found.add(row.hit);
            if let Some(fixed) = row.fixed {
                tally.fixed.add(fixed);
            }
        }
    }
    let mut sorted: Vec<(&str, Tally)> = tallies.into_iter().collect();
    sorted.sort_by(|a, b| b.1.found.of.cmp(&a.1.found.of).then(a.0.cmp(b.0)));
    sorted.push(("**all**", all));
    let rows: Vec<Vec<String>> = sorted
        .into_iter()
        .map(|(name, tally)| {
            let found = tally.found;
            let counts = [found.of.to_string(), found.hits.to_string(), found.to_string()];
            std::iter::once(name.to_owned()).chain(counts).chain([tally.fixed.to_string()]).collect()
        })
        .collect();
    table(&["category", "cases", "found", "recall", "gone after the fix"], &rows)
}

fn noise(scans: &[Scan]) -> String {
    let parents = || scans.iter().filter(|scan| scan.side == "parent" && scan.error.is_none());
    let mut of: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for scan in parents() {
        let (results, lines) = of.entry(&scan.repo).or_default();
        *results += scan.results;
        *lines += scan.lines;
    }
    let mut rates: Vec<f64> =
        of.values().filter(|it| it.1 > 0).map(|it| it.0 as f64 * 1000.0 / it.1 as f64).collect();
    rates.sort_by(f64::total_cmp);
    let (results, lines) = of.values().fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    if rates.is_empty() {
        return "No tree could be scanned.".to_owned();
    }
    format!(
        "{results} findings in {:.1} million lines of {} trees before the fix: {:.2} per 1,000 lines. Over the {} repositories: \
         median {:.2}, least {:.2}, most {:.2}.",
        lines as f64 / 1e6,
        parents().count(),
        results as f64 * 1000.0 / lines as f64,
        rates.len(),
        median(&rates),
        rates[0],
        rates[rates.len() - 1],
    )
}

/// Of numbers in order, of which there is one at least.
fn median(sorted: &[f64]) -> f64 {
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}

fn misses(rows: &[Row], causes: &[Cause]) -> String {
    let mut classes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.hit) {
        let known = causes.iter().find(|it| it.id == row.id);
        classes.entry(known.map_or("(not looked into)", |it| &it.cause)).or_default().push(&row.id);
    }
    let mut classes: Vec<(&str, Vec<&str>)> = classes.into_iter().collect();
    classes.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(b.0)));
    let mut text = "| cause | number | cases |\n|---|---:|---|\n".to_owned();
    for (cause, mut ids) in classes {
        ids.sort_unstable();
        writeln!(text, "| {cause} | {} | {} |", ids.len(), ids.join(", "))
            .expect("writing to a string cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, category: &str, fixed: Option<bool>) -> Row {
        Row { id: id.into(), category: category.into(), hit: fixed.is_some(), fixed, error: None }
    }

    fn scan(repo: &str, results: u64, side: &str) -> Scan {
        Scan { repo: repo.into(), side: side.into(), lines: 1000, results, error: None }
    }

    #[test]
    fn categories_stand_by_size_and_all_of_them_last() {
        let rows = [row("a-1", "a", Some(true)), row("b-1", "b", None), row("b-2", "b", Some(false))];
        let table = categories(&rows);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| b | 2 | 1 | 50.0 % | 0.0 % |",
                "| a | 1 | 1 | 100.0 % | 100.0 % |",
                "| **all** | 3 | 2 | 66.7 % | 50.0 % |"
            ]
        );
    }

    #[test]
    fn noise_is_the_median_over_repositories_of_the_states_before() {
        let scans =
            [scan("a", 1, "parent"), scan("a", 3, "parent"), scan("b", 9, "parent"), scan("b", 900, "fix")];
        let text = noise(&scans);
        assert!(
            text.contains("4.33 per 1,000") && text.contains("median 5.50, least 2.00, most 9.00"),
            "{text}"
        );
    }

    #[test]
    fn a_miss_without_a_cause_is_said() {
        let causes = [Cause { id: "a-1".into(), cause: "not followed".into() }];
        let text =
            misses(&[row("a-1", "a", None), row("a-2", "a", None), row("a-3", "a", Some(true))], &causes);
        assert!(
            text.contains("| not followed | 1 | a-1 |") && text.contains("| (not looked into) | 1 | a-2 |"),
            "{text}"
        );
        assert!(!text.contains("a-3"), "{text}");
    }
}
