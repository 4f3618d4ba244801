//! A scan compared with an earlier state of the same tree: what both have in common is read once.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tuneup_model::{Confidence, Known, ScanResult, Since};

use super::recall::Noted;
use super::{Options, Queries, examine, hide, read};
use crate::compare::{Renames, compare};
use crate::facts::FileFacts;
use crate::source::SourceTree;

/// What a scan is compared with: an earlier state of the same tree.
pub struct Before<'a> {
    pub tree: &'a dyn SourceTree,
    /// True for a path whose text is the same in both.
    pub same: &'a (dyn Fn(&str) -> bool + Sync),
    pub renames: Renames,
    /// The state, for people.
    pub base: String,
}

impl std::fmt::Debug for Before<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Before")
            .field("renames", &self.renames)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// Analyses a tree and gives what is new or worse than before.
pub fn scan_since(tree: &dyn SourceTree, options: &Options<'_>, before: &Before<'_>) -> ScanResult {
    let now = Noted::new(tree, options.kept, &|_| None);
    let same_text = |path: &str| (before.same)(path).then(|| now.digest(path));
    let then = Noted::new(before.tree, options.kept, &same_text);
    let quiet =
        Options { progress: &|_| {}, queries: Queries::Omit, rules: options.rules.clone(), ..*options };
    let (answer, earlier) = (now.recall(options), then.recall(&quiet));
    let sources = answer.is_none().then(|| read(&now, options, &|_| None));
    let earlier_sources = earlier.is_none().then(|| {
        let files = sources.iter().flat_map(|sources| &sources.files);
        let facts: FxHashMap<&str, &Arc<FileFacts>> =
            files.map(|facts| (facts.path.as_str(), facts)).collect();
        let shared = |path: &str| facts.get(path).filter(|_| (before.same)(path)).map(|it| Arc::clone(it));
        read(&then, &quiet, &shared)
    });
    let (result, earlier) = rayon::join(
        || sources.map(|sources| examine(&now, sources, options)).or(answer),
        || earlier_sources.map(|sources| examine(&then, sources, &quiet)).or(earlier),
    );
    let (mut result, earlier) = (result.unwrap_or_default(), earlier.unwrap_or_default());
    let known: Vec<Known> = earlier.findings.iter().map(Known::from).collect();
    since(&mut result, &known, &before.renames, before.base.clone());
    hide(&mut result, options);
    result
}

/// Leaves what is new or worse than the findings known, and says so.
pub fn since(result: &mut ScanResult, known: &[Known], renames: &Renames, base: String) {
    let compared = compare(std::mem::take(&mut result.findings), known, renames);
    result.findings = compared.findings;
    let shown = |it: &Known| it.confidence > Confidence::Candidate;
    let fixed = compared.fixed.into_iter().filter(shown).collect();
    result.since = Some(Since { base, known: compared.known, worse: compared.worse, fixed });
}
