//! `Resolver`: imports to files, in the tree as it would be after install and build, without either.
//!
//! Relative specifiers and tsconfig aliases are paths of the tree and are looked up in the `Layout`. Names of
//! workspace packages and `#` specifiers go to Node's algorithm over a file system in which those packages are
//! installed. Everything else is a package of someone else's and costs no lookup.

mod generated;
mod installed;
mod jsonc;
mod layout;
pub(crate) mod path;
#[cfg(test)]
mod tests;
mod tsconfig;

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use tuneup_model::Warning;

use crate::source::SourceTree;
use crate::workspace::{Package, Workspace};
use generated::Generated;
use installed::Node;
pub(crate) use layout::EXTENSIONS;
use layout::{Found, Layout};
use tsconfig::Configs;

/// Where an import leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// Index into the sources.
    File(u32),
    /// A file of the tree that is no source.
    Asset,
    /// The client generated from a Prisma schema.
    Schema(u32),
    /// A package that is not of this tree; `node:fs/promises` is `promises` of `fs`.
    External { package: String, subpath: String },
    /// Something of this tree that is not there.
    Unresolved,
}

/// Where a generator of a schema writes its client.
#[derive(Debug, Clone)]
pub(crate) struct SchemaOutput {
    pub(crate) schema: u32,
    /// Relative to the root, without `.` and `..`.
    pub(crate) dir: String,
}

/// Answers where specifiers lead; shared by threads.
#[derive(Debug)]
pub(crate) struct Resolver {
    layout: Arc<Layout>,
    node: Node,
    configs: Configs,
    generated: Generated,
    /// Answers for names of packages: many files import the same few.
    packages: RwLock<FxHashMap<String, Option<Found>>>,
}

impl Resolver {
    /// `listing` are all files of the tree, `sources` those that a [`Resolution::File`] may mean, in order.
    pub(crate) fn new(
        tree: &dyn SourceTree,
        listing: &[String],
        sources: &[String],
        workspace: &Workspace,
        schemas: &[SchemaOutput],
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let layout = Arc::new(Layout::new(listing, sources, workspace, schemas));
        let configs = Configs::read(tree, listing, &layout, warnings);
        let generated = Generated::read(tree, workspace);
        Self { node: Node::new(Arc::clone(&layout)), layout, configs, generated, packages: RwLock::default() }
    }

    /// Where `specifier` leads from the file `from`.
    pub(crate) fn resolve(&self, from: &str, specifier: &str) -> Resolution {
        let specifier = request(specifier);
        let found = match Form::of(specifier) {
            Form::Relative => self.relative(from, specifier),
            Form::Imports => self.aliased(from, specifier).or_else(|| {
                let dir = path::parent(from);
                self.node.resolve(dir, specifier)
            }),
            Form::Rooted => self.rooted(from, specifier.trim_start_matches('/')),
            Form::Scheme => return external(specifier),
            Form::Bare => return self.bare(from, specifier),
        };
        found.map_or(Resolution::Unresolved, Resolution::from)
    }

    /// True where the import means something of this tree, whether or not it is there.
    pub(crate) fn is_local(&self, from: &str, specifier: &str) -> bool {
        let specifier = request(specifier);
        match Form::of(specifier) {
            Form::Relative => !is_route_types(specifier) && !self.is_generated(from, specifier),
            Form::Imports => true,
            Form::Rooted | Form::Scheme => false,
            Form::Bare => {
                let (name, _) = path::package_and_rest(specifier);
                is_conventional(specifier)
                    || self.package(from, name).is_some()
                    || self.aliased(from, specifier).is_some()
                    || (self.fits_alias(from, specifier) && !self.layout.declares(from, name))
            }
        }
    }

    /// True for what a build writes and this tree does not hold.
    fn is_generated(&self, from: &str, specifier: &str) -> bool {
        generated::meant(from, specifier)
            .is_some_and(|path| self.generated.holds(&path) && self.locate(&path).is_none())
    }

    fn relative(&self, from: &str, specifier: &str) -> Option<Found> {
        self.locate(&path::join(path::parent(from), specifier)?)
    }

    fn bare(&self, from: &str, specifier: &str) -> Resolution {
        let (name, rest) = path::package_and_rest(specifier);
        if let Some(found) = self.aliased(from, specifier) {
            return found.into();
        }
        if let Some(package) = self.package(from, name) {
            return self
                .packaged(from, package, specifier, rest)
                .map_or(Resolution::Unresolved, Resolution::from);
        }
        if is_conventional(specifier) {
            let found = specifier.split_once('/').and_then(|(_, rest)| self.rooted(from, rest));
            return found.map_or(Resolution::Unresolved, Resolution::from);
        }
        if self.fits_alias(from, specifier) && !self.layout.declares(from, name) {
            return Resolution::Unresolved;
        }
        external(specifier)
    }

    /// By `paths` of the nearest configuration, then its `baseUrl`, then `paths` further up.
    fn aliased(&self, from: &str, specifier: &str) -> Option<Found> {
        self.configs.around(path::parent(from)).enumerate().find_map(|(distance, aliases)| {
            let fitting = aliases.patterns.iter().filter(|pattern| distance == 0 || !pattern.is_catch_all());
            let by_path = || fitting.flat_map(|it| it.targets(specifier)).find_map(|path| self.locate(&path));
            let by_base = || {
                let base = aliases.base_url.as_deref().filter(|_| distance == 0)?;
                self.locate_below(base, specifier)
            };
            by_path().or_else(by_base)
        })
    }

