//! The virtual file system: workspace packages under `node_modules`, built files that stand for their sources.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxc_resolver::{FileMetadata, FileSystem, ResolveError};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use tuneup_model::Warning;

use super::{jsonc, path};
use crate::source::SourceTree;
use crate::workspace::Workspace;

/// Where the tree seems to lie.
pub(super) const ROOT: &str = "/tree";

#[derive(Debug, Clone, Default)]
pub(super) struct VirtualTree {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    files: FxHashSet<String>,
    folders: FxHashSet<String>,
    /// Folder of each workspace package by name.
    packages: FxHashMap<String, String>,
    /// Texts that the resolver reads.
    texts: FxHashMap<String, String>,
    /// Patterns of tsconfig `paths`: what stands before and after the star.
    aliases: Vec<(String, String)>,
    /// Folders that tsconfig `baseUrl`s name.
    base_urls: Vec<String>,
}

impl VirtualTree {
    pub(super) fn new(
        source: &dyn SourceTree,
        listing: &[String],
        workspace: &Workspace,
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let mut inner = Inner { files: listing.iter().cloned().collect(), ..Inner::default() };
        for file in listing {
            for folder in path::ancestors(path::parent(file)) {
                if !inner.folders.insert(folder.to_owned()) {
                    break;
                }
            }
        }
        inner.folders.insert(String::new());
        for package in &workspace.packages {
            inner.texts.insert(under(&package.dir, "package.json"), package.manifest.clone());
            if let Some(name) = &package.name {
                inner.packages.entry(name.clone()).or_insert_with(|| package.dir.clone());
            }
        }
        let configs = listing.iter().filter(|file| is_config(file));
        let parsed: Vec<(&String, Value)> =
            configs.map(|file| (file, read_config(source, file, warnings))).collect();
        for (file, config) in parsed {
            inner.note_paths(path::parent(file), &config);
            let config = inner.usable(path::parent(file), config);
            inner.texts.insert(file.clone(), config.to_string());
        }
        Self { inner: Arc::new(inner) }
    }

    /// The path in the tree behind a path of the resolver.
    pub(super) fn actual(&self, path: &Path) -> Option<String> {
        self.inner.actual(path.to_str()?)
    }

    /// The folder of the workspace package that a bare specifier names, and the rest.
    pub(super) fn package_of<'s>(&self, specifier: &'s str) -> Option<(&str, &'s str)> {
        let parts = if specifier.starts_with('@') { 2 } else { 1 };
        let end = specifier.match_indices('/').nth(parts - 1).map_or(specifier.len(), |(at, _)| at);
        let dir = self.inner.packages.get(&specifier[..end])?;
        Some((dir, specifier[end..].trim_start_matches('/')))
    }

    /// True where a tsconfig pattern other than `*` fits.
    pub(super) fn matches_alias(&self, specifier: &str) -> bool {
        self.inner.aliases.iter().any(|(before, after)| !before.is_empty() && fits(specifier, before, after))
    }

    pub(super) fn matches_any_alias(&self, specifier: &str) -> bool {
        self.inner.aliases.iter().any(|(before, after)| fits(specifier, before, after))
    }

    /// True where a `baseUrl` folder holds the first part of the specifier.
    pub(super) fn has_base_url_file(&self, specifier: &str) -> bool {
        let first = specifier.split('/').next().unwrap_or(specifier);
        self.inner.base_urls.iter().any(|base| {
            let entry = under(base, first);
            self.inner.folders.contains(&entry)
                || [".ts", ".tsx", ".js"]
                    .iter()
                    .any(|end| self.inner.files.contains(&format!("{entry}{end}")))
        })
    }

    /// `base` with one of the extensions, or an index file in it.
    pub(super) fn probe(&self, base: &str, extensions: &[&str]) -> Option<String> {
        if self.inner.files.contains(base) {
            return Some(base.to_owned());
        }
        let candidates = extensions.iter().map(|end| format!("{base}{end}"));
        let indexes = extensions.iter().map(|end| under(base, &format!("index{end}")));
        candidates.chain(indexes).find(|path| self.inner.files.contains(path))
    }
}

impl Inner {
    fn actual(&self, virtual_path: &str) -> Option<String> {
        let relative = virtual_path.strip_prefix(ROOT)?.trim_start_matches('/');
        let unmounted = self.unmount(relative);
        let relative = unmounted.as_deref().unwrap_or(relative);
        if self.files.contains(relative) {
            return Some(relative.to_owned());
        }
        self.source_of(relative)
    }

    /// `…/node_modules/NAME/rest` to the folder of the package.
    fn unmount(&self, relative: &str) -> Option<String> {
        let at = relative.rfind("node_modules/")?;
        let inside = &relative[at + "node_modules/".len()..];
        let parts = if inside.starts_with('@') { 2 } else { 1 };
        let end = inside.match_indices('/').nth(parts - 1).map_or(inside.len(), |(at, _)| at);
        let dir = self.packages.get(&inside[..end])?;
        let rest = inside[end..].trim_start_matches('/');
        Some(under(dir, rest))
    }

