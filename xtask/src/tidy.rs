//! `cargo xtask tidy`: the rules of the house as code.
//!
//! They are tests too (at the bottom), because a check that nobody runs drifts. Each rule is a function from the
//! [`House`] to complaints, so that its own tests can build a house that breaks it.

mod action;
mod documents;
mod edges;
mod manifests;
mod sources;
mod words;

use std::collections::BTreeMap;

use crate::failure::Failure;
use crate::{metadata, workspace};

/// The tree as the rules see it.
#[derive(Debug, Default)]
struct House {
    /// Relative path and text of every file that git would keep.
    files: BTreeMap<String, String>,
    /// The crates of the workspace, by directory.
    crates: BTreeMap<String, Edges>,
}

/// Directories of the workspace's crates that a crate may see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Edges {
    /// From its library or program.
    product: Vec<String>,
    /// From its tests alone.
    tests: Vec<String>,
}

/// A rule: what it complains of, one line each.
type Rule = fn(&House) -> Vec<String>;

const RULES: [(&str, Rule); 12] = [
    ("sources begin with their purpose", sources::purpose),
    ("sources are short", sources::length),
    ("sources are compiled", sources::declared),
    ("names say what a thing does", sources::names),
    ("manifests take dependencies from the workspace", manifests::dependencies),
    ("ARCHITECTURE.md is true", documents::architecture),
    ("local links lead somewhere", documents::links),
    ("CI runs what the README says", documents::test_command),
    ("generated documents are there", documents::generated),
    ("the action is documented", action::action),
    ("crates see only whom they may", edges::edges),
    ("the tree speaks of the product alone", words::foreign),
];

pub(crate) fn run() -> Result<(), Failure> {
    let house = House::read()?;
    let complaints = RULES.iter().flat_map(|(name, rule)| {
        rule(&house).into_iter().map(move |complaint| format!("tidy: {complaint} ({name})"))
    });
    Failure::unless_empty(complaints.collect())?;
    println!(
        "{} files and {} crates keep {} house rules",
        house.files.len(),
        house.crates.len(),
        RULES.len()
    );
    Ok(())
}

impl House {
    fn read() -> Result<Self, Failure> {
        let metadata = metadata::read()?;
        let root = &metadata.workspace_root;
        let mut crates = BTreeMap::new();
        for package in &metadata.packages {
            let Some(directory) = package.directory(root) else { continue };
            let mut edges = Edges::default();
            for dependency in &package.dependencies {
                let Some(path) = dependency.path.as_ref().and_then(|path| path.strip_prefix(root).ok())
                else {
                    continue;
                };
                let seen = if dependency.kind.as_deref() == Some("dev") {
                    &mut edges.tests
                } else {
                    &mut edges.product
                };
                seen.push(path.to_string_lossy().replace('\\', "/"));
            }
            edges.product.sort();
            edges.tests.sort();
            crates.insert(directory, edges);
        }
        Ok(Self { files: workspace::texts(root)?, crates })
    }

    fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let inside = format!("{path}/");
        self.files.contains_key(path) || self.files.keys().any(|file| file.starts_with(&inside))
    }

    /// Path and text of the files whose name ends like this.
    fn files_ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let files = self.files.iter().filter(move |(path, _)| path.ends_with(ending));
        files.map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A house of these files.
    pub(super) fn house(files: &[(&str, &str)]) -> House {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        House { files, crates: BTreeMap::new() }
    }

    #[test]
    fn this_house_is_tidy() {
        if let Err(failure) = run() {
            panic!("{failure}");
        }
    }
}
