//! What else a turn does beside the query: lookups in a map kept outside the loop, waits for the network.

use rustc_hash::FxHashSet;

use super::SLOW;
use crate::facts::{BinaryOp, CallId, ExitKind, Expr, SymbolId};
use crate::program::Program;
use crate::program::iterations::{Form, Iteration, LoopClass};
use crate::program::lengths::Supply;
use crate::program::taint::Sources;
use crate::program::targets::Target;
use crate::program::value::FnRef;

impl Program {
    /// `if (!seen.has(x)) seen.set(x, await find(x))`: a map from outside the loop stands before the call.
    pub(in crate::program) fn is_behind_cache(&self, file: u32, call: CallId, iteration: &Iteration) -> bool {
        let facts = self.facts(file);
        let guards = std::iter::successors(facts.call(call).guard, |id| facts.guard(*id).parent);
        let mut tests = guards.filter_map(|id| facts.guard(id).test);
        tests.any(|test| {
            let looked_up = self.lookup_symbols(file, test);
            looked_up.into_iter().any(|symbol| {
                !iteration.body.contains(facts.symbol(symbol).span)
                    && self.is_filled_in(file, symbol, iteration)
            })
        })
    }

    /// Symbols whose entries a test looks at: `m` of `m.has(x)`, `m.get(x)`, `m[x]`, through local variables.
    pub(in crate::program) fn lookup_symbols(&self, file: u32, test: crate::facts::ExprId) -> Vec<SymbolId> {
        let facts = self.facts(file);
        let mut found = Vec::new();
        let mut pending = vec![(test, 0)];
        while let Some((expr, depth)) = pending.pop() {
            if depth > 12 {
                continue;
            }
            let symbol_of = |expr| match facts.expr(expr) {
                Expr::Symbol(symbol) => Some(symbol),
                _ => None,
            };
            match facts.expr(expr) {
                Expr::Call(call) => {
                    if let Expr::Member { object, property } = facts.expr(facts.call(call).callee)
                        && matches!(facts.name(property), "has" | "get" | "includes" | "find" | "some")
                    {
                        found.extend(symbol_of(object));
                    }
                }
                Expr::Index { object, .. } => found.extend(symbol_of(object)),
                Expr::Binary { op: BinaryOp::In, right, .. } => found.extend(symbol_of(right)),
                Expr::Symbol(symbol) => {
                    let it = facts.symbol(symbol);
                    pending.extend(it.definition.map(|expr| (expr, depth + 1)));
                }
                Expr::Not(inner) | Expr::Await(inner) | Expr::Cast { expr: inner, .. } => {
                    pending.push((inner, depth + 1));
                }
                Expr::Binary { left, right, .. } => pending.extend([(left, depth + 1), (right, depth + 1)]),
                Expr::Choice(list) | Expr::Other(list) => {
                    pending.extend(facts.list(list).iter().map(|item| (*item, depth + 1)));
                }
                Expr::Member { object, .. } => pending.push((object, depth + 1)),
                _ => {}
            }
        }
        found
    }

    pub(in crate::program) fn is_filled_in(
        &self,
        file: u32,
        symbol: SymbolId,
        iteration: &Iteration,
    ) -> bool {
        let facts = self.facts(file);
        let by_method = facts.calls.iter().any(|call| {
            iteration.body.contains(facts.span(call.expr))
                && matches!(facts.expr(call.callee), Expr::Member { object, property }
                    if facts.expr(object) == Expr::Symbol(symbol) && matches!(facts.name(property), "set" | "add" | "push"))
        });
        by_method
            || facts.exprs.iter().zip(&facts.spans).any(|(expr, at)| match expr {
                Expr::Assign { target, .. } if iteration.body.contains(*at) => {
                    matches!(facts.expr(*target), Expr::Index { object, .. } if facts.expr(object) == Expr::Symbol(symbol))
                }
                _ => false,
            })
    }

