//! Loops that stop: at the first result that fits, which is a search, or because something is missing, which is not.

use super::Program;
use super::iterations::{Form, Iteration};
use super::taint::{Sources, Trace};
use crate::facts::{BinaryOp, CallId, Exit, ExitKind, Expr, GuardId, GuardKind};

impl Program {
    /// True where a `break` or `return` after the call depends on its result, or always comes.
    pub(super) fn exits_early(&self, iteration: &Iteration, call: CallId) -> bool {
        let Form::Loop(id) = iteration.form else { return false };
        let facts = self.facts(iteration.file);
        let it = facts.call(call);
        let at = facts.span(it.expr);
        let sources = Sources { calls: [call].into_iter().collect(), ..Sources::default() };
        facts.loop_(id).exits.iter().any(|exit| {
            let leaves = matches!(exit.kind, ExitKind::Break | ExitKind::Return);
            let follows =
                exit.span.start >= at.end || (exit.span.start <= at.start && exit.span.end >= at.end);
            leaves
                && follows
                && !self.gives_up(iteration.file, exit.guard)
                && (self.always_comes(iteration, exit, it.guard)
                    || self.guards_depend(iteration.file, exit.guard, &sources))
        })
    }

    /// True where the exit comes because something is missing: `if (!found) return`, `if (x === null) return`.
    fn gives_up(&self, file: u32, guard: Option<GuardId>) -> bool {
        let facts = self.facts(file);
        let Some(guard) = guard.map(|id| facts.guard(id)) else { return false };
        guard.kind == GuardKind::If
            && match guard.test.map(|test| facts.expr(test)) {
                Some(Expr::Not(_)) => true,
                Some(Expr::Binary { op: BinaryOp::Equal, right, .. }) => {
                    matches!(facts.expr(right), Expr::Null | Expr::Undefined | Expr::Number(0.0))
                }
                _ => false,
            }
    }

    fn always_comes(&self, iteration: &Iteration, exit: &Exit, guard: Option<GuardId>) -> bool {
        let facts = self.facts(iteration.file);
        let strip = |guard: Option<GuardId>| {
            std::iter::successors(guard, |id| facts.guard(*id).parent)
                .find(|id| !matches!(facts.guard(*id).kind, GuardKind::Try))
        };
        strip(exit.guard) == strip(guard)
    }

    pub(super) fn guards_depend(&self, file: u32, guard: Option<GuardId>, sources: &Sources) -> bool {
        let facts = self.facts(file);
        std::iter::successors(guard, |id| facts.guard(*id).parent)
            .filter_map(|id| facts.guard(id).test)
            .any(|test| Trace::new(facts, sources).depends(test))
    }
}
