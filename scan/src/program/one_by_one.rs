//! Loops that wait in each turn: what says that they go one by one for a reason.
//!
//! Most loops with an `await` do: a turn needs what an earlier one found, the loop stops at the first that fits, a pause
//! spares the other side, a page follows a page. Only a loop of which nothing of that is seen is worth a word.

use super::Program;
use super::effects::Effects;
use super::iterations::{Concurrency, Form, Iteration, LoopClass, callee_name};
use super::lengths::Supply;
use super::reach::Hop;
use super::taint::{Sources, Trace};
use super::targets::Target;
use crate::facts::{CallId, ExitKind, Expr, FileFacts, GuardKind, LoopId, Span, SymbolId};

impl Program {
    /// True where each turn of the loop waits for the call, and nothing seen says that the turns must wait for each other.
    pub(crate) fn waits_needlessly(&self, file: u32, call: CallId, iterations: &[Iteration]) -> bool {
        let Some(iteration) = iterations.first() else { return false };
        let Form::Loop(id) = iteration.form else { return false };
        let facts = self.facts(file);
        iteration.class == LoopClass::Collection
            && iteration.concurrency == Concurrency::Sequential
            && is_awaited(facts, call)
            && !self.is_on_error_path(file, facts.call(call).guard, iteration.body)
            && !self.runs_after_failure(iteration)
            && !leaves(facts, id)
            && !self.is_paced(file, iteration)
            && !self.needs_earlier_turn(file, call, iteration)
            && !self.is_behind_cache(file, call, iteration)
            && !self.is_kept(file, call)
            && !self.is_for_one_element(file, call, iteration)
            && !self.is_debounced(iteration)
            && !self.transaction_around(file, call, facts.function(crate::facts::FnId(0)).span)
            && !iterations[1..].iter().any(|outer| {
                matches!(outer.class, LoopClass::Retry | LoopClass::Poll) || self.is_paced(file, outer)
            })
    }

    /// True where each turn of the loop leads to these effects beside the call.
    pub(crate) fn also_does(&self, file: u32, call: CallId, iteration: &Iteration, effects: Effects) -> bool {
        let facts = self.facts(file);
        facts.calls.iter().enumerate().any(|(n, it)| {
            n != call.index()
                && iteration.body.contains(facts.span(it.expr))
                && self.call_effects(file, CallId(n as u32)).has_any(effects)
        })
    }

    /// How a list of unknown length comes to the loop: the calls that hand it down. None for one that stays short.
    pub(crate) fn long_list(&self, iteration: &Iteration) -> Option<Vec<Hop>> {
        match self.supply(iteration) {
            Supply::Short(_) => None,
            Supply::Open(way) => Some(way),
        }
    }

    /// A pause in each turn: `await sleep(100)`, a limiter, or what its name calls one.
    fn is_paced(&self, file: u32, iteration: &Iteration) -> bool {
        let facts = self.facts(file);
        facts.calls.iter().enumerate().any(|(n, it)| {
            iteration.body.contains(facts.span(it.expr))
                && (self.direct_effects(file, CallId(n as u32)).has_any(Effects::SLEEP)
                    || names_a_pause(callee_name(facts, it.callee))
                    || matches!(self.target(file, CallId(n as u32)),
                        Target::Functions(functions, _) if functions.iter().any(|it| self.is_sleep(*it))))
        })
    }

    /// Variables from before the body that it gives a new value or puts something into.
    fn carried(&self, file: u32, body: Span) -> impl Iterator<Item = SymbolId> + '_ {
        let facts = self.facts(file);
        let filled = facts.calls.iter().enumerate().filter_map(move |(n, it)| match facts.expr(it.callee) {
            Expr::Member { object, property }
                if body.contains(facts.span(it.expr))
                    && !matches!(self.target(file, CallId(n as u32)),
                    Target::Api(api) if api.package != "global")
                    && matches!(
                        facts.name(property),
                        "set" | "add" | "push" | "unshift" | "delete" | "pop" | "shift"
                    ) =>
            {
                match facts.expr(object) {
                    Expr::Symbol(symbol) => Some(symbol),
                    _ => None,
                }
            }
            _ => None,
        });
        let assigned = facts.symbols.iter().enumerate().filter_map(move |(n, it)| {
            let inside = it.assignments.iter().any(|value| body.contains(facts.span(*value)));
            inside.then_some(SymbolId(n as u32))
        });
        let written = facts.exprs.iter().zip(&facts.spans).filter_map(move |(expr, at)| match expr {
            Expr::Assign { target, .. } if body.contains(*at) => match facts.expr(*target) {
                Expr::Index { object, .. } => match facts.expr(object) {
                    Expr::Symbol(symbol) => Some(symbol),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        });
        filled.chain(assigned).chain(written).filter(move |symbol| !body.contains(facts.symbol(*symbol).span))
    }

    /// True where what the call is given, or whether it is made at all, comes from an earlier turn.
    fn needs_earlier_turn(&self, file: u32, call: CallId, iteration: &Iteration) -> bool {
        let facts = self.facts(file);
        let carried = Sources { symbols: self.carried(file, iteration.body).collect(), ..Sources::default() };
        if carried.symbols.is_empty() {
            return false;
        }
        let guards = std::iter::successors(facts.call(call).guard, |id| facts.guard(*id).parent)
            .map(|id| facts.guard(id))
            .filter(|it| it.kind != GuardKind::Try && iteration.body.contains(it.span));
        let mut tests = guards.filter_map(|it| it.test);
        // `if (seen.has(x)) continue;` stands before the call, not around it.
        let mut skips = facts.guards.iter().filter(|it| {
            iteration.body.contains(it.span) && it.span.end <= facts.span(facts.call(call).expr).start
        });
        // Another step of the turn may need it: `create({ position: next++ })`.
        let mut steps = facts.calls.iter().enumerate().filter(|(n, it)| {
            iteration.body.contains(facts.span(it.expr))
                && !self.call_effects(file, CallId(*n as u32)).is_none()
        });
        Trace::new(facts, &carried).call_depends(call)
            || steps.any(|(n, _)| Trace::new(facts, &carried).args_depend(CallId(n as u32)))
            || tests.any(|test| Trace::new(facts, &carried).depends(test))
            || skips.any(|it| it.test.is_some_and(|test| Trace::new(facts, &carried).depends(test)))
    }
}

/// A loop that is left before its end: it looks for something, or has a budget.
fn leaves(facts: &FileFacts, id: LoopId) -> bool {
    facts.loop_(id).exits.iter().any(|exit| matches!(exit.kind, ExitKind::Break | ExitKind::Return))
}

/// True where the program waits for the call, or for the chain of methods that it begins.
pub(crate) fn is_awaited(facts: &FileFacts, call: CallId) -> bool {
    let mut expr = facts.call(call).expr;
    for _ in 0..8 {
        if facts.calls.iter().any(|it| it.expr == expr && it.awaited) {
            return true;
        }
        let next = facts
            .calls
            .iter()
            .find(|it| matches!(facts.expr(it.callee), Expr::Member { object, .. } if object == expr));
        match next {
            Some(outer) => expr = outer.expr,
            None => return false,
        }
    }
    false
}

fn names_a_pause(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["sleep", "delay", "pause", "throttle", "ratelimit", "backoff"].iter().any(|word| name.contains(word))
        || matches!(name.as_str(), "wait" | "settimeout" | "waitfor" | "acquire")
}