    /// True where the call leads to the network no later than to the query, `hops` calls away.
    pub(in crate::program) fn is_slower_on_the_way(&self, file: u32, call: CallId, hops: usize) -> bool {
        if !self.call_effects(file, call).has_any(SLOW) {
            return false;
        }
        let mut layer = match self.target(file, call) {
            Target::Functions(targets, _) => targets.clone(),
            _ => return true,
        };
        let mut seen: FxHashSet<FnRef> = layer.iter().copied().collect();
        for _ in 0..hops.max(1) {
            let mut next = Vec::new();
            for function in &layer {
                for (inner, _) in self.calls_in_place(*function) {
                    if self.direct_effects(function.file, inner).has_any(SLOW) {
                        return true;
                    }
                    if let Target::Functions(targets, _) = self.target(function.file, inner) {
                        let slow = targets.iter().filter(|it| self.graph.effects(**it).has_any(SLOW));
                        next.extend(slow.filter(|it| seen.insert(**it)).copied());
                    }
                }
            }
            layer = next;
        }
        false
    }

    /// True where an awaited call of the same turn leaves for the network. With `beside`, only another call than this,
    /// and one that runs in every turn.
    pub(in crate::program) fn turn_waits_for_slower(
        &self,
        file: u32,
        iteration: &Iteration,
        beside: Option<CallId>,
    ) -> bool {
        let facts = self.facts(file);
        let is_guarded = |it: &crate::facts::Call| {
            it.guard.is_some_and(|guard| {
                let mut chain = std::iter::successors(Some(guard), |id| facts.guard(*id).parent);
                chain.any(|id| {
                    facts.guard(id).test.is_some_and(|test| iteration.body.contains(facts.span(test)))
                })
            })
        };
        facts.calls.iter().enumerate().any(|(n, it)| {
            it.awaited
                && iteration.body.contains(facts.span(it.expr))
                && self.is_in_place(file, it.function, iteration)
                && beside.is_none_or(|call| {
                    n != call.index() && !is_guarded(it) && !self.decides(file, iteration, call, it)
                })
                && self.call_effects(file, CallId(n as u32)).has_any(SLOW)
        })
    }

    /// True where the turn ends before another call by what the query found: `if (done) continue;`.
    fn decides(&self, file: u32, iteration: &Iteration, query: CallId, later: &crate::facts::Call) -> bool {
        let facts = self.facts(file);
        let (from, to) = (facts.span(facts.call(query).expr).end, facts.span(later.expr).start);
        let sources = Sources { calls: [query].into_iter().collect(), ..Sources::default() };
        let is_between = |start: u32| from <= start && start < to;
        match iteration.form {
            Form::Loop(id) => facts.loop_(id).exits.iter().any(|exit| {
                exit.kind == ExitKind::Continue
                    && is_between(exit.span.start)
                    && self.guards_depend(file, exit.guard, &sources)
            }),
            Form::Callback { function, .. } => facts.function(function).returns.iter().any(|it| {
                is_between(facts.span(it.value).start) && self.guards_depend(file, it.guard, &sources)
            }),
        }
    }

    /// True where code of `function` runs within the turn.
    pub(in crate::program) fn is_in_place(
        &self,
        file: u32,
        function: crate::facts::FnId,
        iteration: &Iteration,
    ) -> bool {
        let facts = self.facts(file);
        let mut function = function;
        for _ in 0..16 {
            if function == iteration.function
                || matches!(iteration.form, Form::Callback { function: body, .. } if body == function)
            {
                return true;
            }
            match self.runs_at(FnRef { file, id: function }) {
                Some(at) => function = facts.call(at).function,
                None => return false,
            }
        }
        false
    }

    /// True where the list is one of many that another function of the program brings, one after the other: all there
    /// is, piece by piece.
    pub(in crate::program) fn comes_in_batches(&self, file: u32, iteration: &Iteration) -> bool {
        let Some(collection) = iteration.collection else { return false };
        let Some((closure, index)) = self.parameter(file, collection) else { return false };
        let Some((call, position)) = self.facts(file).function(closure).argument_of else { return false };
        let Target::Functions(targets, _) = self.target(file, call) else { return false };
        index == 0
            && targets.iter().any(|target| {
                self.facts(target.file).calls.iter().any(|inner| {
                    inner.in_loop.is_some()
                        && self.parameter(target.file, inner.callee) == Some((target.id, position))
                })
            })
    }

    /// True where a loop around runs over a list that may be long.
    pub(in crate::program) fn is_nested(&self, outer: &[Iteration]) -> bool {
        outer.iter().any(|it| it.class == LoopClass::Collection && matches!(self.supply(it), Supply::Open(_)))
    }
}