    /// `pkg/dist/x.js` to `pkg/src/x.ts`, where the first is built and the second written.
    fn source_of(&self, built: &str) -> Option<String> {
        let segments: Vec<&str> = built.split('/').collect();
        let at = segments.iter().position(|segment| OUTPUTS.contains(segment))?;
        let before = segments[..at].join("/");
        let rest: Vec<&str> =
            segments[at + 1..].iter().copied().skip_while(|segment| OUTPUTS.contains(segment)).collect();
        let rest = rest.join("/");
        let stem = BUILT.iter().find_map(|end| rest.strip_suffix(end))?;
        let homes = [under(&before, "src"), before.clone(), under(&before, "lib"), under(&before, "source")];
        homes.iter().find_map(|home| {
            SOURCES
                .iter()
                .map(|end| under(home, &format!("{stem}{end}")))
                .find(|path| self.files.contains(path))
        })
    }

    fn note_paths(&mut self, dir: &str, config: &Value) {
        let options = &config["compilerOptions"];
        for pattern in options["paths"].as_object().into_iter().flat_map(|paths| paths.keys()) {
            let (before, after) = pattern.split_once('*').unwrap_or((pattern, "\0"));
            self.aliases.push((before.to_owned(), after.to_owned()));
        }
        if let Some(base) = options["baseUrl"].as_str()
            && let Some(base) = path::join(dir, base)
        {
            self.base_urls.push(base);
        }
    }

    /// Without what it extends or refers to and is not there.
    fn usable(&self, dir: &str, mut config: Value) -> Value {
        let exists = |target: &str| -> bool {
            if target.starts_with('.') {
                let Some(path) = path::join(dir, target) else { return false };
                self.files.contains(&path)
                    || self.files.contains(&format!("{path}.json"))
                    || self.folders.contains(&path)
            } else {
                let in_modules = self.unmount(&format!("node_modules/{target}"));
                in_modules.is_some_and(|path| {
                    self.files.contains(&path)
                        || self.files.contains(&format!("{path}.json"))
                        || self.files.contains(&under(&path, "tsconfig.json"))
                })
            }
        };
        let Some(fields) = config.as_object_mut() else { return Value::Object(serde_json::Map::new()) };
        match fields.get_mut("extends") {
            Some(Value::String(target)) if !exists(target) => {
                fields.remove("extends");
            }
            Some(Value::Array(targets)) => targets.retain(|target| target.as_str().is_some_and(exists)),
            _ => {}
        }
        fields.remove("references");
        config
    }
}

const OUTPUTS: &[&str] = &["dist", "build", "lib", "out", "esm", "cjs", "es", "types", ".output"];
const BUILT: &[&str] = &[".d.ts", ".d.mts", ".d.cts", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx"];
const SOURCES: &[&str] = &[".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

fn under(dir: &str, rest: &str) -> String {
    let mut path = dir.to_owned();
    path::push(&mut path, rest);
    path
}

fn fits(specifier: &str, before: &str, after: &str) -> bool {
    if after == "\0" {
        return specifier == before;
    }
    specifier.len() >= before.len() + after.len()
        && specifier.starts_with(before)
        && specifier.ends_with(after)
}

fn is_config(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let folder = file.rsplit('/').nth(1).unwrap_or_default();
    std::path::Path::new(name).extension().is_some_and(|end| end == "json")
        && (name.starts_with("tsconfig")
            || name.starts_with("jsconfig")
            || folder.contains("typescript")
            || folder.contains("tsconfig")
            || name.contains("base")
            || name.contains("next"))
        && name != "package.json"
}

fn read_config(source: &dyn SourceTree, file: &str, warnings: &mut Vec<Warning>) -> Value {
    let Ok(text) = source.read(file) else { return Value::Null };
    match jsonc::parse(&text) {
        Ok(config) => config,
        Err(error) => {
            if file.contains("tsconfig") || file.contains("jsconfig") {
                warnings
                    .push(Warning { file: file.to_owned(), message: format!("tsconfig ignored: {error}") });
            }
            Value::Null
        }
    }
}

fn missing(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, path.display().to_string())
}

impl FileSystem for VirtualTree {
    fn new() -> Self {
        Self::default()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read_to_string(path).map(String::into_bytes)
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        let file = self.actual(path).ok_or_else(|| missing(path))?;
        self.inner.texts.get(&file).cloned().ok_or_else(|| missing(path))
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        let text = path.to_str().ok_or_else(|| missing(path))?;
        let relative = text.strip_prefix(ROOT).ok_or_else(|| missing(path))?.trim_start_matches('/');
        if relative == "node_modules" {
            return Ok(FileMetadata::new(false, true, false));
        }
        let unmounted = self.inner.unmount(relative);
        let folder = unmounted.as_deref().unwrap_or(relative);
        if self.inner.folders.contains(folder) {
            return Ok(FileMetadata::new(false, true, false));
        }
        if self.inner.actual(text).is_some() {
            return Ok(FileMetadata::new(true, false, false));
        }
        Err(missing(path))
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
