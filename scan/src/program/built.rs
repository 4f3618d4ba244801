//! Queries built step by step: where a chain of calls is run, what it gives, and its shape once all steps are known.

use tuneup_model::{Bound, Columns, Operation, QueryShape, TableRef};

use super::Program;
use super::handles::Builders;
use super::targets::{Query, Target};
use super::value::{FnRef, Value};
use crate::facts::{CallId, Expr};
use crate::orm::{self, Built, CallAt, Handle, HandleKind, ModelRef, Outcome, Steps};
use crate::place::Place;

/// How a built query came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BuiltBy {
    pub handle: Handle,
    pub begin: CallAt,
    pub model: Option<ModelRef>,
    /// The call that runs it, or that writes its text.
    pub end: CallAt,
}

impl Program {
    /// The builders whose SQL text a call is given to run.
    pub(super) fn texts_of(&self, at: CallAt) -> Vec<BuiltBy> {
        let text = self.argument(at.file, at.call, 0);
        let texts = text.choices().iter().filter_map(|choice| match choice {
            Value::SqlOf(handle, end) => match handle.kind {
                HandleKind::Builder(begin, model) => {
                    Some(BuiltBy { handle: *handle, begin, model, end: *end })
                }
                _ => None,
            },
            _ => None,
        });
        texts.collect()
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

    /// The shapes of built queries, once all their steps are known.
    pub(super) fn finish_built(&mut self, builders: &Builders) {
        let mut finished = Vec::new();
        for (n, query) in self.queries.iter().enumerate() {
            let runs: Vec<BuiltBy> = match query.built {
                Some(built) => {
                    let others = query.alternatives.iter().filter(|(begin, _)| *begin != built.begin);
                    let others =
                        others.map(|(begin, model)| BuiltBy { begin: *begin, model: *model, ..built });
                    std::iter::once(built).chain(others).collect()
                }
                None => query.texts.clone(),
            };
            let Some((first, others)) = runs.split_first() else { continue };
            let (mut shape, parts) = self.built_shape(first, builders);
            for other in others {
                join(&mut shape, &self.built_shape(other, builders).0);
            }
            let is_text = query.built.is_none();
            if is_text {
                shape.method.clone_from(&query.shape.method);
            }
            let parts = if first.end.file == query.file { parts } else { Vec::new() };
            finished.push((n, shape, parts));
        }
        for (n, shape, parts) in finished {
            self.queries[n].shape = shape;
            self.queries[n].parts = parts;
        }
    }

    /// What a builder asks, with the calls in the file of its end that make it up.
    fn built_shape(&self, built: &BuiltBy, builders: &Builders) -> (QueryShape, Vec<CallId>) {
        let none = Built::default();
        let steps = Steps::of(self, built.begin, built.end, builders.get(&built.begin).unwrap_or(&none));
        let mut shape = orm::of_handle(built.handle).built(self, built.model, &steps);
        if builders.get(&built.begin).is_some_and(|it| it.is_open) {
            leave_open(&mut shape);
        }
        let parts = steps.all.iter().filter(|step| step.at.file == built.end.file && step.at != built.end);
        (shape, parts.map(|step| step.at.call).collect())
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
