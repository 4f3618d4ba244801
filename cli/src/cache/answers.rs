//! The answers of a run and of those before it, and how they lie in their file.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use tuneup_scan::{Answer, Digest};

use super::locked;
use super::pack::Pack;

pub(super) const FILE: &str = "answers";

/// A few branches, each for now and before.
const MOST: usize = 8;

/// Answers by question, as bytes.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) before: OnceLock<Pack>,
    /// Given or asked for by this process, the latest last.
    now: Mutex<Vec<(Digest, Vec<u8>)>>,
    has_news: AtomicBool,
}

impl Answers {
    pub(super) fn to(&self, question: Digest, before: &Pack) -> Vec<Answer> {
        let mut now = locked(&self.now);
        for part in before.parts().iter().filter(|part| part.name == question) {
            if let Some(bytes) = before.bytes(part)
                && !now.iter().any(|(to, known)| *to == question && known == bytes)
            {
                now.insert(0, (question, bytes.to_vec()));
            }
        }
        let asked = now.iter().rev().filter(|(to, _)| *to == question);
        asked.filter_map(|(_, bytes)| postcard::from_bytes(bytes).ok()).collect()
    }

    pub(super) fn add(&self, question: Digest, answer: &Answer) {
        let Ok(bytes) = postcard::to_allocvec(answer) else { return };
        let mut now = locked(&self.now);
        now.retain(|(_, known)| *known != bytes);
        now.push((question, bytes));
        if now.len() > MOST {
            now.remove(0);
        }
        self.has_news.store(true, Ordering::Relaxed);
    }

    pub(super) fn take_news(&self) -> bool {
        self.has_news.swap(false, Ordering::Relaxed)
    }

    pub(super) fn encoded(&self) -> Vec<(Digest, Vec<u8>)> {
        locked(&self.now).iter().rev().cloned().collect()
    }
}

/// The parts of the new file, the latest first.
pub(super) fn with_older<'a>(now: &'a [(Digest, Vec<u8>)], before: &'a Pack) -> Vec<(Digest, &'a [u8])> {
    let mine = now.iter().map(|(question, bytes)| (*question, bytes.as_slice()));
    let older = before.parts().iter().filter_map(|part| Some((part.name, before.bytes(part)?)));
    let mut parts: Vec<(Digest, &[u8])> = Vec::with_capacity(MOST);
    for part in mine.chain(older) {
        if parts.len() < MOST && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}
