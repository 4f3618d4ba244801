//! Thin wrappers that ask for whichever model they are given: `getEntityOrThrow(ctx, Product, id)`.
//!
//! The query in such a wrapper has no table of its own. Each call that names a model is a query of that model, as the
//! programmer reads it, and stands where the wrapper is called.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;
use tuneup_model::TableRef;

use super::Program;
use super::built::BuiltBy;
use super::targets::{Query, Target};
use super::value::{FnRef, Value};
use crate::facts::{CallId, Expr, LoopKind};
use crate::orm::{self, Handle, HandleKind, ModelRef, Steps};
use crate::place::Place;

/// Wrappers around wrappers further than this are programs of their own.
const MAX_LAYERS: usize = 4;

/// More queries than this are work, not a wrapper.
const MAX_QUERIES: usize = 3;

impl Program {
    /// Makes queries of the calls of thin wrappers that name a model.
    pub(super) fn resolve_wrappers(&mut self, builders: &super::handles::Builders) {
        let open: Vec<u32> = (0..self.queries.len() as u32).filter(|query| self.is_open(*query)).collect();
        if open.is_empty() {
            return;
        }
        let asking = self.asking_functions();
        let mut wrappers: Vec<(FnRef, u32)> = Vec::new();
        for _ in 0..MAX_LAYERS {
            let found = self.thin_functions(&open, &wrappers, &asking);
            if found.len() == wrappers.len() {
                break;
            }
            wrappers = found;
        }
        let mut fresh: Vec<(u32, CallId, Query)> = Vec::new();
        for (function, query) in &wrappers {
            for (file, call) in self.callers.get(function).into_iter().flatten() {
                if wrappers.iter().any(|(other, _)| *other == self.enclosing(*file, *call)) {
                    continue;
                }
                if let Some(model) = self.model_among(*file, *call) {
                    fresh.push((*file, *call, self.asked_of(*query, model, (*file, *call), builders)));
                }
            }
        }
        for (file, call, query) in fresh {
            self.targets[file as usize][call.index()] = Target::Query(self.queries.len() as u32);
            self.queries.push(query);
        }
    }

    /// True where the query's model is left to whoever calls.
    fn is_open(&self, query: u32) -> bool {
        let query = &self.queries[query as usize];
        if query.shape.table != TableRef::Unknown || query.assumed {
            return false;
        }
        if let Some(built) = query.built {
            built.model.is_none()
        } else {
            let callee = self.files[query.file as usize].call(query.call).callee;
            let value = self.eval(Place { file: query.file, expr: callee });
            value.choices().iter().any(|choice| {
                matches!(choice, Value::HandleMethod(Handle { kind: HandleKind::AnyModel, .. }, _))
            })
        }
    }

    /// Functions that lead to a query.
    fn asking_functions(&self) -> FxHashSet<FnRef> {
        let mut asking: FxHashSet<FnRef> = FxHashSet::default();
        let mut pending: Vec<FnRef> =
            self.queries.iter().map(|query| self.enclosing(query.file, query.call)).collect();
        while let Some(function) = pending.pop() {
            if asking.insert(function) {
                let callers = self.callers.get(&function).into_iter().flatten();
                pending.extend(callers.map(|(file, call)| self.enclosing(*file, *call)));
            }
        }
        asking
    }

    /// The function with a name around a call.
    fn enclosing(&self, file: u32, call: CallId) -> FnRef {
        let id = self.files[file as usize].call(call).function;
        FnRef { file, id: self.named_function(file, id) }
    }

    /// The functions that do nothing with the database but ask for the model they are given, with what they ask.
    fn thin_functions(
        &self,
        open: &[u32],
        known: &[(FnRef, u32)],
        asking: &FxHashSet<FnRef>,
    ) -> Vec<(FnRef, u32)> {
        let mut candidates: Vec<(FnRef, u32)> = known.to_vec();
        for query in open {
            let it = &self.queries[*query as usize];
            candidates.push((self.enclosing(it.file, it.call), *query));
        }
        for (function, query) in known {
            let callers = self.callers.get(function).into_iter().flatten();
            candidates.extend(callers.map(|(file, call)| (self.enclosing(*file, *call), *query)));
        }
        let mut found: Vec<(FnRef, u32)> = Vec::new();
        for (function, query) in candidates {
            if !found.iter().any(|(other, _)| *other == function)
                && self.is_thin(function, open, known, asking)
            {
                found.push((function, query));
            }
        }
        found
    }

    fn is_thin(
        &self,
        function: FnRef,
        open: &[u32],
        known: &[(FnRef, u32)],
        asking: &FxHashSet<FnRef>,
    ) -> bool {
        let facts = &self.files[function.file as usize];
        let it = facts.function(function.id);
        if it.params.is_empty() || it.returns.is_empty() {
            return false;
        }
        let mut queries = 0;
        let mut writes = BTreeSet::new();
        for (n, call) in facts.calls.iter().enumerate() {
            if !it.span.contains(facts.span(call.expr)) {
                continue;
            }
            let asks = match &self.targets[function.file as usize][n] {
                Target::Query(query) if open.contains(query) => {
                    writes.insert(self.queries[*query as usize].shape.operation.is_write());
                    true
                }
                Target::Query(_) => return false,
                Target::Functions(targets, _) => {
                    let wraps = targets.iter().any(|it| known.iter().any(|(other, _)| other == it));
                    if !wraps && targets.iter().any(|it| asking.contains(it)) {
                        return false;
                    }
                    let wrapped = known.iter().filter(|(other, _)| targets.contains(other));
                    writes.extend(
                        wrapped.map(|(_, query)| self.queries[*query as usize].shape.operation.is_write()),
                    );
                    if wraps && self.model_among(function.file, CallId(n as u32)).is_some() {
                        return false;
                    }
                    wraps
                }
                _ => false,
            };
            let per_element = call.in_loop.is_some_and(|id| {
                matches!(facts.loop_(id).kind, LoopKind::ForOf | LoopKind::ForIn | LoopKind::ForAwait)
            });
            if asks && per_element {
                return false;
            }
            queries += usize::from(asks);
        }
        (1..=MAX_QUERIES).contains(&queries) && writes.len() == 1
    }

    /// What a wrapper's query asks where it is given a model.
    fn asked_of(
        &self,
        query: u32,
        model: ModelRef,
        (file, call): (u32, CallId),
        builders: &super::handles::Builders,
    ) -> Query {
        let inner = &self.queries[query as usize];
        let at = orm::CallAt { file: inner.file, call: inner.call };
        let mut shape = if let Some(BuiltBy { handle, begin, .. }) = inner.built {
            let none = orm::Built::default();
            let steps = Steps::of(self, begin, at, builders.get(&begin).unwrap_or(&none));
            orm::of_handle(handle).built(self, Some(model), &steps)
        } else {
            let api = self.schemas[model.schema as usize].api;
            let orm = orm::of_handle(Handle { api, kind: HandleKind::Model(model) });
            orm.shape(self, HandleKind::Model(model), orm::method_name(self, at), at)
        };
        // What the wrapper adds under conditions of its own is not followed per call.
        shape.filter.has_unknown = true;
        shape.method = self.callee_text(file, call);
        Query::new(file, call, shape)
    }

    fn callee_text(&self, file: u32, call: CallId) -> String {
        let facts = &self.files[file as usize];
        match facts.expr(facts.call(call).callee) {
            Expr::Member { property, .. } => facts.name(property).to_owned(),
            _ => self.expr_text(file, facts.call(call).callee),
        }
    }
}
