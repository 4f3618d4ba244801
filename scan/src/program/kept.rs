//! Functions that keep results: a map, field or variable that outlives the call stands before the query.

use rustc_hash::FxHashSet;

use crate::facts::{CallId, Expr, ExprId, NameId, Span, SymbolId, SymbolKind};

use super::Program;
use super::effects::Effects;
use super::reach::Reached;
use super::value::FnRef;

/// Something that outlives a call of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    /// A variable from outside the function.
    Symbol(SymbolId),
    /// `this.name`.
    Field(NameId),
}

impl Program {
    /// True where a function on the way looks something up that it fills itself, and only then asks on.
    pub(super) fn keeps_results(&self, reached: &Reached) -> bool {
        let query = &self.queries[reached.query as usize];
        let inner = reached.path.iter().skip(1).map(|hop| hop.call).chain([query.call]);
        reached.path.iter().zip(inner).any(|(hop, call)| self.asks_holder_first(hop.enters, call))
    }

    pub(super) fn cached_on_path(&self, reached: &Reached) -> bool {
        // A cache read in the function that queries: it asks Redis first.
        let Some(last) = reached.path.last() else { return false };
        self.graph.effects(last.enters).has_any(Effects::CACHE)
    }

    /// True where the function looks at something that it fills and outlives it, and only then makes the call.
    pub(crate) fn asks_holder_first(&self, function: FnRef, call: CallId) -> bool {
        let facts = self.facts(function.file);
        let it = facts.function(function.id);
        let at = facts.span(facts.call(call).expr);
        let before = it.returns.iter().filter(|it| facts.span(it.value).end < at.start);
        let guards = before.filter_map(|it| it.guard).chain(facts.call(call).guard);
        let mut held = FxHashSet::default();
        for guard in guards {
            let chain = std::iter::successors(Some(guard), |id| facts.guard(*id).parent);
            for test in chain.filter_map(|id| facts.guard(id).test) {
                self.holders_in(function.file, test, it.span, 0, &mut held);
            }
        }
        !held.is_empty() && self.fills_any(function, &held)
    }

    fn holder(&self, file: u32, expr: ExprId, own: Span) -> Option<Holder> {
        let facts = self.facts(file);
        match facts.expr(expr) {
            Expr::Symbol(symbol) if !own.contains(facts.symbol(symbol).span) => Some(Holder::Symbol(symbol)),
            Expr::Member { object, property } if facts.expr(object) == Expr::This => {
                Some(Holder::Field(property))
            }
            // A static field: `Config.loaded`.
            Expr::Member { object, property } => match facts.expr(object) {
                Expr::Symbol(symbol) if matches!(facts.symbol(symbol).kind, SymbolKind::Class(_)) => {
                    Some(Holder::Field(property))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What a test looks at, through variables of the function.
    fn holders_in(&self, file: u32, expr: ExprId, own: Span, depth: u32, held: &mut FxHashSet<Holder>) {
        if depth > 12 {
            return;
        }
        if let Some(holder) = self.holder(file, expr, own) {
            held.insert(holder);
            return;
        }
        let facts = self.facts(file);
        let mut again = |expr: ExprId| self.holders_in(file, expr, own, depth + 1, held);
        match facts.expr(expr) {
            Expr::Call(call) => {
                if let Expr::Member { object, property } = facts.expr(facts.call(call).callee)
                    && matches!(facts.name(property), "has" | "get" | "includes" | "find")
                {
                    again(object);
                }
            }
            Expr::Symbol(symbol) => facts.symbol(symbol).definition.into_iter().for_each(again),
            Expr::Index { object, .. } | Expr::Member { object, .. } => again(object),
            Expr::Not(inner) | Expr::Await(inner) | Expr::Cast { expr: inner, .. } => again(inner),
            Expr::Binary { left, right, .. } => {
                again(left);
                again(right);
            }
            Expr::Choice(list) => facts.list(list).iter().for_each(|item| again(*item)),
            _ => {}
        }
    }

    /// True where the function puts something into one of the holders.
    fn fills_any(&self, function: FnRef, held: &FxHashSet<Holder>) -> bool {
        let facts = self.facts(function.file);
        let own = facts.function(function.id).span;
        let is_held =
            |expr: ExprId| self.holder(function.file, expr, own).is_some_and(|it| held.contains(&it));
        let by_method = facts.calls.iter().any(|call| {
            matches!(facts.expr(call.callee), Expr::Member { object, property }
                if matches!(facts.name(property), "set" | "add") && is_held(object))
                && own.contains(facts.span(call.expr))
        });
        by_method
            || facts.exprs.iter().zip(&facts.spans).any(|(expr, at)| match expr {
                Expr::Assign { target, .. } if own.contains(*at) => match facts.expr(*target) {
                    Expr::Index { object, .. } => is_held(object),
                    _ => is_held(*target),
                },
                _ => false,
            })
    }
}
