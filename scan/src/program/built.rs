//! Queries built step by step: their shapes once all steps are known, also where their text is run elsewhere.

use tuneup_model::{Operation, QueryShape, TableRef};

use super::Program;
use super::handles::Builders;
use super::value::Value;
use crate::facts::CallId;
use crate::orm::{self, Built, CallAt, Handle, HandleKind, ModelRef, Steps};

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

    /// The shapes of built queries, once all their steps are known.
    pub(super) fn finish_built(&mut self, builders: &Builders) {
        let mut finished = Vec::new();
        for (n, query) in self.queries.iter().enumerate() {
            if let Some(built) = &query.built {
                finished.push((n, self.built_shape(built, builders)));
            } else if let Some((shape, parts)) = query
                .texts
                .iter()
                .map(|built| self.built_shape(built, builders))
                .reduce(|(one, parts), (other, _)| (either(one, &other), parts))
            {
                let shape = QueryShape { method: query.shape.method.clone(), ..shape };
                let parts = if query.texts[0].end.file == query.file { parts } else { Vec::new() };
                finished.push((n, (shape, parts)));
            }
        }
        for (n, (shape, parts)) in finished {
            self.queries[n].shape = shape;
            self.queries[n].parts = parts;
        }
    }

    /// What a builder asks, with the calls in the file of its end that make it up.
    fn built_shape(&self, built: &BuiltBy, builders: &Builders) -> (QueryShape, Vec<CallId>) {
        let none = Built::default();
        let steps = Steps::of(self, built.begin, built.end, builders.get(&built.begin).unwrap_or(&none));
        let shape = orm::of_handle(built.handle).built(self, built.model, &steps);
        let parts = steps.all.iter().filter(|step| step.at.file == built.end.file && step.at != built.end);
        (shape, parts.map(|step| step.at.call).collect())
    }
}

/// What holds whichever of two texts is run.
fn either(one: QueryShape, other: &QueryShape) -> QueryShape {
    if one == *other {
        return one;
    }
    let table = if one.table == other.table { one.table } else { TableRef::Unknown };
    let operation = if one.operation == other.operation { one.operation } else { Operation::Other };
    QueryShape::new(one.api, &one.method, operation, table).opaque()
}
