//! The program: all files linked, every call resolved as far as it can be, entry points and effects known.
//!
//! Built in one order: facts → imports → values and calls → graph and effects → entry points. Rules ask it; nothing
//! changes it afterwards. Caches behind `RefCell` make following values lazy.

mod built;
mod calls;
mod chosen;
mod collections;
mod computed;
mod containers;
mod contexts;
mod databases;
mod declared;
mod deliberate;
mod effects;
mod entries;
mod eval;
mod exits;
mod exports;
mod feeds;
mod few;
mod graph;
mod handles;
mod iterations;
mod kept;
mod known;
mod lengths;
pub(crate) mod libraries;
mod making;
mod members;
mod mixins;
mod models;
mod one_by_one;
mod options;
mod params;
mod passed_sql;
mod reach;
mod repeated;
mod resolvers;
mod roles;
mod runs;
mod table_bonds;
mod taint;
mod taken;
mod targets;
mod turns;
mod types;
mod value;
mod ways;
mod wording;
mod wrapped;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use tuneup_model::Catalog;

use crate::deployment::Deployment;
use crate::facts::{
    CallId, Expr, ExprId, FileFacts, InterfaceId, NameId, SymbolId, SymbolKind, TypeExpr, TypeId,
};
use crate::objects::Follow;
use crate::orm::Entities;
use crate::place::Place;
use crate::report::Texts;
use crate::resolve::Resolution;
use crate::schema::{Migrations, Schema};
use crate::workspace::Workspace;

pub(crate) use declared::DeclaredHandles;
pub(crate) use effects::Effects;
pub(crate) use entries::{Entry, EntryKind, Origin};
pub(crate) use iterations::{Concurrency, Form, Iteration, LoopClass, callee_name};
pub(crate) use lengths::Short;
pub(crate) use libraries::{
    Blocking, SlowWork, blocking, bounds_concurrency, is_pure_method, iterating_function, iterating_method,
    slow_work,
};
pub(crate) use making::Making;
pub(crate) use options::Given;
pub(crate) use reach::{Hop, Reached};
pub(crate) use repeated::{Relation, Repeated, Trap};
pub(crate) use resolvers::FieldResolver;
pub(crate) use roles::Role;
pub(crate) use taint::{Sources, Trace};
pub(crate) use taken::{Ask, Taken};
pub(crate) use targets::{Query, Target};
pub(crate) use value::{Api, ClassRef, FnRef, Memo, Value};
pub(crate) use ways::Entered;

/// Everything known of a source tree.
#[derive(Debug)]
pub(crate) struct Program {
    pub files: Vec<Arc<FileFacts>>,
    pub roles: Vec<Role>,
    pub schemas: Vec<Schema>,
    pub catalog: Catalog,
    pub migrations: Migrations,
    /// Per file and call.
    pub targets: Vec<Vec<Target>>,
    pub queries: Vec<Query>,
    pub entries: Vec<Entry>,
    pub graph: graph::Graph,
    pub deployment: Deployment,
    resolutions: Vec<FxHashMap<NameId, Resolution>>,
    exports: Vec<exports::ExportTable>,
    implementors: FxHashMap<(u32, InterfaceId), Vec<ClassRef>>,
    subclasses: FxHashMap<ClassRef, Vec<ClassRef>>,
    callers: FxHashMap<FnRef, Vec<(u32, CallId)>>,
    origins: Vec<Option<Origin>>,
    entities: Entities,
    handles: DeclaredHandles,
    /// What values of declared types are, in the order in which they are met.
    typed_handles: RefCell<Vec<declared::TypedHandle>>,
    model_names: declared::ModelNames,
    mixins: mixins::Mixins,
    /// Per file, the variables that stand for its exports.
    own_exports: Vec<Vec<SymbolId>>,
    uses: RefCell<FxHashMap<u32, runs::Uses>>,
    served: OnceCell<Vec<Option<Origin>>>,
    awaited: runs::Awaited,
    workspace: Workspace,
    no_dependencies: BTreeSet<String>,
    cache: RefCell<FxHashMap<Place, eval::Slot>>,
    returns: RefCell<FxHashMap<FnRef, eval::Slot>>,
    typed: RefCell<FxHashMap<(u32, TypeId), eval::Slot>>,
    depth: Cell<u32>,
    spreading: RefCell<FxHashSet<Place>>,
    repeats: OnceCell<Vec<Repeated>>,
    contexts: OnceCell<contexts::Contexts>,
    folders: OnceCell<chosen::Folders>,
    class_names: OnceCell<containers::ClassNames>,
    taken: taken::Memory,
}

