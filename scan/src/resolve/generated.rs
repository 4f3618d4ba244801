//! Code that a build writes and git ignores: imports of it lead to what no tree holds.
//!
//! A package says so twice: its `.gitignore` names a path within its sources, and a script of its manifest generates.

use crate::source::SourceTree;
use crate::workspace::Workspace;

use super::path;

/// Paths that packages generate into, as patterns.
#[derive(Debug, Default)]
pub(super) struct Generated {
    patterns: Vec<Vec<String>>,
}

impl Generated {
    pub(super) fn read(tree: &dyn SourceTree, workspace: &Workspace) -> Self {
        let mut patterns = Vec::new();
        for package in &workspace.packages {
            if !generates(&package.manifest) {
                continue;
            }
            let file = if package.dir.is_empty() {
                ".gitignore".to_owned()
            } else {
                format!("{}/.gitignore", package.dir)
            };
            let Ok(text) = tree.read(&file) else { continue };
            for line in text.lines() {
                let line = line.trim().trim_matches('/');
                let is_path = line.contains('/') && !line.starts_with(['#', '!']) && !line.contains("**");
                if is_path {
                    patterns.push(parts(&package.dir).chain(parts(line)).map(str::to_owned).collect());
                }
            }
        }
        Self { patterns }
    }

    /// True where a package generates what lies at the path.
    pub(super) fn holds(&self, path: &str) -> bool {
        let path: Vec<&str> = parts(path).collect();
        self.patterns.iter().any(|pattern| {
            pattern.len() <= path.len()
                && pattern.iter().zip(&path).enumerate().all(|(n, (wanted, part))| {
                    // What is imported is `x.js` where `x.ts` is written.
                    let is_last = n + 1 == path.len();
                    fits(wanted, part)
                        || (is_last && stem(wanted) == stem(part))
                        || (is_last && fits(stem(wanted), stem(part)))
                })
        })
    }
}

/// True for a manifest with a script that writes code.
fn generates(manifest: &str) -> bool {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(manifest) else { return false };
    let Some(scripts) = fields.get("scripts").and_then(|it| it.as_object()) else { return false };
    scripts.iter().any(|(name, command)| {
        let tells = |text: &str| {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
            words
                .into_iter()
                .any(|word: &str| matches!(word, "gen" | "generate" | "codegen" | "generated" | "typegen"))
        };
        tells(name) || command.as_str().is_some_and(tells)
    })
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// `*` stands for any text within one part.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
    }
}

/// The path that a relative specifier means.
pub(super) fn meant(from: &str, specifier: &str) -> Option<String> {
    path::join(path::parent(from), specifier)
}
