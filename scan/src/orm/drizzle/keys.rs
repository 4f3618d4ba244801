//! Indexes and keys of table constants: `(t) => [index('by_name').on(t.name), primaryKey({ columns: [t.a, t.b] })]`.

use tuneup_model::{Index, IndexMethod};

use super::tables::{Found, Reading, Reference, action, method_of};
use crate::facts::Expr;
use crate::objects::Given;
use crate::orm::{CallAt, argument, chain_of, method_name, root_of, text_at};
use crate::place::Place;

impl Reading<'_> {
    /// Indexes and keys, given as a list or an object, by a function.
    pub(super) fn extras(&self, at: Place) -> Vec<Place> {
        let Some(at) = self.result_of(at) else { return Vec::new() };
        let seen = self.reader.see(at);
        match seen.expr {
            Expr::Array(list) => self.reader.list(seen.place.file, list).collect(),
            _ => self.reader.object(at).entries.iter().map(|entry| entry.value).collect(),
        }
    }

    pub(super) fn extra(&self, at: Place, found: &mut Found) {
        let seen = self.reader.see(at);
        let Expr::Call(end) = seen.expr else { return };
        let file = seen.place.file;
        let chain: Vec<CallAt> = chain_of(self.program, CallAt { file, call: end })
            .into_iter()
            .map(|call| CallAt { file, call })
            .collect();
        let Some(root) = chain.last().copied() else { return };
        let kind = method_of(self.program, root).unwrap_or_default();
        let step =
            |wanted: &str| chain.iter().copied().find(|step| method_name(self.program, *step) == wanted);
        match kind {
            "index" | "uniqueIndex" | "unique" => {
                let using = step("using");
                let Some(on) = step("on").or_else(|| step("onOnly")).or(using) else { return };
                let skipped = usize::from(using == Some(on));
                let args = self.program.facts(file).args(on.call).iter().skip(skipped);
                let columns: Vec<String> =
                    args.map(|expr| self.key_part(Place { file, expr: *expr }, found)).collect();
                // Operator classes and directions are calls on the column.
                let facts = self.program.facts(file);
                let keys = facts.args(on.call).iter().skip(skipped);
                let tuned = keys.clone().any(|expr| matches!(facts.expr(*expr), Expr::Call(_)));
                let name = argument(self.program, root, 0).and_then(|at| text_at(self.program, at));
                let method = using.and_then(|using| text_at(self.program, argument(self.program, using, 0)?));
                found.draft.indexes.push(Index {
                    name: name.map(str::to_owned),
                    columns,
                    unique: kind != "index",
                    method: IndexMethod::named(method.unwrap_or("btree")),
                    partial: step("where").is_some(),
                    tuned,
                });
            }
            "primaryKey" => found.draft.primary_key = self.columns_of(root, "columns", found),
            "foreignKey" => self.foreign_key(root, step("onDelete"), at, found),
            _ => {}
        }
    }

    fn foreign_key(&self, root: CallAt, on_delete: Option<CallAt>, at: Place, found: &mut Found) {
        let columns = self.columns_of(root, "columns", found);
        let Some(options) = argument(self.program, root, 0) else { return };
        let options = self.result_of(options).unwrap_or(options);
        let Given::Sure(list) = self.reader.object(options).get("foreignColumns") else { return };
        let seen = self.reader.see(list);
        let Expr::Array(list) = seen.expr else { return };
        let targets = self.reader.list(seen.place.file, list).collect();
        let stated = on_delete.and_then(|step| text_at(self.program, argument(self.program, step, 0)?));
        let on_delete = action(stated.unwrap_or_default());
        found.references.push(Reference { columns, targets, on_delete, at });
    }

    /// The columns of a key: `{ columns: [t.a, t.b] }`, or all arguments.
    fn columns_of(&self, root: CallAt, name: &str, found: &Found) -> Vec<String> {
        let file = root.file;
        let args: Vec<Place> =
            self.program.facts(file).args(root.call).iter().map(|expr| Place { file, expr: *expr }).collect();
        let options = args.first().map(|at| self.result_of(*at).unwrap_or(*at));
        let listed = options.and_then(|at| match self.reader.object(at).get(name) {
            Given::Sure(at) => Some(self.reader.see(at)),
            _ => None,
        });
        let parts: Vec<Place> = match listed {
            Some(seen) => match seen.expr {
                Expr::Array(list) => self.reader.list(seen.place.file, list).collect(),
                _ => Vec::new(),
            },
            None => args,
        };
        parts.into_iter().map(|at| self.key_part(at, found)).collect()
    }

    /// A column of a key by its name in the database; an expression stands in parentheses.
    fn key_part(&self, at: Place, found: &Found) -> String {
        let facts = self.program.facts(at.file);
        let base = match facts.expr(at.expr) {
            Expr::Call(call) => root_of(self.program, CallAt { file: at.file, call }),
            _ => at.expr,
        };
        let column = match facts.expr(base) {
            Expr::Member { property, .. } => found.draft.column_of(facts.name(property)),
            _ => None,
        };
        column.unwrap_or_else(|| "(expression)".to_owned())
    }
}
