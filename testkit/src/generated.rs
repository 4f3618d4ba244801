//! Documents made by code: a test holds each of them, `cargo xtask codegen` writes them.
//!
//! The test calls [`check`] (one document) or [`check_directory`] (a directory whose every document is made by
//! code) with what the code says today. Normally that is compared with the committed file; with
//! `TUNEUP_CODEGEN=write` in the environment the file is written instead. Tests that do so have `generated_docs`
//! in their path, which is how `cargo xtask codegen` finds them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The variable that turns comparing into writing, and its value.
pub const CODEGEN_VARIABLE: (&str, &str) = ("TUNEUP_CODEGEN", "write");

/// Lines of difference shown before the rest is only counted.
const SHOWN_LINES: usize = 12;

/// Compares `content` with the file at `path`, relative to the workspace root, or writes it there.
///
/// Panics where they differ.
pub fn check(path: &str, content: &str) {
    let mode = Mode::from_environment();
    if let Err(message) = check_in(&workspace_root(), path, content, mode) {
        panic!("{message}");
    }
}

/// Like [`check`] for each `(file name, content)`, and no other file may stand in the directory.
pub fn check_directory(directory: &str, documents: &[(String, String)]) {
    let mode = Mode::from_environment();
    let root = workspace_root();
    let mut complaints = Vec::new();
    for (name, content) in documents {
        complaints.extend(check_in(&root, &format!("{directory}/{name}"), content, mode).err());
    }
    complaints.extend(check_strangers(&root, directory, documents, mode).err());
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The directory that holds the workspace's `Cargo.toml`.
pub fn workspace_root() -> PathBuf {
    let testkit = Path::new(env!("CARGO_MANIFEST_DIR"));
    testkit.parent().expect("testkit is a directory of the workspace").to_owned()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Compare,
    Write,
}

impl Mode {
    fn from_environment() -> Self {
        let (variable, write) = CODEGEN_VARIABLE;
        if env::var(variable).is_ok_and(|value| value == write) { Self::Write } else { Self::Compare }
    }
}

fn check_in(root: &Path, path: &str, content: &str, mode: Mode) -> Result<(), String> {
    let file = root.join(path);
    let committed = fs::read_to_string(&file).ok();
    if committed.as_deref() == Some(content) {
        return Ok(());
    }
    match mode {
        Mode::Write => {
            let parent = file.parent().expect("a file below the root has a parent");
            fs::create_dir_all(parent)
                .and_then(|()| fs::write(&file, content))
                .map_err(|error| format!("cannot write {path}: {error}"))
        }
        Mode::Compare => {
            let what = committed
                .as_deref()
                .map_or("  it does not exist\n".to_owned(), |old| difference(old, content));
            Err(format!("{path} is out of date: run cargo xtask codegen\n{what}"))
        }
    }
}

fn check_strangers(
    root: &Path,
    directory: &str,
    documents: &[(String, String)],
    mode: Mode,
) -> Result<(), String> {
    let Ok(entries) = fs::read_dir(root.join(directory)) else { return Ok(()) };
    let present: BTreeSet<String> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    let mut complaints = Vec::new();
    for name in present.into_iter().filter(|name| !documents.iter().any(|(known, _)| known == name)) {
        match mode {
            Mode::Write => fs::remove_file(root.join(directory).join(&name))
                .map_err(|error| format!("cannot remove {directory}/{name}: {error}"))?,
            Mode::Compare => {
                complaints.push(format!("{directory}/{name} has no source: run cargo xtask codegen"));
            }
        }
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n")) }
}

/// The lines that differ, without those that both texts share at their beginning and end.
fn difference(old: &str, new: &str) -> String {
    let (mut old, mut new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same_start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    old.drain(..same_start);
    new.drain(..same_start);
    let same_end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    old.truncate(old.len() - same_end);
    new.truncate(new.len() - same_end);
    if old.is_empty() && new.is_empty() {
        return "  only line ends differ\n".to_owned();
    }
    let mut text = format!("  from line {}:\n", same_start + 1);
    for (sign, lines) in [('-', old), ('+', new)] {
        for line in lines.iter().take(SHOWN_LINES) {
            writeln!(text, "  {sign} {line}").expect("writing to a string cannot fail");
        }
        if lines.len() > SHOWN_LINES {
            writeln!(text, "  {sign} … {} more lines", lines.len() - SHOWN_LINES)
                .expect("writing to a string cannot fail");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_current_document_passes() {
        let root = tempfile::tempdir().unwrap();
        check_in(root.path(), "docs/a.md", "one\n", Mode::Write).unwrap();
        check_in(root.path(), "docs/a.md", "one\n", Mode::Compare).unwrap();
    }

    #[test]
    fn a_stale_document_names_the_command_and_the_lines() {
        let root = tempfile::tempdir().unwrap();
        check_in(root.path(), "docs/a.md", "one\ntwo\nthree\n", Mode::Write).unwrap();
        let message = check_in(root.path(), "docs/a.md", "one\n2\nthree\n", Mode::Compare).unwrap_err();
        assert_eq!(
            message,
            "docs/a.md is out of date: run cargo xtask codegen\n  from line 2:\n  - two\n  + 2\n"
        );
    }

    #[test]
    fn a_missing_document_fails() {
        let root = tempfile::tempdir().unwrap();
        let message = check_in(root.path(), "docs/a.md", "one\n", Mode::Compare).unwrap_err();
        assert_eq!(message, "docs/a.md is out of date: run cargo xtask codegen\n  it does not exist\n");
    }

    #[test]
    fn long_differences_are_cut() {
        let new = (0..30).map(|number| number.to_string()).collect::<Vec<_>>().join("\n");
        assert!(difference("", &new).ends_with("  + 11\n  + … 18 more lines\n"));
    }

    #[test]
    fn a_document_without_a_source_is_named_and_then_removed() {
        let root = tempfile::tempdir().unwrap();
        check_in(root.path(), "docs/gone.md", "old\n", Mode::Write).unwrap();
        let documents = [("kept.md".to_owned(), String::new())];
        let message = check_strangers(root.path(), "docs", &documents, Mode::Compare).unwrap_err();
        assert_eq!(message, "docs/gone.md has no source: run cargo xtask codegen");
        check_strangers(root.path(), "docs", &documents, Mode::Write).unwrap();
        assert!(!root.path().join("docs/gone.md").exists());
    }
}
