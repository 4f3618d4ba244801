//! `Layout`: what stands where. Files as written, packages as installed, built files as their sources.
//!
//! A path that nothing was written at may still mean something: `dist/x.js` is what the build makes of `src/x.ts`,
//! and a folder that a schema's generator writes is its client. Written files win over built ones, always.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{SchemaOutput, path};
use crate::workspace::{Package, Workspace};

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Index into the sources.
    Source(u32),
    /// A file of the tree that is no source.
    Asset,
    /// The client generated from a schema.
    Schema(u32),
}

#[derive(Debug, Default)]
pub(super) struct Layout {
    files: FxHashMap<String, Found>,
    folders: FxHashSet<String>,
    workspace: Workspace,
    /// Position of the package that an import of the name means.
    names: FxHashMap<String, usize>,
    /// The longest folder first.
    schemas: Vec<Output>,
}

#[derive(Debug)]
struct Output {
    schema: u32,
    dir: String,
    /// True where files of the folder that are in the tree were written by the generator.
    committed: bool,
}

/// In the order in which they are tried.
pub(crate) const EXTENSIONS: [&str; 12] =
    [".ts", ".tsx", ".mts", ".cts", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".json", ".vue", ".svelte"];

/// What may have been written where the import names what is built.
pub(super) const WRITTEN_AS: [(&str, &[&str]); 4] = [
    (".js", &[".ts", ".tsx", ".js", ".jsx", ".d.ts"]),
    (".jsx", &[".tsx", ".jsx"]),
    (".mjs", &[".mts", ".mjs", ".d.mts"]),
    (".cjs", &[".cts", ".cjs", ".d.cts"]),
];

/// Ends of built files.
const BUILT: [&str; 11] =
    [".d.ts", ".d.mts", ".d.cts", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".mts", ".cts"];

/// Folders that builds write, besides those whose names begin with `dist` or `build`.
const OUTPUTS: [&str; 13] = [
    "lib", "out", "output", ".output", "esm", "cjs", "es", "umd", "types", "typings", "compiled", "node",
    "bundle",
];

/// Folders whose packages are found by name last.
const SAMPLES: [&str; 9] =
    ["example", "examples", "template", "templates", "fixture", "fixtures", "test", "tests", "__tests__"];

impl Layout {
    pub(super) fn new(
        listing: &[String],
        sources: &[String],
        workspace: &Workspace,
        schemas: &[SchemaOutput],
    ) -> Self {
        let mut files: FxHashMap<String, Found> =
            listing.iter().map(|path| (path.clone(), Found::Asset)).collect();
        files.extend(sources.iter().zip(0..).map(|(path, index)| (path.clone(), Found::Source(index))));
        let mut folders = FxHashSet::from_iter([String::new()]);
        for path in listing {
            for folder in path::ancestors(path::parent(path)) {
                if folders.contains(folder) {
                    break;
                }
                folders.insert(folder.to_owned());
            }
        }
        let mut layout = Self {
            files,
            folders,
            workspace: workspace.clone(),
            names: names(workspace),
            schemas: Vec::new(),
        };
        layout.schemas = schemas.iter().map(|output| layout.output(output)).collect();
        layout.schemas.sort_by(|a, b| b.dir.len().cmp(&a.dir.len()).then(a.schema.cmp(&b.schema)));
        layout
    }

    pub(super) fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    pub(super) fn has_folder(&self, path: &str) -> bool {
        self.folders.contains(path)
    }

    /// The package that an import of `name` means.
    pub(super) fn package(&self, name: &str) -> Option<&Package> {
        self.names.get(name).map(|at| &self.workspace.packages[*at])
    }

    /// The package that encloses the file most closely.
    pub(super) fn package_of(&self, file: &str) -> Option<&Package> {
        self.workspace.package_of(file)
    }

    /// The package with its `package.json` in `dir`.
    pub(super) fn package_in(&self, dir: &str) -> Option<&Package> {
        let packages = &self.workspace.packages;
        packages.binary_search_by(|package| package.dir.as_str().cmp(dir)).ok().map(|at| &packages[at])
    }

    /// True where the package of the file, or one around it, depends on `name`.
    pub(super) fn declares(&self, file: &str, name: &str) -> bool {
        path::ancestors(path::parent(file))
            .filter_map(|dir| self.package_in(dir))
            .any(|package| package.dependencies.contains(name))
    }

    /// A file with exactly this path, written or generated.
    pub(super) fn exact(&self, path: &str) -> Option<Found> {
        self.written(path).or_else(|| self.generated(path))
    }