    fn fits_alias(&self, from: &str, specifier: &str) -> bool {
        self.configs
            .around(path::parent(from))
            .flat_map(|aliases| &aliases.patterns)
            .any(|pattern| !pattern.is_catch_all() && pattern.fits(specifier))
    }

    /// `baseUrl` gets every bare specifier, so most must end at the first look.
    fn locate_below(&self, base: &str, specifier: &str) -> Option<Found> {
        let (first, rest) = specifier.split_once('/').unwrap_or((specifier, ""));
        let entry = path::join(base, first)?;
        if self.layout.has_folder(&entry) {
            return self.locate(&path::join(&entry, rest)?);
        }
        if rest.is_empty() { self.layout.file(&entry) } else { None }
    }

    /// The package of the tree that a bare specifier means.
    fn package(&self, from: &str, name: &str) -> Option<&Package> {
        let package = self.layout.package(name)?;
        match self.layout.package_of(from) {
            Some(own) if own.name.as_deref() == Some(name) => {
                (!own.dependencies.contains(name)).then_some(own)
            }
            _ => Some(package),
        }
    }

    /// By `exports` and `main`; then as the path it looks like, for packages that say nothing of it.
    fn packaged(&self, from: &str, package: &Package, specifier: &str, rest: &str) -> Option<Found> {
        if self.layout.package_of(from).is_some_and(|own| own.dir == package.dir) {
            let name = package.name.as_deref().unwrap_or_default();
            let installed = self.layout.package(name).is_some_and(|other| other.dir == package.dir);
            // Of several packages with one name only one is installed; the others still know themselves.
            let itself = if installed { Cow::Borrowed(specifier) } else { Cow::Owned(format!("./{rest}")) };
            return self.packaged_in(&package.dir, package, &itself, rest);
        }
        let known = self.packages.read().unwrap_or_else(PoisonError::into_inner).get(specifier).copied();
        known.unwrap_or_else(|| {
            let found = self.packaged_in("", package, specifier, rest);
            let mut packages = self.packages.write().unwrap_or_else(PoisonError::into_inner);
            packages.insert(specifier.to_owned(), found);
            found
        })
    }

    fn packaged_in(&self, dir: &str, package: &Package, specifier: &str, rest: &str) -> Option<Found> {
        let by_hand = |folder: &&str| {
            let path = path::join(&path::join(&package.dir, folder)?, rest)?;
            let written = self.layout.file(&path).or_else(|| self.layout.index(&path));
            written.or_else(|| self.layout.source_of(&path))
        };
        self.node.resolve(dir, specifier).or_else(|| ["", "src", "lib"].iter().find_map(by_hand))
    }

    /// From the top of the package of `from`, as bundlers read `/x`, `@/x` and `~/x` without further settings.
    fn rooted(&self, from: &str, rest: &str) -> Option<Found> {
        let dir = self.layout.package_of(from).map_or("", |package| package.dir.as_str());
        ["src", "app", "", "public"].iter().find_map(|home| {
            let home = path::join(dir, home)?;
            self.locate(&path::join(&home, rest)?)
        })
    }

    /// The file that a path of the tree means, as an import reads it.
    fn locate(&self, path: &str) -> Option<Found> {
        if let Some(found) = self.layout.file(path) {
            return Some(found);
        }
        let by_manifest = || {
            self.layout.package_in(path)?;
            self.node.resolve(path, "./")
        };
        by_manifest().or_else(|| self.layout.index(path)).or_else(|| self.layout.source_of(path))
    }
}

impl From<Found> for Resolution {
    fn from(found: Found) -> Self {
        match found {
            Found::Source(index) => Self::File(index),
            Found::Asset => Self::Asset,
            Found::Schema(schema) => Self::Schema(schema),
        }
    }
}

/// What a specifier looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `./x`, `..`
    Relative,
    /// `#x`
    Imports,
    /// `/x`
    Rooted,
    /// `node:fs`, `virtual:x`, `https://…`
    Scheme,
    /// `x`, `@scope/x`
    Bare,
}

impl Form {
    fn of(specifier: &str) -> Self {
        let first = specifier.split('/').next().unwrap_or(specifier);
        match first {
            "." | ".." => Self::Relative,
            "" => Self::Rooted,
            _ if first.starts_with('#') => Self::Imports,
            _ if first.contains(':') => Self::Scheme,
            _ => Self::Bare,
        }
    }
}

/// The specifier without what tells a bundler how to load it: `raw-loader!./x`, `./x?url`.
fn request(specifier: &str) -> &str {
    let path = specifier.rsplit('!').next().unwrap_or(specifier);
    path.split('?').next().unwrap_or(path)
}

/// `@/x` and `~/x` are names of no package: every tool that knows them means the sources of the project.
fn is_conventional(specifier: &str) -> bool {
    specifier.starts_with("@/") || specifier.starts_with("~/")
}

/// The types that React Router generates for each route: they are in no tree, and nothing of them is left at run time.
fn is_route_types(specifier: &str) -> bool {
    specifier.starts_with("./+types/")
}

fn external(specifier: &str) -> Resolution {
    let (package, subpath) = path::package_and_rest(specifier.strip_prefix("node:").unwrap_or(specifier));
    Resolution::External { package: package.to_owned(), subpath: subpath.to_owned() }
}
