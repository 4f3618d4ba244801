//! Repeats that a team has reasons for: an element is a batch already, has a transaction of its own, or must see what was
//! just written.

use tuneup_model::{Bound, Operation, PredicateOp, QueryApi};

use super::Program;
use super::iterations::{Form, Iteration};
use super::reach::Hop;
use super::repeated::{Repeated, Trap};
use super::targets::Target;
use super::value::FnRef;
use crate::facts::{CallId, CallKind, ExitKind, Expr, GuardId, GuardKind, Span};

/// A limit above this guards against too many rows, and a sort with it does not pick the first of each.
const FEW_FIRST: u64 = 20;

impl Program {
    /// What speaks for repeating this query per element.
    pub(super) fn deliberate(&self, query: u32, path: &[Hop]) -> Vec<Trap> {
        let it = &self.queries[query as usize];
        let shape = &it.shape;
        let mut traps = Vec::new();
        let has = |op: PredicateOp| shape.filter.all_of.iter().any(|predicate| predicate.op == op);
        let many = shape.operation == Operation::InsertMany && shape.api != QueryApi::Declared;
        if has(PredicateOp::In) || many {
            traps.push(Trap::AlreadyBatch);
        }
        if shape.operation.is_read()
            && it.model.is_some()
            && shape.filter.all_of.is_empty()
            && shape.filter.has_unknown
        {
            traps.push(Trap::NoKey);
        }
        let limited = match shape.limit {
            Bound::Constant(limit) => (2..=FEW_FIRST).contains(&limit),
            Bound::Dynamic => shape.api != QueryApi::Declared,
            Bound::Absent | Bound::Unknown => false,
        };
        let sorted = !shape.order.is_empty() || !shape.order_known;
        if limited && shape.operation == Operation::ReadMany && sorted {
            traps.push(Trap::FirstRows);
        }
        if it.waits {
            traps.push(Trap::UnitOfWork);
        }
        if matches!(shape.operation, Operation::Delete | Operation::DeleteMany)
            && shape
                .table
                .name()
                .and_then(|name| self.catalog.table(name))
                .is_some_and(|table| table.foreign_keys.iter().any(|key| key.references == table.name))
        {
            traps.push(Trap::InOrder);
        }
        let Some(last) = path.last() else { return traps };
        if matches!(shape.operation, Operation::Count | Operation::Aggregate)
            && self.writes_before(last.enters, it.call, query)
        {
            traps.push(Trap::ReadsOwnWrites);
        }
        if self.opens_transaction(last.enters, it.call) {
            traps.push(Trap::OwnTransaction);
        }
        traps
    }

    /// True where the function writes the table before it reads it.
    fn writes_before(&self, function: FnRef, read: CallId, query: u32) -> bool {
        let facts = self.facts(function.file);
        let table = &self.queries[query as usize].shape.table;
        let at = facts.span(facts.call(read).expr);
        self.calls_in_place(function).iter().any(|(call, _)| match self.target(function.file, *call) {
            Target::Query(other) => {
                let shape = &self.queries[*other as usize].shape;
                shape.operation.is_write()
                    && shape.table == *table
                    && facts.span(facts.call(*call).expr).end <= at.start
            }
            _ => false,
        })
    }

    /// True where the call stands in a transaction that the function opens.
    fn opens_transaction(&self, function: FnRef, inner: CallId) -> bool {
        self.transaction_around(function.file, inner, self.facts(function.file).function(function.id).span)
    }

    /// True where each turn opens a transaction around the call.
    pub(super) fn opens_transaction_in_turn(&self, call: CallId, iteration: &Iteration) -> bool {
        self.transaction_around(iteration.file, call, iteration.body)
    }

    pub(super) fn transaction_around(&self, file: u32, inner: CallId, within: Span) -> bool {
        let facts = self.facts(file);
        let at = facts.span(facts.call(inner).expr);
        facts.calls.iter().enumerate().any(|(n, call)| {
            let span = facts.span(call.expr);
            within.contains(span)
                && span.contains(at)
                && self.begins_transaction(file, CallId(n as u32))
                && facts
                    .list(call.args)
                    .iter()
                    .any(|arg| matches!(facts.expr(*arg), Expr::Function(_)) && facts.span(*arg).contains(at))
        })
    }

    /// A call that runs a closure in a transaction, of the library or of a method of the program around it.
    fn begins_transaction(&self, file: u32, call: CallId) -> bool {
        let begins = |file: u32, call: CallId| matches!(self.target(file, call), Target::Client(name) if &**name == "$transaction");
        match self.target(file, call) {
            Target::Functions(targets, _) => targets
                .iter()
                .any(|it| self.calls_in_place(*it).iter().any(|(inner, _)| begins(it.file, *inner))),
            _ => begins(file, call),
        }
    }

    /// True where a loop stands in the branch of a failure.
    pub(super) fn runs_after_failure(&self, iteration: &Iteration) -> bool {
        let facts = self.facts(iteration.file);
        let (mut function, mut guard) = match iteration.form {
            Form::Loop(id) => (iteration.function, facts.loop_(id).guard),
            Form::Callback { call, .. } => (iteration.function, facts.call(call).guard),
        };
        let whole = facts.function(self.named_function(iteration.file, iteration.function)).span;
        for _ in 0..16 {
            if self.is_on_error_path(iteration.file, guard, whole) {
                return true;
            }
            let Some(at) = self.runs_at(FnRef { file: iteration.file, id: function }) else { break };
            (function, guard) = (facts.call(at).function, facts.call(at).guard);
        }
        false
    }

    /// True where code runs only after something failed, within the span.
    pub(crate) fn is_on_error_path(&self, file: u32, guard: Option<GuardId>, within: Span) -> bool {
        let facts = self.facts(file);
        std::iter::successors(guard, |id| facts.guard(*id).parent)
            .any(|id| facts.guard(id).kind == GuardKind::Catch && within.contains(facts.guard(id).span))
    }

    /// True where a branch around the call makes an error, as one does to throw it.
    pub(crate) fn leads_to_error(&self, file: u32, call: CallId) -> bool {
        let facts = self.facts(file);
        let around: Vec<GuardId> =
            std::iter::successors(facts.call(call).guard, |id| facts.guard(*id).parent).collect();
        facts.calls.iter().any(|other| {
            let name = super::iterations::callee_name(facts, other.callee);
            other.kind == CallKind::New
                && (name.ends_with("Error") || name.ends_with("Exception"))
                && other.guard.is_some_and(|guard| around.contains(&guard))
                && facts.span(other.expr).start > facts.span(facts.call(call).expr).start
        })
    }

    /// True for a call in a loop whose failure for one element is caught there, so that the others go on.
    pub(crate) fn fails_alone(&self, it: &Repeated) -> bool {
        let facts = self.facts(it.file);
        let Form::Loop(id) = it.iteration.form else { return false };
        if it.iteration.file != it.file {
            return false;
        }
        let chain = |guard: Option<GuardId>| std::iter::successors(guard, |id| facts.guard(*id).parent);
        let within = |id: &GuardId, kind: GuardKind| {
            facts.guard(*id).kind == kind && it.iteration.body.contains(facts.guard(*id).span)
        };
        let is_tried = chain(facts.call(it.call).guard).any(|id| within(&id, GuardKind::Try));
        let leaves = facts.loop_(id).exits.iter().any(|exit| {
            exit.kind != ExitKind::Continue && chain(exit.guard).any(|id| within(&id, GuardKind::Catch))
        });
        is_tried && !leaves
    }
}