/// What linking starts from.
pub(crate) struct Parts<'a> {
    pub files: Vec<Arc<FileFacts>>,
    /// Per file, by the name of the specifier.
    pub resolutions: Vec<FxHashMap<NameId, Resolution>>,
    pub schemas: Vec<Schema>,
    pub catalog: Catalog,
    pub migrations: Migrations,
    pub workspace: Workspace,
    pub handles: DeclaredHandles,
    pub deployment: Deployment,
    /// The text of a file of the tree, for the places of declarations.
    pub read: &'a dyn Fn(&str) -> Option<String>,
    /// The folder looked at, whose own name says nothing of what its files are for.
    pub focus: &'a str,
}

impl Program {
    pub(crate) fn link(parts: Parts<'_>) -> Self {
        let roles =
            parts.files.iter().map(|facts| roles::role(&facts.path, parts.focus, facts.use_client)).collect();
        let exports = parts.files.iter().map(|facts| exports::ExportTable::of(facts)).collect();
        let mut program = Self {
            files: parts.files,
            roles,
            schemas: parts.schemas,
            catalog: parts.catalog,
            migrations: parts.migrations,
            targets: Vec::new(),
            queries: Vec::new(),
            entries: Vec::new(),
            graph: graph::Graph::default(),
            deployment: parts.deployment,
            resolutions: parts.resolutions,
            exports,
            implementors: FxHashMap::default(),
            subclasses: FxHashMap::default(),
            callers: FxHashMap::default(),
            origins: Vec::new(),
            entities: Entities::default(),
            handles: parts.handles,
            typed_handles: RefCell::default(),
            model_names: declared::ModelNames::default(),
            mixins: mixins::Mixins::default(),
            own_exports: Vec::new(),
            uses: RefCell::default(),
            served: OnceCell::new(),
            awaited: runs::Awaited::default(),
            workspace: parts.workspace,
            no_dependencies: BTreeSet::new(),
            cache: RefCell::default(),
            returns: RefCell::default(),
            typed: RefCell::default(),
            depth: Cell::new(0),
            spreading: RefCell::default(),
            repeats: OnceCell::new(),
            contexts: OnceCell::new(),
            folders: OnceCell::new(),
            class_names: OnceCell::new(),
            taken: taken::Memory::default(),
        };
        let paths: Vec<String> = program.files.iter().map(|facts| facts.path.clone()).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        program.find_mixins();
        program.index_classes();
        program.declare_tables(&mut Texts::new(&paths, parts.read));
        program.model_names = declared::ModelNames::of(&program.schemas);
        program.resolve_calls();
        program.build_graph();
        program.find_entries();
        program
    }

    /// Subclasses and implementors, before values are asked for.
    fn index_classes(&mut self) {
        let mut implementors: FxHashMap<(u32, InterfaceId), Vec<ClassRef>> = FxHashMap::default();
        let mut subclasses: FxHashMap<ClassRef, Vec<ClassRef>> = FxHashMap::default();
        for (file, facts) in self.files.iter().enumerate() {
            let file = file as u32;
            if self.roles[file as usize] == Role::Test {
                continue;
            }
            for (n, class) in facts.classes.iter().enumerate() {
                let class_ref = ClassRef { file, id: crate::facts::ClassId(n as u32) };
                if let Some(base) = self.base_class(class_ref) {
                    subclasses.entry(base).or_default().push(class_ref);
                }
                for ty in &class.implements {
                    if let Some(interface) = self.interface_named(file, *ty) {
                        implementors.entry(interface).or_default().push(class_ref);
                    }
                }
            }
        }
        self.cache.borrow_mut().clear();
        self.typed.borrow_mut().clear();
        self.implementors = implementors;
        self.subclasses = subclasses;
    }

    fn interface_named(&self, file: u32, ty: TypeId) -> Option<(u32, InterfaceId)> {
        match self.undeclared(self.type_value(file, ty)) {
            Value::Shape { file, id } => Some((file, id)),
            _ => match self.files[file as usize].type_expr(ty) {
                TypeExpr::Object(id) => Some((file, *id)),
                _ => None,
            },
        }
    }

    /// What a member of a module stands for: `schema.users`.
    fn module_member(&self, file: u32, object: ExprId, property: NameId) -> Option<Place> {
        let Value::Module(module) = self.eval(Place { file, expr: object }) else { return None };
        match self.exported(module, self.files[file as usize].name(property), 0)? {
            exports::Exported::Place(place) => Some(place),
            _ => None,
        }
    }

