//! What a write in a loop gives to each row, where its values are told by name.

use crate::facts::{Expr, ExprId, PropKey};
use crate::program::Program;
use crate::program::repeated::Repeated;
use crate::program::taint::Trace;

/// How deep the values of a row are looked at.
const MAX_DEPTH: u32 = 6;

impl Program {
    /// False only where an update is seen to give every row the same values.
    pub(crate) fn gives_rows_other_values(&self, it: &Repeated) -> bool {
        let facts = self.facts(it.file);
        match self.values_written(it) {
            Some(values) => Trace::new(facts, &it.iteration.sources).depends(values),
            None => true,
        }
    }

    /// True where the row is tied to others within the write: `tags: { connect: … }`.
    pub(crate) fn ties_rows_within(&self, it: &Repeated) -> bool {
        self.values_written(it).is_some_and(|values| self.has_nested_write(it.file, values, 0))
    }

    /// `data` of `update({ where, data })`, or what `.set(…)` is given.
    fn values_written(&self, it: &Repeated) -> Option<ExprId> {
        if !it.path.is_empty() {
            return None;
        }
        let facts = self.facts(it.file);
        let query = &self.queries[it.query as usize];
        let set = query.parts.iter().find(|part| {
            matches!(facts.expr(facts.call(**part).callee),
                Expr::Member { property, .. } if facts.name(property) == "set")
        });
        if let Some(set) = set.filter(|_| query.file == it.file) {
            return facts.args(*set).first().copied();
        }
        match facts.expr(*facts.args(it.call).first()?) {
            Expr::Object(list) => facts.property(list, "data").or_else(|| facts.property(list, "create")),
            _ => None,
        }
    }

    fn has_nested_write(&self, file: u32, expr: ExprId, depth: u32) -> bool {
        let facts = self.facts(file);
        let Expr::Object(list) = facts.expr(expr) else { return false };
        depth < MAX_DEPTH
            && facts.props(list).iter().any(|prop| {
                let nests = depth > 0
                    && matches!(prop.key, PropKey::Name(name)
                        if matches!(facts.name(name), "connect" | "connectOrCreate" | "createMany"));
                nests || self.has_nested_write(file, prop.value, depth + 1)
            })
    }
}
