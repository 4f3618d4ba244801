//! `DiskTree`: a folder on disk, read as its authors mean it: without ignored files, dependencies and build output.
//!
//! The walk follows no symbolic link, so it ends on any tree and sees each file once. `.gitignore` counts whether or not
//! there is a repository around it; settings of the user's git do not, so that two machines list the same files.

use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use ignore::{DirEntry, WalkBuilder, WalkState};
use tuneup_model::Warning;

use super::root::{self, Root};
use super::{Listing, MAX_BYTES, ReadError, SourceTree};

/// Folders that hold nothing written by the authors, whether or not they are ignored.
pub(super) const NEVER: [&str; 6] = [".git", ".next", ".tuneup", ".turbo", "coverage", "node_modules"];

/// True for the name of a folder that is no part of any tree.
pub fn is_never_read(name: &str) -> bool {
    NEVER.contains(&name)
}

/// A folder and, where it lies in a workspace, the workspace around it.
#[derive(Debug)]
pub struct DiskTree {
    root: Root,
    focus: String,
}

/// Why a folder cannot be scanned. The message continues "cannot scan `path`: ".
#[derive(Debug, thiserror::Error)]
pub enum OpenTreeError {
    #[error("there is no such file or folder")]
    Missing,
    #[error("it is not a folder")]
    NotAFolder,
    #[error("its path is not valid UTF-8")]
    NotUtf8,
    #[error("the folder cannot be read")]
    Unreadable(#[source] io::Error),
}

impl DiskTree {
    /// Opens the folder at `path`. Nothing is listed or read yet, except what tells the enclosing workspace.
    pub fn open(path: &Path) -> Result<Self, OpenTreeError> {
        Self::open_below(path, None)
    }

    /// As [`DiskTree::open`]; no enclosing workspace is looked for at or above `ceiling`, the user's home.
    pub fn open_below(path: &Path, ceiling: Option<&Path>) -> Result<Self, OpenTreeError> {
        let start = path.canonicalize().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => OpenTreeError::Missing,
            io::ErrorKind::NotADirectory => OpenTreeError::NotAFolder,
            _ => OpenTreeError::Unreadable(error),
        })?;
        if !start.is_dir() {
            return Err(OpenTreeError::NotAFolder);
        }
        std::fs::read_dir(&start).map_err(OpenTreeError::Unreadable)?;
        let root = root::enclosing(&start, ceiling);
        let below = start.strip_prefix(&root.path).expect("the root is an ancestor of its start");
        let focus = slashed(below).ok_or(OpenTreeError::NotUtf8)?;
        Ok(Self { root, focus })
    }

    /// The workspace's folder; all paths are relative to it.
    pub fn root(&self) -> &Path {
        &self.root.path
    }

    /// The path opened, relative to the root; empty where they are the same.
    pub fn focus(&self) -> &str {
        &self.focus
    }

    fn walk(&self) -> ignore::WalkParallel {
        WalkBuilder::new(&self.root.path)
            .require_git(false)
            .git_global(false)
            .parents(self.root.inside_repository)
            .threads(rayon::current_num_threads())
            .filter_entry(|entry| !entry.file_name().to_str().is_some_and(|name| NEVER.contains(&name)))
            .build_parallel()
    }

    fn relative(&self, path: &Path) -> Result<String, Warning> {
        let below = path.strip_prefix(&self.root.path).unwrap_or(path);
        slashed(below).ok_or_else(|| Warning {
            file: below.to_string_lossy().into_owned(),
            message: "skipped: its name is not valid UTF-8".into(),
        })
    }

    fn visit(&self, entry: Result<DirEntry, ignore::Error>) -> Option<Result<String, Warning>> {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                Some(self.relative(entry.path()))
            }
            Ok(_) => None,
            Err(error) => Some(Err(self.walk_warning(&error))),
        }
    }

    fn walk_warning(&self, error: &ignore::Error) -> Warning {
        let file = path_of(error)
            .map(|path| self.relative(path).unwrap_or_else(|warning| warning.file))
            .unwrap_or_default();
        let cause = error.io_error().map_or_else(|| error.to_string(), said);
        Warning { file, message: format!("cannot list the folder: {cause}") }
    }

    fn nothing_in_focus(&self, files: &[String]) -> Option<Warning> {
        let inside =
            |file: &String| file.strip_prefix(self.focus.as_str()).is_some_and(|rest| rest.starts_with('/'));
        (!self.focus.is_empty() && !files.iter().any(inside)).then(|| Warning {
            file: self.focus.clone(),
            message: "holds no files that are not ignored (see .gitignore)".into(),
        })
    }
}

impl SourceTree for DiskTree {
    fn list(&self) -> Listing {
        let found = Mutex::new(Listing::default());
        self.walk().run(|| {
            let mut mine = Batch { listing: Listing::default(), all: &found };
            Box::new(move |entry| {
                match self.visit(entry) {
                    Some(Ok(file)) => mine.listing.files.push(file),
                    Some(Err(warning)) => mine.listing.warnings.push(warning),
                    None => {}
                }
                WalkState::Continue
            })
        });
        let mut listing = found.into_inner().expect("no walker panics while it holds the lock");
        listing.files.sort_unstable();
        listing.warnings.extend(self.nothing_in_focus(&listing.files));
        listing.warnings.sort_unstable();
        listing
    }

