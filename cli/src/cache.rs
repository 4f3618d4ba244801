//! What a run leaves for the next one: facts by the content of a file, answers by the content of a tree.
//!
//! Two files in `.tuneup/`: `answers` is opened always, `facts` when the first file has to be read. They are replaced whole,
//! so of two runs at once the last one stays. Nothing of it can fail a scan: what cannot be read is not there, and what cannot
//! be written is lost.

mod answers;
mod facts;
mod pack;
mod place;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tuneup_scan::facts::FileFacts;
use tuneup_scan::{Answer, Digest, Kept};

use answers::Answers;
use facts::Facts;
use pack::Pack;
use place::Place;

/// The memory of this run, and of earlier ones.
#[derive(Default)]
pub(crate) struct Cache {
    /// None where nothing outlives the process.
    place: Option<Place>,
    facts: Facts,
    answers: Answers,
}

impl Cache {
    /// The cache of the workspace with this root.
    pub(crate) fn of(root: &Path) -> Self {
        Self { place: Place::below(root), ..Self::default() }
    }

    /// Writes what is new for the next run, and says whether anything was. Whether the writing works is nobody's concern.
    pub(crate) fn save(&self) -> Saved {
        let (facts, answers) = (self.facts.take_news(), self.answers.take_news());
        if let Some(place) = self.place.as_ref().filter(|_| facts || answers) {
            self.save_to(place, facts, answers).ok();
        }
        if answers { Saved::News } else { Saved::Nothing }
    }

    fn save_to(&self, place: &Place, facts: bool, answers: bool) -> io::Result<()> {
        // Read before the folder may be made, which is another one then.
        let before = (self.facts_before(), self.answers_before());
        place.prepare()?;
        let stamp = place.stamp().ok_or(io::ErrorKind::NotFound)?;
        if facts {
            let encoded = self.facts.encoded(before.0);
            pack::write(&place.file(facts::FILE), stamp, &facts::with_older(&encoded, before.0))?;
        }
        if answers {
            let encoded = self.answers.encoded();
            pack::write(&place.file(answers::FILE), stamp, &answers::with_older(&encoded, before.1))?;
        }
        Ok(())
    }

    fn facts_before(&self) -> &Pack {
        self.facts.before.get_or_init(|| self.read(facts::FILE))
    }

    fn answers_before(&self) -> &Pack {
        self.answers.before.get_or_init(|| self.read(answers::FILE))
    }

    /// What an earlier run wrote.
    fn read(&self, name: &str) -> Pack {
        let found = self.place.as_ref().and_then(|place| Some(Pack::read(&place.file(name), place.stamp()?)));
        found.unwrap_or_default()
    }
}

/// Whether a run learned something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saved {
    News,
    /// The answer was known.
    Nothing,
}

impl Kept for Cache {
    fn facts(&self, of: Digest) -> Option<Arc<FileFacts>> {
        self.facts.get(of, self.facts_before())
    }

    fn keep_facts(&self, of: Digest, facts: &Arc<FileFacts>) {
        self.facts.add(of, facts);
    }

    fn answers(&self, question: Digest) -> Vec<Answer> {
        self.answers.to(question, self.answers_before())
    }

    fn keep_answer(&self, question: Digest, answer: Answer) {
        self.answers.add(question, &answer);
    }
}

/// A worker that panicked ends the run elsewhere; what it left is whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
