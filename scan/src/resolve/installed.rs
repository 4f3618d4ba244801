//! `Installed`: the layout as a file system, so that Node's own algorithm can read `exports`, `imports` and `main`.
//!
//! Every package stands under `node_modules` by its name, and built files exist where their sources do. Paths that
//! `oxc_resolver` answers with are taken back to the tree by [`Installed::found`].

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxc_resolver::{FileMetadata, FileSystem, ResolveError, ResolveOptions, ResolverGeneric};

use super::layout::{EXTENSIONS, Found, Layout, WRITTEN_AS};
use super::path;

/// Where the tree seems to lie.
pub(super) const ROOT: &str = "/tree";

/// What a package is for at run time; its types are asked only where that leads nowhere.
const CONDITIONS: [&str; 6] = ["source", "development", "import", "require", "node", "default"];

/// Node's algorithm over a layout.
#[derive(Debug)]
pub(super) struct Node {
    files: Installed,
    code: ResolverGeneric<Installed>,
    types: ResolverGeneric<Installed>,
}

#[derive(Debug, Clone, Default)]
struct Installed {
    layout: Arc<Layout>,
}

impl Node {
    pub(super) fn new(layout: Arc<Layout>) -> Self {
        let files = Installed { layout };
        let code = ResolverGeneric::new_with_file_system(files.clone(), options(&CONDITIONS));
        let types = code.clone_with_options(options(&["types", "import", "require", "node", "default"]));
        Self { files, code, types }
    }

    /// What `specifier` means in the folder `dir` of the tree.
    pub(super) fn resolve(&self, dir: &str, specifier: &str) -> Option<Found> {
        let folder = format!("{ROOT}/{dir}");
        let folder = folder.trim_end_matches('/');
        [&self.code, &self.types].into_iter().find_map(|resolver| {
            let resolution = resolver.resolve(folder, specifier).ok()?;
            self.files.found(resolution.path())
        })
    }
}

impl Installed {
    fn found(&self, path: &Path) -> Option<Found> {
        let path = self.actual(path)?;
        self.layout.file(&path).or_else(|| self.layout.source_of(&path))
    }

    /// The path in the tree: `node_modules/NAME/rest` is `rest` in the folder of the package.
    fn actual<'p>(&self, path: &'p Path) -> Option<Cow<'p, str>> {
        let relative = path::below(path.to_str()?, ROOT)?;
        let Some(inside) = relative.strip_prefix("node_modules/") else {
            return Some(Cow::Borrowed(relative));
        };
        let (name, rest) = path::package_and_rest(inside);
        let mut actual = self.layout.package(name)?.dir.clone();
        path::push(&mut actual, rest);
        Some(Cow::Owned(actual))
    }
}

impl FileSystem for Installed {
    fn new() -> Self {
        Self::default()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read_to_string(path).map(String::into_bytes)
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        let actual = self.actual(path).ok_or(io::ErrorKind::NotFound)?;
        let package = match actual.as_ref() {
            "package.json" => self.layout.package_in(""),
            other => other.strip_suffix("/package.json").and_then(|dir| self.layout.package_in(dir)),
        };
        package.map(|package| package.manifest.clone()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        let folder = Ok(FileMetadata::new(false, true, false));
        let Some(actual) = self.actual(path) else {
            // `node_modules/@scope`: no package, and still a folder that packages may stand in.
            let is_scope = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"@"));
            return if is_scope { folder } else { Err(io::ErrorKind::NotFound.into()) };
        };
        if self.layout.has_folder(&actual) || actual == "node_modules" {
            return folder;
        }
        if self.layout.exact(&actual).is_some() || self.layout.source_of(&actual).is_some() {
            return Ok(FileMetadata::new(true, false, false));
        }
        Err(io::ErrorKind::NotFound.into())
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        self.metadata(path)
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, ResolveError> {
        Err(ResolveError::NotFound(path.display().to_string()))
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }
}

fn options(conditions: &[&str]) -> ResolveOptions {
    let strings = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
    ResolveOptions {
        extensions: strings(&EXTENSIONS),
        extension_alias: WRITTEN_AS.iter().map(|(end, ends)| ((*end).to_owned(), strings(ends))).collect(),
        main_fields: strings(&["source", "module", "main", "types"]),
        main_files: strings(&["index", "src/index"]),
        condition_names: strings(conditions),
        symlinks: false,
        node_path: false,
        ..ResolveOptions::default()
    }
}
