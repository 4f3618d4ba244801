//! Queries built step by step: where a chain of calls is run, what it gives, and its shape once all steps are known.

use rustc_hash::FxHashMap;

use super::Program;
use super::handles::{Builders, Use};
use super::value::Value;
use crate::facts::{CallId, CallKind, Expr};
use crate::orm::{self, Built, CallAt, Handle, HandleKind, Steps};
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
                if choices.iter().any(|it| matches!(it, Value::Handle(Handle { kind: HandleKind::Builder(..), .. }))) =>
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
            let shape = orm::of_handle(built.handle).built(self, built.model, &steps);
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
