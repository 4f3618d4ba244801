//! The facts that a run has asked for or made, and how they lie in their file.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use rayon::prelude::*;
use tuneup_scan::Digest;
use tuneup_scan::facts::FileFacts;

use super::locked;
use super::pack::Pack;

pub(super) const FILE: &str = "facts";

/// Facts by the digest of path and text.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) before: OnceLock<Pack>,
    now: Mutex<BTreeMap<Digest, Held>>,
    has_news: AtomicBool,
}

struct Held {
    facts: Arc<FileFacts>,
    /// Since news were last taken.
    is_used: bool,
}

impl Facts {
    pub(super) fn get(&self, of: Digest, before: &Pack) -> Option<Arc<FileFacts>> {
        if let Some(held) = locked(&self.now).get_mut(&of) {
            held.is_used = true;
            return Some(Arc::clone(&held.facts));
        }
        let facts: FileFacts = postcard::from_bytes(before.bytes(before.part(of)?)?).ok()?;
        let facts = Arc::new(facts);
        self.hold(of, &facts);
        Some(facts)
    }

    pub(super) fn add(&self, of: Digest, facts: &Arc<FileFacts>) {
        self.hold(of, facts);
        self.has_news.store(true, Ordering::Relaxed);
    }

    fn hold(&self, of: Digest, facts: &Arc<FileFacts>) {
        locked(&self.now).insert(of, Held { facts: Arc::clone(facts), is_used: true });
    }

    /// Whether facts were made since the last time. Those that were not used since are let go.
    pub(super) fn take_news(&self) -> bool {
        let mut now = locked(&self.now);
        // A run whose answer was known uses none.
        if now.values().any(|held| held.is_used) {
            now.retain(|_, held| std::mem::take(&mut held.is_used));
        }
        self.has_news.swap(false, Ordering::Relaxed)
    }

    /// All facts held, as bytes; those that the file has already as it has them.
    pub(super) fn encoded<'a>(&self, before: &'a Pack) -> Vec<(Digest, Encoded<'a>)> {
        let now: Vec<(Digest, Arc<FileFacts>)> =
            locked(&self.now).iter().map(|(of, held)| (*of, Arc::clone(&held.facts))).collect();
        let encoded = now.par_iter().filter_map(|(of, facts)| {
            let known = before.part(*of).and_then(|part| before.bytes(part));
            let bytes = match known {
                Some(bytes) => Encoded::Known(bytes),
                None => Encoded::New(postcard::to_allocvec(facts.as_ref()).ok()?),
            };
            Some((*of, bytes))
        });
        encoded.collect()
    }
}

pub(super) enum Encoded<'a> {
    Known(&'a [u8]),
    New(Vec<u8>),
}

impl Encoded<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Known(bytes) => bytes,
            Self::New(bytes) => bytes,
        }
    }
}

/// The parts of the new file: also texts of earlier runs, of another branch perhaps, as long as they are the smaller half.
pub(super) fn with_older<'a>(now: &'a [(Digest, Encoded<'a>)], before: &'a Pack) -> Vec<(Digest, &'a [u8])> {
    let mut parts: Vec<(Digest, &[u8])> = now.iter().map(|(of, encoded)| (*of, encoded.bytes())).collect();
    let mut room: usize = parts.iter().map(|(_, bytes)| bytes.len()).sum();
    for part in before.parts() {
        if now.binary_search_by_key(&part.name, |(of, _)| *of).is_ok() {
            continue;
        }
        let Some(left) = room.checked_sub(part.len()) else { break };
        room = left;
        parts.extend(before.bytes(part).map(|bytes| (part.name, bytes)));
    }
    parts
}
