//! What a scan says of the galleries is what their READMEs say.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{SLOW, TUNED};
use crate::failure::Failure;
use crate::{process, workspace};

/// The part of the JSON report that is compared.
#[derive(Debug, Deserialize)]
struct Report {
    findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
struct Finding {
    rule: String,
    file: String,
    line: u32,
}

/// The table of the README has the rules and counts of a scan; its twin has no finding at all.
pub(super) fn check() -> Result<(), Failure> {
    let findings = scan(SLOW)?;
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for finding in &findings {
        *counted.entry(finding.rule.clone()).or_default() += 1;
    }
    let path = format!("examples/{SLOW}/README.md");
    let stated = table(&workspace::read(&workspace::root().join(&path))?);
    let mut complaints = differences(&path, &stated, &counted);
    complaints.extend(scan(TUNED)?.iter().map(|Finding { rule, file, line }| {
        format!("samples: examples/{TUNED}/{file}:{line} is reported by {rule}, and should not be")
    }));
    Failure::unless_empty(complaints)?;
    println!("{} findings of {} rules in {SLOW}, none in {TUNED}", findings.len(), counted.len());
    Ok(())
}

fn scan(name: &str) -> Result<Vec<Finding>, Failure> {
    let directory = format!("examples/{name}");
    let arguments = ["run", "--quiet", "--locked", "--package", "tuneup", "--", "scan", &directory];
    let mut command = process::cargo(&arguments);
    let text = process::output(command.args(["--format", "json", "--fail-on", "never"]))?;
    let report: Report = serde_json::from_str(&text)
        .map_err(|error| Failure::Output { command: process::shown(&command), reason: error.to_string() })?;
    Ok(report.findings)
}

/// Rule and count of the rows ``| [`rule`](…) | 3 | … |``.
fn table(readme: &str) -> BTreeMap<String, usize> {
    let rows = readme.lines().filter_map(|line| {
        let (rule, rest) = line.strip_prefix("| [`")?.split_once("`](")?;
        let count = rest.split('|').nth(1)?.trim().parse().ok()?;
        Some((rule.to_owned(), count))
    });
    rows.collect()
}

fn differences(
    path: &str,
    stated: &BTreeMap<String, usize>,
    counted: &BTreeMap<String, usize>,
) -> Vec<String> {
    let mut rules: Vec<&String> = stated.keys().chain(counted.keys()).collect();
    rules.sort();
    rules.dedup();
    let count = |of: &BTreeMap<String, usize>, rule: &str| of.get(rule).copied().unwrap_or_default();
    let wrong = rules.into_iter().filter(|rule| count(stated, rule) != count(counted, rule));
    wrong
        .map(|rule| {
            let (said, found) = (count(stated, rule), count(counted, rule));
            format!("samples: {path} says {said} of {rule}, and a scan finds {found}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_not_true_is_told() {
        let readme = "# x\n\n| rule | count | where |\n|---|---|---|\n| [`a-b`](../a-b.md) | 2 | `x` |\n| [`c`](c.md) | 1 | y |\n";
        let stated = table(readme);
        assert_eq!(stated, BTreeMap::from([("a-b".to_owned(), 2), ("c".to_owned(), 1)]));
        let counted = BTreeMap::from([("a-b".to_owned(), 2), ("d".to_owned(), 3)]);
        assert_eq!(
            differences("R", &stated, &counted),
            ["samples: R says 1 of c, and a scan finds 0", "samples: R says 0 of d, and a scan finds 3"]
        );
    }
}
