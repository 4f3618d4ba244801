//! From an import to what it names: through barrels, re-exports and `CommonJS`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::facts::{ExportTarget, Expr, ExprId, FileFacts, ImportedName, NameId, SymbolId};
use crate::place::Place;
use crate::resolve::Resolution;

use super::Program;
use super::value::{Api, Value};

/// What an exported name stands for.
#[derive(Debug, Clone)]
pub(super) enum Exported {
    Place(Place),
    /// `require("./x").name` where the file says `module.exports = { name }`.
    MemberOfDefault(Place, String),
    Module(u32),
    Api(Arc<Api>),
}

/// The exports of one file by name.
#[derive(Debug, Default)]
pub(super) struct ExportTable {
    pub(super) by_name: FxHashMap<String, u32>,
    pub(super) default: Option<ExprId>,
    stars: Vec<NameId>,
    /// Variables that stand for `module.exports`: `const users = module.exports`.
    pub(super) aliases: Vec<SymbolId>,
}

impl ExportTable {
    pub(super) fn of(facts: &FileFacts) -> Self {
        let mut table = Self::default();
        for (index, export) in facts.exports.iter().enumerate() {
            match &export.target {
                ExportTarget::Value { exported, .. } | ExportTarget::From { exported, .. } => {
                    table.by_name.insert(facts.name(*exported).to_owned(), index as u32);
                }
                ExportTarget::Default(value) => table.default = Some(*value),
                ExportTarget::Star { specifier } => table.stars.push(*specifier),
            }
        }
        for (index, symbol) in facts.symbols.iter().enumerate() {
            if symbol.definition.is_some_and(|value| is_module_exports(facts, value)) {
                table.aliases.push(SymbolId(index as u32));
            }
        }
        table
    }
}

/// `module.exports`, also where something is assigned to it on the way.
fn is_module_exports(facts: &FileFacts, expr: ExprId) -> bool {
    match facts.expr(expr) {
        Expr::Member { object, property } => {
            facts.name(property) == "exports"
                && matches!(facts.expr(object), Expr::Global(name) if facts.name(name) == "module")
        }
        Expr::Assign { target, .. } => is_module_exports(facts, target),
        _ => false,
    }
}

/// Re-export chains longer than this are cycles.
const MAX_HOPS: u32 = 24;

impl Program {
    pub(super) fn imported(&self, file: u32, index: u32) -> Option<Exported> {
        let facts = &self.files[file as usize];
        let import = &facts.imports[index as usize];
        match &import.name {
            ImportedName::Default => self.name_in_module(file, import.specifier, "default", 0),
            ImportedName::Named(name) => self.name_in_module(file, import.specifier, facts.name(*name), 0),
            ImportedName::Namespace | ImportedName::SideEffect => self.module(file, import.specifier),
        }
    }

    /// The whole module behind a specifier.
    pub(super) fn module(&self, file: u32, specifier: NameId) -> Option<Exported> {
        match self.resolutions[file as usize].get(&specifier)? {
            Resolution::File(target) => Some(match self.handles.module(*target) {
                Some(package) => api(&package, ""),
                None => Exported::Module(*target),
            }),
            Resolution::Schema(schema) => Some(api(&format!("@prisma/client#{schema}"), "")),
            // `lodash/chunk` is `chunk` of lodash.
            Resolution::External { package, subpath }
                if matches!(package.as_str(), "lodash" | "lodash-es") =>
            {
                Some(api(package, subpath.trim_end_matches(".js").trim_matches('/')))
            }
            Resolution::External { package, subpath } => Some(api(&package_path(package, subpath), "")),
            Resolution::Asset | Resolution::Unresolved => None,
        }
    }

    fn name_in_module(&self, file: u32, specifier: NameId, name: &str, hops: u32) -> Option<Exported> {
        match self.module(file, specifier)? {
            Exported::Module(target) => self.exported(target, name, hops),
            Exported::Api(module) if name == "default" => Some(Exported::Api(module)),
            Exported::Api(module) => Some(Exported::Api(Arc::new(module.then(name)))),
            other => Some(other),
        }
    }

    /// What `name` stands for among the exports of `file`.
    pub(super) fn exported(&self, file: u32, name: &str, hops: u32) -> Option<Exported> {
        if hops > MAX_HOPS {
            return None;
        }
        if let Some(Value::Api(declared)) = self.declared_export(file, name) {
            return Some(Exported::Api(declared));
        }
        let facts = &self.files[file as usize];
        let table = &self.exports[file as usize];
        if name == "default"
            && let Some(value) = table.default
        {
            return Some(Exported::Place(Place { file, expr: value }));
        }
        if let Some(index) = table.by_name.get(name) {
            return match &facts.exports[*index as usize].target {
                ExportTarget::Value { value, .. } => Some(Exported::Place(Place { file, expr: *value })),
                ExportTarget::From { imported: None, specifier, .. } => self.module(file, *specifier),
                ExportTarget::From { imported: Some(imported), specifier, .. } => {
                    self.name_in_module(file, *specifier, facts.name(*imported), hops + 1)
                }
                _ => None,
            };
        }
        if name == "default" {
            return None;
        }
        let (mut external, mut weak) = (None, None);
        for specifier in &table.stars {
            match self.module(file, *specifier) {
                Some(Exported::Module(target)) => match self.exported(target, name, hops + 1) {
                    // What a module hands out whole may have any name: another that has it by name comes first.
                    Some(found @ Exported::MemberOfDefault(..)) => {
                        weak.get_or_insert(found);
                    }
                    None => {}
                    found => return found,
                },
                Some(Exported::Api(module)) => external = Some(Exported::Api(Arc::new(module.then(name)))),
                _ => {}
            }
        }
        if external.is_some() || weak.is_some() {
            return external.or(weak);
        }
        if let Some(place) = self.written_export(file, name) {
            return Some(Exported::Place(place));
        }
        // CommonJS: a property of `module.exports`.
        let default = Place { file, expr: table.default? };
        match facts.expr(default.expr) {
            Expr::Object(list) => {
                facts.property(list, name).map(|expr| Exported::Place(Place { file, expr }))
            }
            Expr::Symbol(_) | Expr::Call(_) | Expr::Class(_) => {
                Some(Exported::MemberOfDefault(default, name.to_owned()))
            }
            _ => None,
        }
    }
}

fn api(package: &str, path: &str) -> Exported {
    Exported::Api(Arc::new(Api { package: package.to_owned(), path: path.to_owned() }))
}

fn package_path(package: &str, subpath: &str) -> String {
    let subpath = subpath.trim_start_matches("./").trim_matches('/');
    if subpath.is_empty() { package.to_owned() } else { format!("{package}/{subpath}") }
}
