//! Which table a repeated query asks, where no name is seen: the same for all elements, or one of each element's own.

use super::Program;
use super::iterations::Iteration;
use super::taint::Trace;
use super::targets::Query;
use crate::facts::{CallId, Expr, ExprId, FileFacts, FnId};
use crate::orm::{self, CallAt};

/// What decides which table a query asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableBond {
    /// The same for all elements.
    Fixed,
    /// The element: one statement for all is not possible.
    Element,
    Open,
}

impl Program {
    /// What the table of a query that is not known by name hangs on.
    pub(super) fn table_bond(
        &self,
        file: u32,
        call: CallId,
        asked: &Query,
        iterations: &[Iteration],
    ) -> TableBond {
        if asked.shape.table.name().is_some() || asked.model.is_some() {
            return TableBond::Fixed;
        }
        let Some(built) = asked.built.or_else(|| asked.texts.first().copied()) else {
            return TableBond::Open;
        };
        let facts = self.facts(file);
        let orm = orm::of_handle(built.handle);
        let begin = (built.begin.file == file).then_some(built.begin.call);
        let steps = begin.into_iter().chain(asked.parts.iter().copied()).chain([call]);
        let mut bond = TableBond::Open;
        for step in steps.filter(|step| orm.names_table(orm::method_name(self, CallAt { file, call: *step })))
        {
            let Some(table) = facts.args(step).first() else { continue };
            if iterations.iter().any(|it| Trace::new(facts, &it.sources).depends(*table)) {
                return TableBond::Element;
            }
            // A text that is written elsewhere may name the table of another element there.
            let is_own = facts.call(step).function == facts.call(call).function
                || declared_in(facts, *table) == Some(facts.call(call).function);
            bond = if is_own { TableBond::Fixed } else { TableBond::Open };
        }
        bond
    }
}

/// The function that declares the variable behind an expression.
fn declared_in(facts: &FileFacts, expr: ExprId) -> Option<FnId> {
    match facts.expr(expr) {
        Expr::Symbol(symbol) => Some(facts.symbol(symbol).function),
        Expr::Param { function, .. } => Some(function),
        Expr::Member { object, .. } => declared_in(facts, object),
        _ => None,
    }
}
