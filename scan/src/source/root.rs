//! Finds the workspace that a folder belongs to.
//!
//! A package of a monorepo imports its siblings by name, so a subfolder is understood only from the root of its
//! workspace. The nearest folder that declares a workspace wins; without one, the repository. Nothing above the
//! repository, and nothing at or above the ceiling (the user's home), is looked at.

use std::fs;
use std::path::{Path, PathBuf};

/// The root to read from, and what else the walk needs to know.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Root {
    pub(super) path: PathBuf,
    /// Whether ignore files of folders above `path` belong to the same repository.
    pub(super) inside_repository: bool,
}

/// Finds the root for `start`, an absolute path without symbolic links.
pub(super) fn enclosing(start: &Path, ceiling: Option<&Path>) -> Root {
    let mut package_group = None;
    for folder in start.ancestors() {
        if folder != start && ceiling.is_some_and(|ceiling| ceiling.starts_with(folder)) {
            break;
        }
        if declares_workspace(folder) && package_group.is_none() {
            package_group = Some(folder);
        }
        if folder.join(".git").exists() {
            let path = package_group.unwrap_or(folder);
            return Root { path: path.to_owned(), inside_repository: path != folder };
        }
    }
    // Without a repository, a build tool's own file is the next best sign.
    let path = package_group.or_else(|| topmost_with_turbo(start, ceiling)).unwrap_or(start);
    Root { path: path.to_owned(), inside_repository: false }
}

fn declares_workspace(folder: &Path) -> bool {
    ["pnpm-workspace.yaml", "lerna.json", "nx.json"].iter().any(|name| folder.join(name).is_file())
        || has_workspaces_key(&folder.join("package.json"))
}

/// A `package.json` that is not JSON declares nothing; the analysis warns of it later.
fn has_workspaces_key(manifest: &Path) -> bool {
    let Ok(text) = fs::read_to_string(manifest) else { return false };
    let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else { return false };
    value.get("workspaces").is_some()
}

/// Packages may hold a `turbo.json` too, hence the topmost.
fn topmost_with_turbo<'a>(start: &'a Path, ceiling: Option<&Path>) -> Option<&'a Path> {
    start
        .ancestors()
        .take_while(|folder| *folder == start || !ceiling.is_some_and(|ceiling| ceiling.starts_with(folder)))
        .filter(|folder| folder.join("turbo.json").is_file())
        .last()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Root, enclosing};

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{ \"workspaces\": [] }").unwrap();
        }
        dir
    }

    fn root_of(dir: &tempfile::TempDir, start: &str) -> (String, bool) {
        let top = dir.path().canonicalize().unwrap();
        let start = if start.is_empty() { top.clone() } else { top.join(start) };
        let Root { path, inside_repository } = enclosing(&start, Some(&top.join("home")));
        (path.strip_prefix(&top).unwrap().to_str().unwrap().to_owned(), inside_repository)
    }

    #[test]
    fn the_nearest_workspace_wins_then_the_repository() {
        let dir = tree(&[
            "repo/.git/HEAD",
            "repo/mono/pnpm-workspace.yaml",
            "repo/mono/packages/a/src/a.ts",
            "repo/backend/src/b.ts",
        ]);
        assert_eq!(root_of(&dir, "repo/mono/packages/a"), ("repo/mono".into(), true));
        assert_eq!(root_of(&dir, "repo/mono"), ("repo/mono".into(), true));
        assert_eq!(root_of(&dir, "repo/backend/src"), ("repo".into(), false));
    }

    #[test]
    fn the_workspaces_key_counts_and_a_lone_folder_is_its_own_root() {
        let dir = tree(&[
            "mono/package.json",
            "mono/a/b/x.ts",
            "alone/x.ts",
            "turbo/turbo.json",
            "turbo/a/turbo.json",
        ]);
        assert_eq!(root_of(&dir, "mono/a/b"), ("mono".into(), false));
        assert_eq!(root_of(&dir, "alone"), ("alone".into(), false));
        assert_eq!(root_of(&dir, "turbo/a"), ("turbo".into(), false));
    }

    #[test]
    fn nothing_at_or_above_the_home_folder_is_a_root() {
        let dir = tree(&["home/.git/HEAD", "home/lerna.json", "home/x/a.ts"]);
        assert_eq!(root_of(&dir, "home/x"), ("home/x".into(), false));
        assert_eq!(enclosing(Path::new("/"), None).path, Path::new("/"));
    }
}
