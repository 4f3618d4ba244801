//! `tuneup-ignore` comments: findings that a reader has looked at and lets stand, each with a reason.
//!
//! A comment that names no rule, an unknown rule or no reason leaves nothing out and is a warning; so is one at whose
//! line nothing is found any more.

use std::collections::BTreeMap;

use tuneup_model::{Finding, Warning};

use crate::facts::Ignore;
use crate::rules::RULES;

/// The comments of all files by path.
pub(crate) type Ignores = BTreeMap<String, Vec<Ignore>>;

/// What to write, for warnings.
const FORM: &str = "write `tuneup-ignore RULE: REASON`";

impl Ignore {
    /// Reads the inside of a comment; places are filled in by the caller.
    pub(crate) fn parse(words: &str) -> Option<Self> {
        let words = words.trim_start_matches(['/', '*', '-', '!']).trim();
        let rest = words.strip_prefix("tuneup-ignore")?;
        if rest.starts_with(|it: char| it.is_alphanumeric() || it == '-' || it == '_') {
            return None;
        }
        let (rules, reason) = rest.split_once(':').unwrap_or((rest, ""));
        let rules = rules.split([',', ' ', '\t']).map(str::trim).filter(|rule| !rule.is_empty());
        Some(Self {
            line: 0,
            applies_to: 0,
            rules: rules.map(str::to_owned).collect(),
            reason: reason.trim().trim_end_matches("*/").trim().to_owned(),
        })
    }

    /// What is wrong with the comment itself.
    fn mistake(&self) -> Option<String> {
        if self.rules.is_empty() {
            return Some(format!("`tuneup-ignore` names no rule: {FORM}"));
        }
        if self.reason.is_empty() {
            return Some(format!("`tuneup-ignore` without a reason leaves nothing out: {FORM}"));
        }
        let unknown =
            self.rules.iter().find(|rule| RULES.iter().all(|known| known.doc.id != rule.as_str()))?;
        Some(format!("`tuneup-ignore` names `{unknown}`, which is no rule: `tuneup rule` lists them"))
    }
}

/// The comments of a schema or of SQL, which end at their line.
pub(crate) fn in_lines(text: &str) -> Vec<Ignore> {
    let mut found: Vec<Ignore> = Vec::new();
    let mut waiting = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let comment = ["//", "--"].iter().find_map(|mark| {
            let (code, words) = line.split_once(mark)?;
            Some((code, Ignore::parse(words)?))
        });
        match comment {
            Some((code, mut ignore)) => {
                ignore.line = number;
                ignore.applies_to = if code.trim().is_empty() { 0 } else { number };
                waiting += usize::from(ignore.applies_to == 0);
                found.push(ignore);
            }
            None if waiting > 0 && !is_comment(line) => {
                found.iter_mut().filter(|it| it.applies_to == 0).for_each(|it| it.applies_to = number);
                waiting = 0;
            }
            None => {}
        }
    }
    found
}

fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with("//") || line.starts_with("--")
}

/// Leaves out what comments say, and tells of comments that do nothing, where their rule was asked.
pub(crate) fn apply(
    findings: Vec<Finding>,
    ignores: &Ignores,
    asked: &dyn Fn(&str) -> bool,
    warnings: &mut Vec<Warning>,
) -> (Vec<Finding>, usize) {
    let mut used: BTreeMap<(&str, usize, &str), bool> = BTreeMap::new();
    let total = findings.len();
    let mut kept = Vec::with_capacity(total);
    for finding in findings {
        let of_file = ignores.get(&finding.location.file).map_or(&[][..], Vec::as_slice);
        let mut hit = false;
        for (number, ignore) in of_file.iter().enumerate() {
            let names = ignore.rules.iter().find(|rule| **rule == finding.rule);
            if let Some(rule) = names.filter(|_| ignore.applies_to == finding.location.line) {
                hit |= !ignore.reason.is_empty();
                let file = ignores.get_key_value(&finding.location.file).expect("it was looked up").0;
                used.insert((file.as_str(), number, rule.as_str()), true);
            }
        }
        if !hit {
            kept.push(finding);
        }
    }
    for (file, of_file) in ignores {
        for (number, ignore) in of_file.iter().enumerate() {
            let warn = |message: String| Warning {
                file: file.clone(),
                message: format!("line {}: {message}", ignore.line),
            };
            if let Some(mistake) = ignore.mistake() {
                warnings.push(warn(mistake));
                continue;
            }
            let idle = ignore.rules.iter().filter(|rule| asked(rule.as_str()));
            for rule in idle.filter(|rule| !used.contains_key(&(file.as_str(), number, rule.as_str()))) {
                warnings.push(warn(format!("`tuneup-ignore {rule}` is not needed: nothing is found there")));
            }
        }
    }
    let ignored = total - kept.len();
    (kept, ignored)
}

#[cfg(test)]
mod tests {
    use super::{Ignore, in_lines};

    #[test]
    fn the_form() {
        let one = Ignore::parse(" tuneup-ignore n-plus-one-in-loop: three at most").unwrap();
        assert_eq!(
            (one.rules.as_slice(), one.reason.as_str()),
            (&["n-plus-one-in-loop".to_owned()][..], "three at most")
        );
        let two = Ignore::parse("* tuneup-ignore a, b : c: d ").unwrap();
        assert_eq!((two.rules.len(), two.reason.as_str()), (2, "c: d"));
        assert_eq!(Ignore::parse("tuneup-ignore").map(|it| it.rules.len()), Some(0));
        assert_eq!(Ignore::parse("tuneup-ignored a: b"), None);
        assert_eq!(Ignore::parse("see tuneup-ignore a: b"), None);
    }

    #[test]
    fn lines_of_schemas_and_sql() {
        let text = "model A {\n  // tuneup-ignore a: b\n  // more\n\n  id Int\n  c Int // tuneup-ignore d: e\n}\n-- tuneup-ignore f: g\nCREATE";
        let places: Vec<(u32, u32)> = in_lines(text).iter().map(|it| (it.line, it.applies_to)).collect();
        assert_eq!(places, [(2, 5), (6, 6), (8, 9)]);
    }
}