    fn dependencies_of(&self, path: &str) -> &BTreeSet<String> {
        self.workspace.package_of(path).map_or(&self.no_dependencies, |package| &package.dependencies)
    }

    /// The folder of the package that a file belongs to.
    pub(crate) fn package_folder(&self, path: &str) -> Option<&str> {
        self.workspace.package_of(path).map(|package| package.dir.as_str())
    }

    pub(crate) fn facts(&self, file: u32) -> &FileFacts {
        &self.files[file as usize]
    }

    pub(crate) fn target(&self, file: u32, call: CallId) -> &Target {
        &self.targets[file as usize][call.index()]
    }

    /// How a function is reached from an entry point; none where it is not.
    pub(crate) fn origin(&self, function: FnRef) -> Option<Origin> {
        self.origins[self.graph.index(function)]
    }

    /// How a function is reached from a request; none where no request reaches it.
    pub(crate) fn served_origin(&self, function: FnRef) -> Option<Origin> {
        let served = self.served.get_or_init(|| self.reached_from(Entry::is_served));
        served[self.graph.index(function)]
    }

    /// True where the package around the file only ever runs in a browser.
    pub(crate) fn is_browser_code(&self, file: u32) -> bool {
        roles::is_browser_package(self.dependencies_of(&self.files[file as usize].path))
    }

    /// True for files of a tool that a person runs in a terminal.
    pub(crate) fn is_command_line_package(&self, file: u32) -> bool {
        roles::is_command_line_package(self.dependencies_of(&self.files[file as usize].path))
    }

    /// True where a function of the file draws what a browser shows: a component, or what only components use.
    pub(crate) fn draws_pages(&self, file: u32) -> bool {
        let extension = self.files[file as usize].path.rsplit('.').next();
        self.roles[file as usize] == Role::Client || matches!(extension, Some("tsx" | "jsx"))
    }

    /// True where the package around the file depends on this one.
    pub(crate) fn depends_on(&self, file: u32, package: &str) -> bool {
        self.dependencies_of(&self.files[file as usize].path).contains(package)
    }

    /// The expression that an imported name stands for.
    pub(crate) fn imported_place(&self, at: Place) -> Option<Place> {
        let Expr::Symbol(symbol) = self.files[at.file as usize].expr(at.expr) else { return None };
        let SymbolKind::Import(index) = self.files[at.file as usize].symbol(symbol).kind else { return None };
        match self.imported(at.file, index)? {
            exports::Exported::Place(place) => Some(place),
            _ => None,
        }
    }

    /// True where the file's findings are of interest.
    pub(crate) fn is_app(&self, file: u32) -> bool {
        matches!(self.roles[file as usize], Role::App | Role::Client)
    }
}

impl Follow for Program {
    fn facts(&self, file: u32) -> &FileFacts {
        &self.files[file as usize]
    }

    fn is_symbol_of_library(&self, at: Place) -> bool {
        match self.eval(at) {
            Value::Api(api) => crate::orm::of_package(&api.package).is_some(),
            _ => false,
        }
    }

    fn follow(&self, at: Place) -> Option<Place> {
        let mut at = at;
        for _ in 0..24 {
            let facts = &self.files[at.file as usize];
            let next = match facts.expr(at.expr) {
                Expr::Await(expr) | Expr::Cast { expr, .. } => Place { file: at.file, expr },
                Expr::Symbol(symbol) => {
                    let it = facts.symbol(symbol);
                    match it.kind {
                        SymbolKind::Value if it.assignments.is_empty() => {
                            Place { file: at.file, expr: it.definition? }
                        }
                        SymbolKind::Import(index) => match self.imported(at.file, index)? {
                            exports::Exported::Place(place) => place,
                            _ => return None,
                        },
                        _ => return None,
                    }
                }
                Expr::Member { object, property }
                    if self.module_member(at.file, object, property).is_some() =>
                {
                    self.module_member(at.file, object, property)?
                }
                Expr::Member { .. } | Expr::Param { .. } => match self.eval(at) {
                    Value::Object(place) | Value::Items(place) if place != at => return Some(place),
                    _ => return None,
                },
                Expr::Unknown => return None,
                _ => return Some(at),
            };
            at = next;
        }
        None
    }
}

#[cfg(test)]
mod tests;
