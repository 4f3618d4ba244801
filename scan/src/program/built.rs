//! Queries built step by step: where a chain of calls is run, what it gives, and its shape once all steps are known.

use rustc_hash::FxHashMap;
use tuneup_model::{Bound, Columns, Operation, QueryShape, TableRef};

use super::Program;
use super::handles::{Builders, Use};
use super::targets::{Query, Target};
use super::value::{FnRef, Value};
use crate::facts::{CallId, CallKind, Expr};
use crate::orm::{self, Built, CallAt, Handle, HandleKind, Outcome, Steps};
use crate::place::Place;

impl Program {
    /// What awaiting a value gives: a builder that is run by it gives its rows.
    pub(super) fn awaited(&self, value: Value) -> Value {
        match value {
            Value::Handle(Handle { api, kind: kind @ HandleKind::Builder(begin, _) }) => {
                if orm::of_handle(Handle { api, kind }).is_awaitable() {
                    let end = self.chain_end(begin);
                    return Value::Rows { file: end.file, call: end.call.0, many: true };
                }
                value
            }
            Value::Either(ref choices)
                if choices
                    .iter()
                    .any(|it| matches!(it, Value::Handle(Handle { kind: HandleKind::Builder(..), .. }))) =>
            {
                Value::join(choices.iter().map(|choice| self.awaited(choice.clone())))
            }
            other => other,
        }
    }

    /// The last call of the chain that begins with a call.
    fn chain_end(&self, begin: CallAt) -> CallAt {
        let facts = &self.files[begin.file as usize];
        let mut end = begin;
        for _ in 0..256 {
            match self.uses(end.file).get(&facts.call(end.call).expr) {
                Some(Use::Receiver(Some(next))) => end.call = *next,
                _ => break,
            }
        }
        end
    }

    /// A call that hands builders to functions of the program: it runs the one that they run.
    pub(super) fn handed_on(
        &self,
        functions: &[FnRef],
        at: CallAt,
        queries: &mut Vec<Query>,
        builders: &mut Builders,
    ) -> Option<Target> {
        let facts = &self.files[at.file as usize];
        let mut run = None;
        for (n, arg) in facts.args(at.call).iter().enumerate() {
            if !matches!(
                facts.expr(*arg),
                Expr::Symbol(_) | Expr::Call(_) | Expr::Member { .. } | Expr::Choice(_)
            ) {
                continue;
            }
            let value = self.eval(Place { file: at.file, expr: *arg });
            for choice in value.choices() {
                let Value::Handle(handle @ Handle { kind: HandleKind::Builder(begin, _), .. }) = choice
                else {
                    continue;
                };
                let runs = functions.iter().find_map(|it| self.run_by(*it, n as u32, *handle, 0));
                match runs {
                    Some(method) if run.is_none() => run = Some((*handle, method)),
                    Some(_) => {}
                    None => {
                        let is_followed = functions.iter().all(|it| {
                            let inner = self.param_value(*it, n as u32);
                            inner.choices().contains(choice)
                        });
                        builders.entry(*begin).or_default().is_open |= !is_followed;
                    }
                }
            }
        }
        let (handle, method) = run?;
        Some(self.handle_query(handle, method, at, true, queries, builders))
    }

    /// The method by which a function runs a builder that it is given as a parameter.
    fn run_by(&self, function: FnRef, parameter: u32, handle: Handle, depth: u32) -> Option<&str> {
        let facts = &self.files[function.file as usize];
        let span = facts.function(function.id).span;
        let wanted = Some((function.id, parameter));
        let within = |(_, call): &(usize, &crate::facts::Call)| span.contains(facts.span(call.expr));
        facts.calls.iter().enumerate().filter(within).find_map(|(n, call)| {
            let at = CallAt { file: function.file, call: CallId(n as u32) };
            if let Expr::Member { object, property } = facts.expr(call.callee)
                && self.parameter(function.file, object) == wanted
            {
                let method = facts.name(property);
                let outcome = orm::of_handle(handle).outcome(self, handle.kind, method, at);
                return matches!(outcome, Outcome::Query(_)).then_some(method);
            }
            let position =
                facts.list(call.args).iter().position(|arg| self.parameter(function.file, *arg) == wanted)?;
            match self.eval(Place { file: function.file, expr: call.callee }) {
                Value::Function(inner) if depth < 3 && inner != function => {
                    self.run_by(inner, position as u32, handle, depth + 1)
                }
                _ => None,
            }
        })
    }

    /// True for the call that runs a parameter of its function, where callers give it builders.
    pub(super) fn is_passed_builder(&self, at: CallAt) -> bool {
        let facts = &self.files[at.file as usize];
        let Expr::Member { object, .. } = facts.expr(facts.call(at.call).callee) else { return false };
        let Some((function, index)) = self.parameter(at.file, object) else { return false };
        let passed = self.passed_arguments(FnRef { file: at.file, id: function }, index);
        passed
            .choices()
            .iter()
            .any(|it| matches!(it, Value::Handle(Handle { kind: HandleKind::Builder(..), .. })))
    }

