//! SQL files that are migrations of the program: not those of code in other languages beside it, nor another kind of
//! database.

use std::collections::BTreeMap;

use tuneup_model::Warning;

use super::sources::{SOURCE_EXTENSIONS, extension};
use crate::source::SourceTree;

/// A migration with its text.
pub(super) struct SqlFile<'f> {
    pub path: &'f str,
    pub text: String,
}

/// Sources of a folder and all below it.
#[derive(Debug, Default, Clone, Copy)]
struct Sources {
    own: usize,
    foreign: usize,
}

const FOREIGN: &[&str] = &["go", "rs", "py", "java", "kt", "rb", "php", "cs", "ex", "scala"];

/// The migrations of a tree in the order of their paths; what is passed over is one warning per folder.
pub(super) fn migrations<'f>(
    tree: &dyn SourceTree,
    files: &'f [String],
    warnings: &mut Vec<Warning>,
) -> Vec<SqlFile<'f>> {
    let sources = sources(files);
    let mut found = Vec::new();
    let mut passed: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for path in files.iter().filter(|path| extension(path) == "sql") {
        let folder = parent(path);
        if !is_own(folder, &sources) {
            *passed.entry((folder, "the code around them is of another language")).or_default() += 1;
            continue;
        }
        match tree.read(path) {
            Ok(text) if is_column_store(&text) => {
                *passed.entry((folder, "they are of another kind of database")).or_default() += 1;
            }
            Ok(text) => found.push(SqlFile { path, text }),
            Err(error) => warnings.push(Warning { file: path.clone(), message: format!("skipped: {error}") }),
        }
    }
    for ((folder, why), count) in passed {
        let files = if count == 1 { "1 SQL file is" } else { &format!("{count} SQL files are") };
        let message = format!("{files} not read: {why}");
        warnings.push(Warning { file: folder.to_owned(), message });
    }
    found
}

/// Several warnings on the files of a folder as one.
pub(super) fn fold(found: Vec<Warning>) -> Vec<Warning> {
    let mut folders: BTreeMap<String, Vec<Warning>> = BTreeMap::new();
    for warning in found {
        folders.entry(parent(&warning.file).to_owned()).or_default().push(warning);
    }
    let folded = folders.into_iter().flat_map(|(folder, warnings)| {
        if warnings.len() < 4 {
            return warnings;
        }
        let first = &warnings[0];
        let name = first.file.rsplit('/').next().unwrap_or(&first.file);
        let message = format!(
            "{} statements were left out of the schema, the first in {name}: {}",
            warnings.len(),
            first.message
        );
        vec![Warning { file: folder, message }]
    });
    folded.collect()
}

fn sources(files: &[String]) -> BTreeMap<&str, Sources> {
    let mut found: BTreeMap<&str, Sources> = BTreeMap::new();
    for path in files {
        let extension = extension(path);
        let (own, foreign) = (SOURCE_EXTENSIONS.contains(&extension), FOREIGN.contains(&extension));
        if !own && !foreign {
            continue;
        }
        let mut folder = parent(path);
        loop {
            let sources = found.entry(folder).or_default();
            sources.own += usize::from(own);
            sources.foreign += usize::from(foreign);
            if folder.is_empty() {
                break;
            }
            folder = parent(folder);
        }
    }
    found
}

/// The nearest folder around that holds sources tells whose the file is.
fn is_own(folder: &str, sources: &BTreeMap<&str, Sources>) -> bool {
    let mut folder = folder;
    loop {
        if let Some(sources) = sources.get(folder) {
            return sources.own >= sources.foreign;
        }
        if folder.is_empty() {
            return true;
        }
        folder = parent(folder);
    }
}

/// True for tables of `ClickHouse`.
fn is_column_store(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("engine") && text.contains("mergetree")
}

fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..slash])
}
