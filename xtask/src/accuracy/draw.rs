//! A random sample of default findings, printed as JSON lines for people to judge: at most a quarter from one rule, as
//! many from each repository as the rest allows.

use serde::Serialize;

use super::Setting;
use super::scanned::{Found, scan_commit};
use crate::failure::Failure;

/// A finding to judge; its reader adds `verdict` and `cause`.
#[derive(Debug, Clone, Serialize)]
struct Drawn {
    repository: String,
    commit: String,
    rule: String,
    file: String,
    line: u32,
    message: String,
}

pub(super) fn print(setting: &Setting, names: &[String], number: usize, seed: u64) -> Result<(), Failure> {
    if names.is_empty() {
        return Err(Failure::Usage("name what to draw from: `--repository owner/name`".to_owned()));
    }
    let mut all = Vec::new();
    for name in names {
        let (repository, revision) = name.split_once('@').unwrap_or((name, "HEAD"));
        let commit = setting.mirror.commit(repository, revision)?;
        let scanned = scan_commit(setting, repository, &commit)?;
        eprintln!("{repository}: {} findings in {} lines", scanned.findings.len(), scanned.stats.lines);
        let of = |found: Found| Drawn {
            repository: repository.to_owned(),
            commit: commit.clone(),
            rule: found.rule,
            file: found.file,
            line: found.line,
            message: found.message,
        };
        all.push(scanned.findings.into_iter().map(of).collect::<Vec<_>>());
    }
    for drawn in sample(all, number, seed) {
        println!("{}", serde_json::to_string(&drawn).expect("plain data always serializes"));
    }
    Ok(())
}

/// Takes from each repository in turn, in random order.
fn sample(mut repositories: Vec<Vec<Drawn>>, number: usize, seed: u64) -> Vec<Drawn> {
    let mut random = Random(seed);
    for findings in &mut repositories {
        for last in (1..findings.len()).rev() {
            findings.swap(last, random.below(last + 1));
        }
    }
    let most = number.div_ceil(4);
    let mut drawn: Vec<Drawn> = Vec::new();
    while drawn.len() < number && repositories.iter().any(|findings| !findings.is_empty()) {
        for findings in &mut repositories {
            let next = std::iter::from_fn(|| findings.pop())
                .find(|it| drawn.iter().filter(|other| other.rule == it.rule).count() < most);
            drawn.extend(next.filter(|_| drawn.len() < number));
        }
    }
    drawn
}

/// `SplitMix64`: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::{Drawn, sample};

    fn findings(repository: &str, rule: &str, number: u32) -> Vec<Drawn> {
        let of = |line| Drawn {
            repository: repository.to_owned(),
            commit: String::new(),
            rule: rule.to_owned(),
            file: String::new(),
            line,
            message: String::new(),
        };
        (0..number).map(of).collect()
    }

    #[test]
    fn no_rule_and_no_repository_takes_it_all() {
        let mut first = findings("a", "common", 90);
        first.extend(findings("a", "rare", 9));
        let drawn = sample(vec![first, findings("b", "other", 90)], 20, 7);
        let of = |rule: &str| drawn.iter().filter(|it| it.rule == rule).count();
        assert_eq!((of("common"), of("other")), (5, 5));
        assert!(of("rare") <= 5 && drawn.len() <= 20);
    }

    #[test]
    fn the_seed_decides() {
        let lines = |seed| {
            let drawn = sample(vec![findings("a", "x", 50)], 40, seed);
            drawn.iter().map(|it| it.line).collect::<Vec<_>>()
        };
        assert_eq!(lines(7), lines(7));
        assert_ne!(lines(7), lines(8));
    }
}
