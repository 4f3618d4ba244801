//! A tree that remembers what was read of it, so that the answer to a question can be kept and found again.
//!
//! A scan is a function of its options, the names of the tree and the texts it reads. The first two are the *question*; an
//! answer is kept with the digests of all texts that were read for it and counts again where each is as it was. So nothing
//! has to know beforehand which files a scan depends on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tuneup_model::ScanResult;

use super::Options;
use crate::kept::{Answer, Digest, Kept};
use crate::source::{Listing, ReadError, SourceTree};

/// What a later state of the tree knows of a path that is the same in both.
pub(super) type SameText<'t> = &'t (dyn Fn(&str) -> Option<Digest> + Sync);

/// A tree, and what was read of it.
pub(super) struct Noted<'t> {
    tree: &'t dyn SourceTree,
    /// Without it nothing is noted.
    kept: Option<&'t dyn Kept>,
    same: SameText<'t>,
    listing: OnceLock<Listing>,
    seen: Mutex<FxHashMap<String, Digest>>,
    /// A text changed while it was read, or an outcome was one of chance: the answer is good for once.
    is_passing: AtomicBool,
}

impl<'t> Noted<'t> {
    pub(super) fn new(tree: &'t dyn SourceTree, kept: Option<&'t dyn Kept>, same: SameText<'t>) -> Self {
        Self {
            tree,
            kept,
            same,
            listing: OnceLock::new(),
            seen: Mutex::default(),
            is_passing: AtomicBool::new(false),
        }
    }

    /// The digest of a text that need not be read for it.
    pub(super) fn known(&self, path: &str) -> Option<Digest> {
        self.kept?;
        if let Some(digest) = self.seen.lock().ok()?.get(path) {
            return Some(*digest);
        }
        let digest = (self.same)(path)?;
        self.note(path, digest);
        Some(digest)
    }

    /// The digest of a text, or of the reason why there is none.
    pub(super) fn digest(&self, path: &str) -> Digest {
        if let Some(digest) = self.known(path) {
            return digest;
        }
        let digest = digest_of(&self.tree.read(path));
        self.note(path, digest);
        digest
    }

    /// The answer of an earlier scan of the same texts.
    pub(super) fn recall(&self, options: &Options<'_>) -> Option<ScanResult> {
        let answers = self.kept?.answers(self.question(options));
        let is_same =
            |answer: &Answer| answer.texts.par_iter().all(|(path, digest)| self.digest(path) == *digest);
        answers.into_iter().find(is_same).map(Answer::result)
    }

    pub(super) fn keep(&self, options: &Options<'_>, result: &ScanResult) {
        let Some(kept) = self.kept.filter(|_| !self.is_passing.load(Ordering::Relaxed)) else { return };
        let Ok(seen) = self.seen.lock() else { return };
        let mut texts: Vec<(String, Digest)> =
            seen.iter().map(|(path, digest)| (path.clone(), *digest)).collect();
        drop(seen);
        texts.sort_unstable();
        kept.keep_answer(self.question(options), Answer::new(texts, result));
    }

    /// Says that the outcome may be another one next time.
    pub(super) fn passing(&self) {
        self.is_passing.store(true, Ordering::Relaxed);
    }

    fn listing(&self) -> &Listing {
        self.listing.get_or_init(|| self.tree.list())
    }

    fn question(&self, options: &Options<'_>) -> Digest {
        let asked = (&options.rules, options.queries, options.focus, options.handles, options.levels.told());
        let asked = format!("{asked:?}");
        let listing = self.listing();
        let warnings = format!("{:?}", listing.warnings);
        let names = listing.files.iter().map(String::as_bytes);
        Digest::of([asked.as_bytes(), warnings.as_bytes()].into_iter().chain(names))
    }

    fn note(&self, path: &str, digest: Digest) {
        let Ok(mut seen) = self.seen.lock() else { return };
        if seen.insert(path.to_owned(), digest).is_some_and(|before| before != digest) {
            self.passing();
        }
    }
}

impl SourceTree for Noted<'_> {
    fn list(&self) -> Listing {
        self.listing().clone()
    }

    fn read(&self, path: &str) -> Result<String, ReadError> {
        let read = self.tree.read(path);
        if self.kept.is_some() {
            self.note(path, digest_of(&read));
        }
        read
    }
}

fn digest_of(read: &Result<String, ReadError>) -> Digest {
    match read {
        Ok(text) => Digest::of([text.as_bytes()]),
        Err(error) => Digest::of(["unread".as_bytes(), error.to_string().as_bytes()]),
    }
}

/// Names the facts of a text, which depend on its path too.
pub(super) fn facts_of(path: &str, text: Digest) -> Digest {
    Digest::of([path.as_bytes(), text.as_bytes().as_slice()])
}

#[cfg(test)]
mod tests;