    fn read(&self, path: &str) -> Result<String, ReadError> {
        // Names come from the program too (`extends` of a tsconfig); none may lead out of the tree.
        let relative = Path::new(path);
        if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(ReadError::Missing);
        }
        let full = self.root.path.join(relative);
        // Before opening: to open a named pipe would wait for its writer.
        let about = std::fs::metadata(&full).map_err(|error| read_error(&error))?;
        if !about.is_file() {
            return Err(ReadError::Missing);
        }
        if about.len() > MAX_BYTES {
            return Err(ReadError::TooLarge { bytes: about.len() });
        }
        let file = std::fs::File::open(&full).map_err(|error| read_error(&error))?;
        let mut bytes = Vec::with_capacity(about.len() as usize + 1);
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| read_error(&error))?;
        super::text_of(bytes)
    }
}

/// One walker's files, handed over when the walker ends, so that walkers do not wait for one another.
struct Batch<'a> {
    listing: Listing,
    all: &'a Mutex<Listing>,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if let Ok(mut all) = self.all.lock() {
            all.files.append(&mut self.listing.files);
            all.warnings.append(&mut self.listing.warnings);
        }
    }
}

/// The path with `/` between parts.
fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

fn read_error(error: &io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::Missing,
        _ => ReadError::Io(said(error)),
    }
}

/// The system's words for an error as a lowercase fragment: `permission denied`.
fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::Other | io::ErrorKind::InvalidInput => error.to_string(),
        kind => kind.to_string(),
    }
}

fn path_of(error: &ignore::Error) -> Option<&PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{DiskTree, OpenTreeError, ReadError, SourceTree};

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn open(dir: &tempfile::TempDir, below: &str) -> DiskTree {
        let top = dir.path().canonicalize().unwrap();
        DiskTree::open_below(&top.join(below), top.parent()).unwrap()
    }

    #[test]
    fn lists_assets_but_nothing_ignored_installed_or_built() {
        let dir = tree(&[
            (".gitignore", "out/\n*.gen.ts\n"),
            ("a.ts", ""),
            ("logo.svg", ""),
            ("b/c.tsx", ""),
            ("b/d.gen.ts", ""),
            ("out/e.ts", ""),
            ("node_modules/x/index.js", ""),
            ("b/coverage/lcov.js", ""),
        ]);
        let listing = open(&dir, "").list();
        assert_eq!(listing.files, ["a.ts", "b/c.tsx", "logo.svg"]);
        assert_eq!(listing.warnings, []);
    }

    #[test]
    fn a_subfolder_is_read_from_its_workspace() {
        let dir = tree(&[("lerna.json", ""), ("packages/a/x.ts", ""), ("packages/b/y.ts", "")]);
        let tree = open(&dir, "packages/b");
        assert_eq!(tree.focus(), "packages/b");
        assert_eq!(tree.list().files, ["lerna.json", "packages/a/x.ts", "packages/b/y.ts"]);
    }

    #[test]
    fn an_ignored_focus_is_said() {
        let dir = tree(&[("lerna.json", ""), (".gitignore", "old"), ("old/x.ts", "")]);
        let warnings = open(&dir, "old").list().warnings;
        assert_eq!(warnings[0].file, "old");
        assert_eq!(warnings[0].message, "holds no files that are not ignored (see .gitignore)");
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_are_not_followed() {
        let dir = tree(&[("src/a.ts", "")]);
        std::os::unix::fs::symlink(dir.path(), dir.path().join("src/loop")).unwrap();
        std::os::unix::fs::symlink("a.ts", dir.path().join("src/b.ts")).unwrap();
        assert_eq!(open(&dir, "").list().files, ["src/a.ts"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_utf8_is_a_warning() {
        use std::os::unix::ffi::OsStrExt as _;
        let dir = tree(&[("a.ts", "")]);
        fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"b\xff.ts")), "").unwrap();
        let listing = open(&dir, "").list();
        assert_eq!(listing.files, ["a.ts"]);
        assert_eq!(listing.warnings[0].message, "skipped: its name is not valid UTF-8");
    }

    #[test]
    fn only_files_inside_the_tree_are_read() {
        let dir = tree(&[("in/a.ts", "text"), ("secret.ts", "")]);
        let tree = open(&dir, "in");
        assert_eq!(tree.read("a.ts"), Ok("text".into()));
        assert_eq!(tree.read("../secret.ts"), Err(ReadError::Missing));
        assert_eq!(tree.read("/etc/hosts"), Err(ReadError::Missing));
        assert_eq!(tree.read("b.ts"), Err(ReadError::Missing));
        assert_eq!(tree.read(""), Err(ReadError::Missing));
    }

    #[test]
    fn only_a_folder_can_be_opened() {
        let dir = tree(&[("a.ts", "")]);
        let refused = |path: &str| DiskTree::open(&dir.path().join(path)).unwrap_err();
        assert!(matches!(refused("a.ts"), OpenTreeError::NotAFolder));
        assert!(matches!(refused("a.ts/b"), OpenTreeError::NotAFolder));
        assert!(matches!(refused("b"), OpenTreeError::Missing));
    }
}
