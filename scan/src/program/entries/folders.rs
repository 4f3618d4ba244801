//! Modules that a program loads by a computed name: ``require(`./${name}`)`` calls what a folder holds.

use super::{Entry, EntryKind};
use crate::facts::{BinaryOp, CallId, Expr, ExprId};
use crate::program::Program;
use crate::program::roles::Role;
use crate::program::targets::Target;
use crate::program::value::{FnRef, Value};
use crate::resolve::path;

impl Program {
    /// The functions of modules that a file loads by a computed name.
    pub(super) fn folder_entries(&self, file: u32, entries: &mut Vec<Entry>) {
        let facts = &self.files[file as usize];
        let own = facts.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (n, target) in self.targets[file as usize].iter().enumerate() {
            let loads =
                matches!(target, Target::Api(api) if api.package == "global" && api.path == "require");
            let Some(start) = facts.args(CallId(n as u32)).first().filter(|_| loads) else { continue };
            let Some(prefix) = self.leading_literal(file, *start) else { continue };
            let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
            if !prefix.starts_with('.') {
                continue;
            }
            let Some(folder) = path::join(own, folder) else { continue };
            for (module, loaded) in self.files.iter().enumerate() {
                let Some(rest) = loaded.path.strip_prefix(&folder).and_then(|rest| rest.strip_prefix('/'))
                else {
                    continue;
                };
                let depth = rest.matches('/').count();
                let is_direct = depth == 0 || (depth == 1 && rest.contains("/index."));
                if is_direct && module != file as usize && self.roles[module] == Role::App {
                    for (label, function) in self.module_functions(module as u32) {
                        entries.push(Entry { function, kind: EntryKind::Callback, label });
                    }
                }
            }
        }
    }

    fn leading_literal(&self, file: u32, expr: ExprId) -> Option<&str> {
        let facts = &self.files[file as usize];
        match facts.expr(expr) {
            Expr::Template(list) if list.len > 1 => match facts.expr(*facts.list(list).first()?) {
                Expr::Str(text) => Some(facts.name(text)),
                _ => None,
            },
            Expr::Binary { op: BinaryOp::Add, left, .. } => match facts.expr(left) {
                Expr::Str(text) => Some(facts.name(text)),
                _ => self.leading_literal(file, left),
            },
            _ => None,
        }
    }

    /// The functions that a module exports, by name, with those that mixins add.
    pub(super) fn module_functions(&self, file: u32) -> Vec<(String, FnRef)> {
        let mut names = self.export_names(file);
        names.sort_unstable();
        names.dedup();
        let functions = names.into_iter().filter_map(|name| {
            let exported = self.exported(file, &name, 0)?;
            match self.exported_value(&exported) {
                Value::Function(function) | Value::Memoized(function, _) => Some((name, function)),
                _ => None,
            }
        });
        functions.collect()
    }
}
