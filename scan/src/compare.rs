//! Findings compared with those that were there before: which are new, which worse, which gone.
//!
//! A finding is the same where its file and anchor are; where code was moved, its anchor alone; where it was renamed, what
//! it is about within the file. Each finding of before stands for one of now at most, so a second loop over the same table
//! is new.

use std::collections::{BTreeMap, VecDeque};

use tuneup_model::{Confidence, Finding, Known, Worse};

/// New paths of files by old ones.
pub type Renames = BTreeMap<String, String>;

/// What became of findings.
#[derive(Debug, Default)]
pub struct Compared {
    /// New and worse findings, in the order given.
    pub findings: Vec<Finding>,
    pub worse: Vec<Worse>,
    /// How many that show by default are as they were.
    pub known: usize,
    pub fixed: Vec<Known>,
}

/// Compares all findings of now, candidates included, with those of before.
pub fn compare(now: Vec<Finding>, before: &[Known], renames: &Renames) -> Compared {
    let matched = matches(&now, before, renames);
    let mut compared = Compared::default();
    let mut gone = vec![true; before.len()];
    for (finding, earlier) in now.into_iter().zip(matched) {
        let Some(earlier) = earlier else {
            compared.findings.push(finding);
            continue;
        };
        gone[earlier] = false;
        let earlier = &before[earlier];
        let (now, then) = ((finding.severity, finding.confidence), (earlier.severity, earlier.confidence));
        if now.0 >= then.0 && now.1 >= then.1 && now != then {
            compared.worse.push(Worse {
                fingerprint: finding.fingerprint.0.clone(),
                severity_before: earlier.severity,
                confidence_before: earlier.confidence,
            });
            compared.findings.push(finding);
        } else {
            compared.known += usize::from(finding.confidence > Confidence::Candidate);
        }
    }
    compared.fixed = before.iter().zip(gone).filter(|(_, gone)| *gone).map(|(it, _)| it.clone()).collect();
    compared
}

/// For each finding of now, the one of before that it is.
fn matches(now: &[Finding], before: &[Known], renames: &Renames) -> Vec<Option<usize>> {
    let moved: Vec<&str> =
        before.iter().map(|it| renames.get(&it.file).map_or(it.file.as_str(), String::as_str)).collect();
    let mut order: Vec<usize> = (0..now.len()).collect();
    order.sort_by(|a, b| now[*a].location.cmp(&now[*b].location));
    let mut matched = vec![None; now.len()];
    let mut taken = vec![false; before.len()];
    for alike in [Alike::Anchor, Alike::Moved, Alike::Shape] {
        let mut left: BTreeMap<(&str, &str), VecDeque<usize>> = BTreeMap::new();
        for (index, known) in before.iter().enumerate().filter(|(index, _)| !taken[*index]) {
            let key = alike.key(moved[index], &known.likeness.anchor, &known.likeness.shape);
            left.entry(key).or_default().push_back(index);
        }
        for &index in &order {
            let finding = &now[index];
            let likeness = &finding.likeness;
            let key = alike.key(&finding.location.file, &likeness.anchor, &likeness.shape);
            if matched[index].is_none()
                && let Some(earlier) = left.get_mut(&key).and_then(VecDeque::pop_front)
            {
                matched[index] = Some(earlier);
                taken[earlier] = true;
            }
        }
    }
    matched
}

/// What makes two findings one, from the surest sign on.
#[derive(Debug, Clone, Copy)]
enum Alike {
    /// The same function of the same file does the same.
    Anchor,
    /// The function stands in another file.
    Moved,
    /// Names changed within the file.
    Shape,
}

impl Alike {
    fn key<'a>(self, file: &'a str, anchor: &'a str, shape: &'a str) -> (&'a str, &'a str) {
        match self {
            Self::Anchor => (file, anchor),
            Self::Moved => ("", anchor),
            Self::Shape => (file, shape),
        }
    }
}
