//! What other files add to the exports of a module: `require('./create')(Topics)` where that file says
//! `module.exports = (Topics) => { Topics.create = … }`.

use rustc_hash::FxHashMap;

use super::Program;
use super::value::{FnRef, Value};
use crate::facts::{Expr, ExprId, FileFacts, SymbolId};
use crate::place::Place;

/// Functions that a module hands its exports to, with the position of that argument, by file.
pub(super) type Mixins = FxHashMap<u32, Vec<(FnRef, u32)>>;

impl Program {
    /// Finds the mixins of all files, before values are asked for.
    pub(super) fn find_mixins(&mut self) {
        let mut mixins = Mixins::default();
        self.own_exports = (0..self.files.len() as u32).map(|file| self.exports_symbols(file)).collect();
        for (file, facts) in self.files.iter().enumerate() {
            let file = file as u32;
            let own = &self.own_exports[file as usize];
            // Without CommonJS there is nothing to hand out.
            if own.is_empty() && self.exports[file as usize].default.is_none() {
                continue;
            }
            for call in &facts.calls {
                for (position, arg) in facts.list(call.args).iter().enumerate() {
                    let is_exports = match facts.expr(*arg) {
                        Expr::Symbol(symbol) => own.contains(&symbol),
                        _ => self.is_own_exports(file, *arg),
                    };
                    if !is_exports {
                        continue;
                    }
                    let callee = self.eval(Place { file, expr: call.callee });
                    let function = match callee {
                        Value::Function(function) => Some(function),
                        Value::Module(module) => self.default_function(module),
                        _ => None,
                    };
                    if let Some(function) = function {
                        mixins.entry(file).or_default().push((function, position as u32));
                    }
                }
            }
        }
        self.mixins = mixins;
        self.cache.borrow_mut().clear();
        self.returns.borrow_mut().clear();
        self.typed.borrow_mut().clear();
    }

    /// Variables that stand for the exports of their file: `const Topics = module.exports`, `module.exports = Topics`.
    fn exports_symbols(&self, file: u32) -> Vec<SymbolId> {
        let facts = &self.files[file as usize];
        let mut found: Vec<SymbolId> = Vec::new();
        if let Some(Expr::Symbol(symbol)) = self.exports[file as usize].default.map(|it| facts.expr(it)) {
            found.push(symbol);
        }
        found.extend(&self.exports[file as usize].aliases);
        found
    }

    /// The names that a module exports, with what it and its mixins write to its exports.
    pub(super) fn export_names(&self, file: u32) -> Vec<String> {
        let facts = &self.files[file as usize];
        let table = &self.exports[file as usize];
        let mut names: Vec<String> = table.by_name.keys().cloned().collect();
        names.extend(table.default.map(|_| "default".to_owned()));
        let own = &self.own_exports[file as usize];
        let written = facts.property_writes.iter().filter(|write| own.contains(&write.symbol));
        names.extend(written.map(|write| facts.name(write.name).to_owned()));
        for (function, position) in self.mixins.get(&file).into_iter().flatten() {
            let facts = &self.files[function.file as usize];
            let written = facts.property_writes.iter().filter(|write| {
                facts.symbol(write.symbol).definition.is_some_and(|it| {
                    facts.expr(it) == Expr::Param { function: function.id, index: *position }
                })
            });
            names.extend(written.map(|write| facts.name(write.name).to_owned()));
        }
        names
    }

    /// A property that the program writes to the exports of a file, there or in a mixin.
    pub(super) fn written_export(&self, file: u32, name: &str) -> Option<Place> {
        let facts = &self.files[file as usize];
        if facts.property_writes.is_empty() && !self.mixins.contains_key(&file) {
            return None;
        }
        let own = &self.own_exports[file as usize];
        let written = |facts: &FileFacts, is_exports: &dyn Fn(SymbolId) -> bool| -> Option<ExprId> {
            let mut writes = facts.property_writes.iter().rev();
            writes
                .find(|write| is_exports(write.symbol) && facts.name(write.name) == name)
                .map(|write| write.value)
        };
        if let Some(expr) = written(facts, &|symbol| own.contains(&symbol)) {
            return Some(Place { file, expr });
        }
        self.mixins.get(&file).into_iter().flatten().find_map(|(function, position)| {
            let facts = &self.files[function.file as usize];
            let is_parameter = |symbol: SymbolId| {
                facts.symbol(symbol).definition.is_some_and(|it| {
                    matches!(facts.expr(it), Expr::Param { function: owner, index }
                        if owner == function.id && index == *position)
                })
            };
            let expr = written(facts, &is_parameter)?;
            Some(Place { file: function.file, expr })
        })
    }
}
