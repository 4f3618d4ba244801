//! `Workspace`: the packages of a tree, whether or not anything declares them members of a workspace.
//!
//! Every `package.json` outside `node_modules` is a package. Nothing here needs an installation: which packages
//! import each other is answered by their names, and `resolve` pretends that all of them are installed.

use std::collections::BTreeSet;

use serde_json::Value;
use tuneup_model::Warning;

use crate::source::SourceTree;

/// All packages of a tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workspace {
    /// Sorted by folder.
    pub packages: Vec<Package>,
}

/// One `package.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    /// Folder relative to the root; empty for the root itself.
    pub dir: String,
    pub name: Option<String>,
    /// Names of the packages it depends on, of every kind: production, development, peer and optional.
    pub dependencies: BTreeSet<String>,
    /// The text of its `package.json`, or `{}` where that is not a JSON object.
    pub manifest: String,
}

/// The fields of a `package.json` that list dependencies.
const DEPENDENCY_FIELDS: [&str; 4] =
    ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];

/// Reads every `package.json` of `files`; one that cannot be used is a warning and an anonymous package.
pub(crate) fn read(tree: &dyn SourceTree, files: &[String], warnings: &mut Vec<Warning>) -> Workspace {
    let mut packages = Vec::new();
    for path in files {
        let Some(dir) = package_dir(path) else { continue };
        let (manifest, fields) = match object(tree, path) {
            Ok(read) => read,
            Err(message) => {
                warnings.push(Warning { file: path.clone(), message });
                ("{}".to_owned(), Value::Null)
            }
        };
        packages.push(Package {
            dir: dir.to_owned(),
            name: fields["name"].as_str().filter(|name| !name.is_empty()).map(str::to_owned),
            dependencies: dependencies(&fields),
            manifest,
        });
    }
    packages.sort_by(|a, b| a.dir.cmp(&b.dir));
    Workspace { packages }
}

impl Workspace {
    /// The package that encloses `path` most closely.
    pub(crate) fn package_of(&self, path: &str) -> Option<&Package> {
        let mut dir = path;
        loop {
            dir = dir.rfind('/').map_or("", |slash| &dir[..slash]);
            if let Ok(at) = self.packages.binary_search_by(|package| package.dir.as_str().cmp(dir)) {
                return Some(&self.packages[at]);
            }
            if dir.is_empty() {
                return None;
            }
        }
    }
}

/// The folder of a `package.json` that is one of the tree's own.
fn package_dir(path: &str) -> Option<&str> {
    let dir = match path.strip_suffix("package.json")? {
        "" => "",
        folder => folder.strip_suffix('/')?,
    };
    (!dir.split('/').any(|part| part == "node_modules")).then_some(dir)
}

fn object(tree: &dyn SourceTree, path: &str) -> Result<(String, Value), String> {
    let text = tree.read(path).map_err(|error| format!("package.json ignored: {error}"))?;
    match serde_json::from_str::<Value>(&text) {
        Ok(fields) if fields.is_object() => Ok((text, fields)),
        Ok(_) => Err("package.json ignored: not a JSON object".to_owned()),
        Err(error) => Err(format!("package.json ignored: not JSON ({error})")),
    }
}

fn dependencies(fields: &Value) -> BTreeSet<String> {
    DEPENDENCY_FIELDS
        .iter()
        .filter_map(|field| fields[*field].as_object())
        .flat_map(|names| names.keys().cloned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Workspace, read};
    use crate::source::{MemoryTree, SourceTree};

    fn workspace(files: &[(&str, &str)]) -> (Workspace, Vec<String>) {
        let tree = MemoryTree::new(files.iter().map(|(path, text)| ((*path).into(), (*text).into())));
        let mut warnings = Vec::new();
        let workspace = read(&tree, &tree.list().files, &mut warnings);
        (
            workspace,
            warnings.into_iter().map(|warning| format!("{}: {}", warning.file, warning.message)).collect(),
        )
    }

    #[test]
    fn packages_are_found_by_the_nearest_manifest() {
        let (workspace, warnings) = workspace(&[
            ("package.json", "{}"),
            (
                "apps/api/package.json",
                r#"{"name":"api","dependencies":{"b":"1"},"devDependencies":{"a":"1"}}"#,
            ),
            ("apps/api/node_modules/x/package.json", r#"{"name":"x"}"#),
            ("apps/my-package.json", "{}"),
        ]);
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!(
            workspace.packages.iter().map(|package| &package.dir).collect::<Vec<_>>(),
            ["", "apps/api"]
        );
        let api = workspace.package_of("apps/api/src/main.ts").unwrap();
        assert_eq!(api.name.as_deref(), Some("api"));
        assert_eq!(api.dependencies.iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(workspace.package_of("apps/api2/main.ts").unwrap().dir, "");
    }

    #[test]
    fn a_manifest_that_is_not_json_is_a_warning() {
        let (workspace, warnings) = workspace(&[("a/package.json", "{"), ("b/package.json", "[]")]);
        assert_eq!(workspace.packages.len(), 2);
        assert_eq!(workspace.packages[0].manifest, "{}");
        assert!(
            warnings[0].starts_with("a/package.json: package.json ignored: not JSON (EOF"),
            "{warnings:?}"
        );
        assert_eq!(warnings[1], "b/package.json: package.json ignored: not a JSON object");
        assert!(workspace.package_of("c/d.ts").is_none());
    }
}