    /// The file that an import of `path` means where the extension may be missing or that of the built file.
    pub(super) fn file(&self, path: &str) -> Option<Found> {
        for (end, written) in WRITTEN_AS {
            if let Some(stem) = path.strip_suffix(end)
                && let Some(found) = self.with_any(stem, written)
            {
                return Some(found);
            }
        }
        let written = self.written(path).or_else(|| self.with_any(path, &EXTENSIONS));
        written.or_else(|| {
            let generated = self.generated(path)?;
            Some(self.index(path).unwrap_or(generated))
        })
    }

    fn written(&self, path: &str) -> Option<Found> {
        let found = *self.files.get(path)?;
        let output = self.output_around(path).filter(|output| output.committed);
        Some(output.map_or(found, |output| Found::Schema(output.schema)))
    }

    fn generated(&self, path: &str) -> Option<Found> {
        self.output_around(path).map(|output| Found::Schema(output.schema))
    }

    fn output_around(&self, path: &str) -> Option<&Output> {
        self.schemas.iter().find(|output| path::below(path, &output.dir).is_some())
    }

    /// The index file of a folder.
    pub(super) fn index(&self, dir: &str) -> Option<Found> {
        if !self.has_folder(dir) {
            return None;
        }
        let mut index = dir.to_owned();
        path::push(&mut index, "index");
        self.with_any(&index, &EXTENSIONS)
    }

    /// What was written for a file or folder that a build makes.
    pub(super) fn source_of(&self, built: &str) -> Option<Found> {
        if !built.split('/').any(is_output) {
            return None;
        }
        let stem = BUILT.iter().find_map(|end| built.strip_suffix(end)).unwrap_or(built);
        if self.file(stem).is_some() {
            return None;
        }
        let package = self.package_of(built).map_or("", |package| package.dir.as_str());
        let ends = stem.match_indices('/').map(|(at, _)| at).chain([stem.len()]).collect::<Vec<_>>();
        ends.iter().rev().find_map(|end| {
            let output = &stem[..*end];
            let base = path::parent(output);
            let name = output.rsplit('/').next().unwrap_or(output);
            let inside = is_output(name) && path::below(base, package).is_some();
            inside.then(|| self.written_for(base, stem[*end..].trim_start_matches('/'), built)).flatten()
        })
    }

    /// `rest` is the path below the output folder, without extension.
    fn written_for(&self, base: &str, rest: &str, built: &str) -> Option<Found> {
        let mut rest = if rest.is_empty() { "index" } else { rest };
        let name = built.rsplit('/').next().unwrap_or(built);
        loop {
            for home in ["src", "", "source", "lib"] {
                let place = path::join(base, home)?;
                let place = path::join(&place, rest)?;
                let kept = path::join(path::parent(&place), name)?;
                let found = self.file(&place).or_else(|| self.exact(&kept)).or_else(|| self.index(&place));
                if place != built && found.is_some() {
                    return found;
                }
            }
            let (first, inner) = rest.split_once('/')?;
            if !is_output(first) && first != "src" {
                return None;
            }
            rest = inner;
        }
    }

    fn with_any(&self, stem: &str, ends: &[&str]) -> Option<Found> {
        let mut path = String::with_capacity(stem.len() + 8);
        path.push_str(stem);
        ends.iter().find_map(|end| {
            path.truncate(stem.len());
            path.push_str(end);
            self.written(&path)
        })
    }

    fn output(&self, output: &SchemaOutput) -> Output {
        let has = |name: &str| path::join(&output.dir, name).is_some_and(|path| self.has_file(&path));
        let has_folder =
            |name: &str| path::join(&output.dir, name).is_some_and(|path| self.has_folder(&path));
        let committed = has("schema.prisma")
            || (has("index.d.ts") && has("index.js"))
            || (has("client.ts") && (has("models.ts") || has_folder("models") || has_folder("internal")));
        Output { schema: output.schema, dir: output.dir.clone(), committed }
    }
}

/// Of packages with one name, those that look like samples come last, then those deeper down. A package that
/// depends on its own name is called like what it uses (a folder for Storybook named `storybook`): imports mean
/// the other.
fn names(workspace: &Workspace) -> FxHashMap<String, usize> {
    let mut order: Vec<usize> = (0..workspace.packages.len()).collect();
    order.sort_by_key(|at| {
        let dir = &workspace.packages[*at].dir;
        (dir.split('/').any(|part| SAMPLES.contains(&part)), dir.matches('/').count(), *at)
    });
    let mut names = FxHashMap::default();
    for at in order {
        let package = &workspace.packages[at];
        if let Some(name) = package.name.as_ref().filter(|name| !package.dependencies.contains(*name)) {
            names.entry(name.clone()).or_insert(at);
        }
    }
    names
}

fn is_output(name: &str) -> bool {
    name.starts_with("dist") || name.starts_with("build") || OUTPUTS.contains(&name)
}
