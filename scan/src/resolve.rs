//! Imports to files: the tree as it would be after install and build, without either.
//!
//! `oxc_resolver` does Node's and TypeScript's algorithm over a virtual file system in which workspace packages are
//! installed, built files lead back to their sources, and settings that cannot be read are empty.

mod jsonc;
mod path;
mod tree;

use oxc_resolver::{ResolveOptions, ResolverGeneric, TsconfigDiscovery};
use rustc_hash::FxHashMap;
use tuneup_model::Warning;

use crate::source::SourceTree;
use crate::workspace::Workspace;
use tree::{ROOT, VirtualTree};

/// Where an import leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// Index into the sources.
    File(u32),
    /// A file of the tree that is no source.
    Asset,
    /// The client generated from a Prisma schema.
    Schema(u32),
    External {
        package: String,
        subpath: String,
    },
    Unresolved,
}

/// Where a generator of a schema writes its client, relative to the root.
#[derive(Debug, Clone)]
pub(crate) struct SchemaOutput {
    pub(crate) schema: u32,
    pub(crate) dir: String,
}

pub(crate) struct Resolver {
    with_tsconfig: ResolverGeneric<VirtualTree>,
    plain: ResolverGeneric<VirtualTree>,
    tree: VirtualTree,
    sources: FxHashMap<String, u32>,
    schemas: Vec<SchemaOutput>,
}

const EXTENSIONS: &[&str] =
    &[".ts", ".tsx", ".mts", ".cts", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".json", ".vue", ".svelte"];

impl Resolver {
    pub(crate) fn new(
        source: &dyn SourceTree,
        listing: &[String],
        sources: &[String],
        workspace: &Workspace,
        schemas: &[SchemaOutput],
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let tree = VirtualTree::new(source, listing, workspace, warnings);
        let with_tsconfig =
            ResolverGeneric::new_with_file_system(tree.clone(), options(Some(TsconfigDiscovery::Auto)));
        let plain = ResolverGeneric::new_with_file_system(tree.clone(), options(None));
        let sources = sources.iter().cloned().zip(0..).collect();
        Self { with_tsconfig, plain, tree, sources, schemas: schemas.to_vec() }
    }

    /// Where `specifier` leads from the file `from`.
    pub(crate) fn resolve(&self, from: &str, specifier: &str) -> Resolution {
        let specifier = specifier.split('?').next().unwrap_or(specifier);
        if let Some(schema) = self.generated(from, specifier) {
            return Resolution::Schema(schema);
        }
        let relative = is_relative(specifier);
        if !relative && !self.may_be_local(specifier) && !self.tree.has_base_url_file(specifier) {
            return external(specifier);
        }
        let file = format!("{ROOT}/{from}");
        let found = self
            .with_tsconfig
            .resolve_file(&file, specifier)
            .or_else(|_| self.plain.resolve_file(&file, specifier))
            .ok()
            .and_then(|found| self.tree.actual(found.path()))
            .or_else(|| self.by_hand(from, specifier));
        match found {
            Some(path) => match self.sources.get(&path) {
                Some(index) => Resolution::File(*index),
                None => Resolution::Asset,
            },
            None if relative || self.is_local(from, specifier) => Resolution::Unresolved,
            None => external(specifier),
        }
    }

    /// True where the import means something of this tree.
    pub(crate) fn is_local(&self, _from: &str, specifier: &str) -> bool {
        is_relative(specifier)
            || specifier.starts_with('#')
            || self.tree.package_of(specifier).is_some()
            || self.tree.matches_alias(specifier)
    }

    fn may_be_local(&self, specifier: &str) -> bool {
        specifier.starts_with('#')
            || self.tree.package_of(specifier).is_some()
            || self.tree.matches_any_alias(specifier)
    }

    fn generated(&self, from: &str, specifier: &str) -> Option<u32> {
        let target = if is_relative(specifier) {
            path::join(path::parent(from), specifier)?
        } else {
            let (dir, rest) = self.tree.package_of(specifier)?;
            path::join(dir, rest)?
        };
        if self.tree.probe(&target, EXTENSIONS).is_some() {
            return None;
        }
        self.schemas.iter().find(|it| path::below(&target, &it.dir).is_some()).map(|it| it.schema)
    }

    /// Packages without `main`, parts that `exports` hides, and types generated from a route file.
    fn by_hand(&self, from: &str, specifier: &str) -> Option<String> {
        let bases = if is_relative(specifier) {
            vec![path::join(path::parent(from), &specifier.replace("+types/", ""))?]
        } else {
            let (dir, rest) = self.tree.package_of(specifier)?;
            let inside = |folder: &str| {
                path::join(dir, &format!("{folder}{}", if rest.is_empty() { "index" } else { rest }))
            };
            [inside(""), inside("src/"), inside("lib/")].into_iter().flatten().collect()
        };
        bases.iter().find_map(|base| self.tree.probe(base, EXTENSIONS))
    }
}

fn is_relative(specifier: &str) -> bool {
    specifier.starts_with("./") || specifier.starts_with("../") || specifier == "." || specifier == ".."
}

fn external(specifier: &str) -> Resolution {
    let specifier = specifier.strip_prefix("node:").unwrap_or(specifier);
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier.match_indices('/').nth(parts - 1).map_or(specifier.len(), |(at, _)| at);
    let subpath = specifier[end..].trim_start_matches('/');
    Resolution::External { package: specifier[..end].to_owned(), subpath: subpath.to_owned() }
}

fn options(tsconfig: Option<TsconfigDiscovery>) -> ResolveOptions {
    let strings = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
    ResolveOptions {
        tsconfig,
        extensions: strings(EXTENSIONS),
        extension_alias: vec![
            (".js".to_owned(), strings(&[".ts", ".tsx", ".js", ".jsx", ".d.ts"])),
            (".jsx".to_owned(), strings(&[".tsx", ".jsx"])),
            (".mjs".to_owned(), strings(&[".mts", ".mjs"])),
            (".cjs".to_owned(), strings(&[".cts", ".cjs"])),
        ],
        main_fields: strings(&["source", "module", "main", "types"]),
        main_files: strings(&["index", "src/index"]),
        condition_names: strings(&["source", "development", "import", "require", "node", "default", "types"]),
        symlinks: false,
        ..ResolveOptions::default()
    }
}
