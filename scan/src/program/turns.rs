//! What a turn of a loop is: how often it really comes to the query, and how much else it does.

use super::Program;
use super::iterations::Iteration;
use super::taint::{Sources, Trace};
use super::targets::Target;
use crate::facts::{BinaryOp, CallId, Expr, ExprId, GuardKind};

impl Program {
    /// True where the call waits for one element alone: `for (const key of keys) if (key === 'state') …`.
    pub(super) fn is_for_one_element(&self, file: u32, call: CallId, iteration: &Iteration) -> bool {
        let facts = self.facts(file);
        let mut guards = std::iter::successors(facts.call(call).guard, |id| facts.guard(*id).parent)
            .map(|id| facts.guard(id))
            .filter(|it| iteration.body.contains(it.span));
        guards.any(|guard| match (guard.kind, guard.test) {
            (GuardKind::If | GuardKind::And, Some(test)) => self.picks_element(iteration, test, 0),
            (GuardKind::Case, Some(test)) => match facts.expr(test) {
                Expr::Other(parts) => match facts.list(parts) {
                    [asked, label, ..] => {
                        is_text(facts.expr(*label)) && self.is_element(iteration, *asked, 0)
                    }
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        })
    }

    /// `key === 'state'`, also with more conditions.
    fn picks_element(&self, iteration: &Iteration, test: ExprId, depth: u32) -> bool {
        let facts = self.facts(iteration.file);
        match facts.expr(test) {
            Expr::Binary { op: BinaryOp::Equal, left, right } => {
                (is_text(facts.expr(right)) && self.is_element(iteration, left, 0))
                    || (is_text(facts.expr(left)) && self.is_element(iteration, right, 0))
            }
            Expr::Choice(list) if depth < 4 => {
                facts.list(list).iter().any(|part| self.picks_element(iteration, *part, depth + 1))
            }
            _ => false,
        }
    }

    /// True for the element itself, or the key of an entry; not for what it holds.
    fn is_element(&self, iteration: &Iteration, expr: ExprId, depth: u32) -> bool {
        let facts = self.facts(iteration.file);
        match facts.expr(expr) {
            Expr::Symbol(symbol) => match facts.symbol(symbol).definition {
                Some(definition) if depth < 4 => self.is_element(iteration, definition, depth + 1),
                _ => iteration.sources.symbols.contains(&symbol),
            },
            Expr::Param { function, index } => iteration.sources.params.contains(&(function, index)),
            Expr::Element(list) => iteration.collection == Some(list),
            Expr::Item { object, n: 0 } if depth < 4 => self.is_element(iteration, object, depth + 1),
            _ => false,
        }
    }

    /// True where each element names the table: `getRepository(field.entity).findOne(…)`.
    pub(super) fn chooses_table(&self, file: u32, call: CallId, iteration: &Iteration) -> bool {
        let facts = self.facts(file);
        let mut next = facts.call(call).callee;
        for _ in 0..16 {
            let Expr::Member { object, .. } = facts.expr(next) else { return false };
            let mut object = object;
            if let Expr::Symbol(symbol) = facts.expr(object) {
                match facts.symbol(symbol).definition {
                    Some(definition) if facts.symbol(symbol).assignments.is_empty() => object = definition,
                    _ => return false,
                }
            }
            match facts.expr(object) {
                Expr::Call(made) => {
                    let name = super::iterations::callee_name(facts, facts.call(made).callee);
                    if matches!(
                        name,
                        "getRepository" | "getTreeRepository" | "getModel" | "model" | "collection"
                    ) {
                        return Trace::new(facts, &iteration.sources).args_depend(made);
                    }
                    next = facts.call(made).callee;
                }
                Expr::Index { index, .. } => return Trace::new(facts, &iteration.sources).depends(index),
                Expr::Member { .. } => next = object,
                _ => return false,
            }
        }
        false
    }

    /// True where the list was gathered while a timer was put off: `clearTimeout(timer); timer = setTimeout(flush)`.
    pub(super) fn is_debounced(&self, iteration: &Iteration) -> bool {
        let facts = self.facts(iteration.file);
        let mut function = iteration.function;
        for _ in 0..8 {
            let it = facts.function(function);
            if let Some((at, _)) = it.argument_of
                && self.is_global(iteration.file, at, "setTimeout")
            {
                let around = facts.call(at).function;
                return facts.calls.iter().enumerate().any(|(n, call)| {
                    call.function == around
                        && self.is_global(iteration.file, CallId(n as u32), "clearTimeout")
                });
            }
            match it.parent {
                Some(parent) => function = parent,
                None => return false,
            }
        }
        false
    }

    fn is_global(&self, file: u32, call: CallId, name: &str) -> bool {
        matches!(self.target(file, call), Target::Api(api) if api.package == "global" && api.path == name)
    }

    /// True where what the query asks by comes from a row that the same turn makes before.
    pub(super) fn asks_by_new_row(&self, file: u32, call: CallId, iteration: &Iteration) -> bool {
        let facts = self.facts(file);
        let at = facts.span(facts.call(call).expr);
        let made = (0..facts.calls.len() as u32).map(CallId).filter(|id| {
            let span = facts.span(facts.call(*id).expr);
            *id != call && iteration.body.contains(span) && span.end <= at.start && self.makes_row(file, *id)
        });
        let made = Sources { calls: made.collect(), ..Sources::default() };
        !made.calls.is_empty() && Trace::new(facts, &made).args_depend(call)
    }
}

fn is_text(expr: Expr) -> bool {
    matches!(expr, Expr::Str(_))
}
