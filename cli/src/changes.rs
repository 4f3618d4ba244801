//! Waits until files of a tree are saved.
//!
//! The system tells of changes in the folders that hold files of the tree, so that what is installed or built beside it costs
//! nothing. Where it cannot, time passes instead: whether something changed is then for the caller to see.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// How often to look where the system says nothing.
pub(crate) const LOOK: Duration = Duration::from_secs(2);

/// Saves that come closer together are one.
const QUIET: Duration = Duration::from_millis(80);

/// A burst is not waited for any longer.
const BURST: Duration = Duration::from_secs(2);

/// The changes of one tree.
pub(crate) struct Changes {
    root: PathBuf,
    /// None where the system does not tell.
    watcher: Option<RecommendedWatcher>,
    events: Receiver<()>,
    wake: Sender<()>,
    files: Arc<Mutex<BTreeSet<PathBuf>>>,
    has_started: bool,
}

impl Changes {
    /// Of the tree with this root; nothing is watched yet.
    pub(crate) fn below(root: &Path) -> Self {
        let (wake, events) = mpsc::channel();
        let files = Arc::default();
        Self { root: root.to_owned(), watcher: None, events, wake, files, has_started: false }
    }

    /// Watches the folders of these files. What is wrong is said once.
    pub(crate) fn follow(&mut self, files: &[String]) -> Option<notify::Error> {
        let mut folders: BTreeSet<&Path> = BTreeSet::new();
        folders.insert(Path::new(""));
        for file in files {
            folders.extend(Path::new(file).ancestors().skip(1));
        }
        let folders: Vec<PathBuf> = folders.iter().map(|folder| self.root.join(folder)).collect();
        if let Ok(mut known) = self.files.lock() {
            *known = files.iter().map(|file| self.root.join(file)).collect();
        }
        let watched = match (self.has_started, &mut self.watcher) {
            (true, None) => return None,
            (true, Some(watcher)) => watch(watcher, &self.root, &folders),
            (false, _) => self.start(&folders),
        };
        self.has_started = true;
        let trouble = watched.err()?;
        self.watcher = None;
        Some(trouble)
    }

    /// Returns when something was saved and a moment has passed.
    pub(crate) fn wait(&self) {
        if self.watcher.is_none() {
            thread::sleep(LOOK);
            return;
        }
        if self.events.recv().is_err() {
            thread::sleep(LOOK);
        }
        let deadline = Instant::now() + BURST;
        while Instant::now() < deadline {
            if let Err(RecvTimeoutError::Timeout) = self.events.recv_timeout(QUIET) {
                return;
            }
        }
    }

    fn start(&mut self, folders: &[PathBuf]) -> notify::Result<()> {
        let (wake, files, root) = (self.wake.clone(), Arc::clone(&self.files), self.root.clone());
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let matters = event.map_or(true, |event| {
                let is_known = |path: &PathBuf| files.lock().is_ok_and(|files| files.contains(path));
                is_change(&event, &root, &is_known)
            });
            if matters {
                wake.send(()).ok();
            }
        })?;
        watch(&mut watcher, &self.root, folders)?;
        self.watcher = Some(watcher);
        Ok(())
    }
}

/// Folders are watched again each time: one that was removed and made anew is another one for the system.
fn watch(watcher: &mut RecommendedWatcher, root: &Path, folders: &[PathBuf]) -> notify::Result<()> {
    if !cfg!(target_os = "linux") {
        return watcher.watch(root, RecursiveMode::Recursive);
    }
    for folder in folders {
        match watcher.watch(folder, RecursiveMode::NonRecursive) {
            // Gone in the meantime.
            Err(_) if !folder.exists() => {}
            result => result?,
        }
    }
    Ok(())
}

/// Whether another listing or text may come of it. Of files that are not of the tree only the coming and going counts, or a
/// log beside the sources would keep us busy; and reading, which is what we do, is no change.
fn is_change(event: &Event, root: &Path, is_known: &dyn Fn(&PathBuf) -> bool) -> bool {
    if event.need_rescan() {
        return true;
    }
    let is_outside = |path: &&PathBuf| {
        let below = path.strip_prefix(root).unwrap_or(path);
        below.iter().any(|part| part.to_str().is_some_and(tuneup_scan::is_never_read))
    };
    let mut paths = event.paths.iter().filter(|path| !is_outside(path));
    match event.kind {
        // Rights decide whether a file can be read.
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Modify(
            ModifyKind::Any | ModifyKind::Data(_) | ModifyKind::Other | ModifyKind::Metadata(_),
        ) => paths.any(is_known),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Remove(_)
        | EventKind::Modify(ModifyKind::Name(_)) => paths.next().is_some(),
        EventKind::Access(_) | EventKind::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use notify::event::{AccessKind, AccessMode, CreateKind, DataChange, ModifyKind, RemoveKind};
    use notify::{Event, EventKind};

    use super::is_change;

    #[test]
    fn what_is_a_change() {
        let known = |path: &PathBuf| path == Path::new("/r/src/a.ts");
        let changes = |kind: EventKind, path: &str| {
            is_change(&Event::new(kind).add_path(path.into()), Path::new("/r"), &known)
        };
        let written = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        assert!(changes(written, "/r/src/a.ts"));
        assert!(!changes(written, "/r/src/debug.log"));
        assert!(changes(EventKind::Create(CreateKind::File), "/r/src/b.ts"));
        assert!(!changes(EventKind::Create(CreateKind::Folder), "/r/.tuneup"));
        assert!(!changes(EventKind::Remove(RemoveKind::File), "/r/node_modules/x/index.js"));
        assert!(changes(EventKind::Remove(RemoveKind::File), "/r/src/a.ts"));
        assert!(!changes(EventKind::Access(AccessKind::Open(AccessMode::Any)), "/r/src/a.ts"));
    }
}
