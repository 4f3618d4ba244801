//! What a write feeds: the rows of one turn that another statement needs, and the locks that order them.
//!
//! Such writes cannot become one statement by themselves, so the rules on loops ask first.

use crate::facts::{CallId, Expr, ExprId, SymbolId};

use super::Program;
use super::effects::Effects;
use super::iterations::Iteration;
use super::taint::{Sources, Trace};
use super::targets::Target;

/// Who needs the row that a turn writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bond {
    /// Another statement of the turn, or this one needs the row of another.
    SameTurn,
    /// A statement of a later turn: the order of the rows matters.
    LaterTurn,
}

impl Program {
    /// How the row that a call writes binds the statements of the loop together.
    pub(super) fn bound_statements(&self, file: u32, call: CallId, iteration: &Iteration) -> Option<Bond> {
        let facts = self.facts(file);
        let inside: Vec<CallId> = (0..facts.calls.len() as u32)
            .map(CallId)
            .filter(|id| iteration.body.contains(facts.span(facts.call(*id).expr)))
            .filter(|id| self.call_effects(file, *id).has_any(Effects::DB))
            .collect();
        let of_call = |id: CallId| Sources { calls: [id].into_iter().collect(), ..Sources::default() };
        let needs = |id: CallId, sources: &Sources| Trace::new(facts, sources).args_depend(id);
        let result = of_call(call);
        let kept = self.kept_outside(file, &result, iteration);
        if needs(call, &result) || inside.iter().any(|id| needs(*id, &kept)) {
            return Some(Bond::LaterTurn);
        }
        // A call around this one holds it as its argument and needs nothing of it.
        let at = facts.span(facts.call(call).expr);
        let mut others = inside.iter().filter(|id| !facts.span(facts.call(**id).expr).contains(at));
        let bound = others.any(|id| {
            let writes = self.call_effects(file, *id).has_any(Effects::DB_WRITE);
            needs(*id, &result) || (writes && needs(call, &of_call(*id)))
        });
        bound.then_some(Bond::SameTurn)
    }

    /// The lists and maps from outside the loop that a result is put into.
    fn kept_outside(&self, file: u32, result: &Sources, iteration: &Iteration) -> Sources {
        let facts = self.facts(file);
        let outer = |expr: ExprId| match facts.expr(expr) {
            Expr::Symbol(symbol) if !iteration.body.contains(facts.symbol(symbol).span) => Some(symbol),
            _ => None,
        };
        let by_method = facts.calls.iter().enumerate().filter_map(|(n, it)| {
            let Expr::Member { object, property } = facts.expr(it.callee) else { return None };
            let keeps = matches!(facts.name(property), "set" | "push" | "add" | "unshift")
                && iteration.body.contains(facts.span(it.expr))
                && Trace::new(facts, result).args_depend(CallId(n as u32));
            keeps.then(|| outer(object)).flatten()
        });
        let by_index = facts.exprs.iter().zip(&facts.spans).filter_map(|(expr, at)| {
            let Expr::Assign { target, value } = *expr else { return None };
            let Expr::Index { object, .. } = facts.expr(target) else { return None };
            let keeps = iteration.body.contains(*at) && Trace::new(facts, result).depends(value);
            keeps.then(|| outer(object)).flatten()
        });
        let symbols: Vec<SymbolId> = by_method.chain(by_index).collect();
        Sources { symbols: symbols.into_iter().collect(), ..Sources::default() }
    }

    /// True where the query takes locks, or writes after a query of the same function that took some.
    pub(super) fn locks_rows(&self, file: u32, call: CallId, query: u32) -> bool {
        let facts = self.facts(file);
        let it = facts.call(call);
        let before = |other: &super::Query| {
            let found = facts.calls.get(other.call.index()).filter(|_| other.file == file);
            found.is_some_and(|other| {
                other.function == it.function && facts.span(other.expr).start < facts.span(it.expr).start
            })
        };
        let own = &self.queries[query as usize];
        takes_locks(own)
            || own.shape.operation.is_write()
                && matches!(self.target(file, call), Target::Query(_) | Target::Functions(..))
                && self.queries.iter().any(|other| takes_locks(other) && before(other))
    }
}

fn takes_locks(query: &super::Query) -> bool {
    query.shape.sql.as_ref().is_some_and(|sql| {
        let sql = sql.to_ascii_lowercase();
        let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        ["for update", "for no key update", "for share", "for key share", "pg_advisory", "lock table"]
            .iter()
            .any(|lock| words.contains(lock))
    })
}