    /// True for the last call of the chain that begins a query, where nothing takes the chain as a part of another.
    pub(super) fn is_chain_end(&self, at: CallAt, begin: CallAt) -> bool {
        if at.file != begin.file || !orm::chain_of(self, at).contains(&begin.call) {
            return false;
        }
        let facts = &self.files[at.file as usize];
        let expr = facts.call(at.call).expr;
        let uses = self.uses(at.file);
        match uses.get(&expr) {
            None => true,
            Some(Use::Receiver(_)) => false,
            Some(Use::Argument(call)) => !self.is_part_of_query(at.file, *call),
        }
    }

    /// True where a call takes its argument as a part of another query.
    fn is_part_of_query(&self, file: u32, call: CallId) -> bool {
        let facts = &self.files[file as usize];
        match self.eval(Place { file, expr: facts.call(call).callee }) {
            Value::Handle(_) | Value::HandleMethod(..) => true,
            Value::Api(api) => orm::of_package(&api.package).is_some(),
            _ => false,
        }
    }

    /// The shapes of built queries, once all their steps are known.
    pub(super) fn finish_built(&mut self, builders: &Builders) {
        let mut finished = Vec::new();
        for (n, query) in self.queries.iter().enumerate() {
            let Some(built) = &query.built else { continue };
            let end = CallAt { file: query.file, call: query.call };
            let none = Built::default();
            let steps = Steps::of(self, built.begin, end, builders.get(&built.begin).unwrap_or(&none));
            let orm = orm::of_handle(built.handle);
            let mut shape = orm.built(self, built.model, &steps);
            if builders.get(&built.begin).is_some_and(|it| it.is_open) {
                leave_open(&mut shape);
            }
            for (begin, model) in query.alternatives.iter().filter(|(begin, _)| *begin != built.begin) {
                let steps = Steps::of(self, *begin, end, builders.get(begin).unwrap_or(&none));
                join(&mut shape, &orm.built(self, *model, &steps));
            }
            let parts = steps.all.iter().filter(|step| step.at.file == end.file && step.at != end);
            finished.push((n, shape, parts.map(|step| step.at.call).collect::<Vec<_>>()));
        }
        for (n, shape, parts) in finished {
            self.queries[n].shape = shape;
            self.queries[n].parts = parts;
        }
    }

    /// How each call of a file is used where it is part of a larger expression.
    fn uses(&self, file: u32) -> std::cell::Ref<'_, FxHashMap<crate::facts::ExprId, Use>> {
        if !self.uses.borrow().contains_key(&file) {
            let facts = &self.files[file as usize];
            let mut found = FxHashMap::default();
            for expr in &facts.exprs {
                if let Expr::Member { object, property } = expr
                    && !matches!(facts.name(*property), "then" | "catch" | "finally")
                {
                    found.insert(*object, Use::Receiver(None));
                }
            }
            for (n, call) in facts.calls.iter().enumerate() {
                let id = CallId(n as u32);
                if let Expr::Member { object, .. } = facts.expr(call.callee)
                    && let Some(Use::Receiver(by)) = found.get_mut(&object)
                {
                    *by = Some(id);
                }
                for arg in facts.list(call.args) {
                    found.insert(*arg, Use::Argument(id));
                    // What a tagged template holds is a part of it.
                    if let (CallKind::Tagged, Expr::Template(parts)) = (call.kind, facts.expr(*arg)) {
                        found.extend(facts.list(parts).iter().map(|part| (*part, Use::Argument(id))));
                    }
                }
            }
            self.uses.borrow_mut().insert(file, found);
        }
        std::cell::Ref::map(self.uses.borrow(), |uses| &uses[&file])
    }
}

/// The parts that further steps may change are unknown.
fn leave_open(shape: &mut QueryShape) {
    shape.filter.has_unknown = true;
    shape.order_known = false;
    for bound in [&mut shape.limit, &mut shape.offset] {
        if *bound == Bound::Absent {
            *bound = Bound::Unknown;
        }
    }
}

/// What holds of both of two queries.
fn join(shape: &mut QueryShape, other: &QueryShape) {
    if shape.table != other.table {
        shape.table = TableRef::Unknown;
    }
    if shape.operation != other.operation {
        shape.operation = Operation::Other;
    }
    let all = shape.filter.all_of.len().max(other.filter.all_of.len());
    shape.filter.all_of.retain(|it| other.filter.all_of.contains(it));
    shape.filter.has_unknown |= other.filter.has_unknown || shape.filter.all_of.len() < all;
    shape.joined.retain(|table| other.joined.contains(table));
    if shape.order != other.order {
        shape.order.clear();
        shape.order_known = false;
    }
    shape.order_known &= other.order_known;
    if shape.limit != other.limit {
        shape.limit = Bound::Unknown;
    }
    if shape.offset != other.offset {
        shape.offset = Bound::Unknown;
    }
    if shape.columns != other.columns {
        shape.columns = Columns::Unknown;
    }
}
