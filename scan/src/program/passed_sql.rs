//! Queries whose SQL text is a parameter: they stand where the text is given.
//!
//! `query(text, values)` around a pool is how most programs with a driver ask their database. Only a function that does
//! nothing else of weight counts: one that also keeps results or asks twice is no plain way to the database.

use rustc_hash::FxHashMap;
use tuneup_model::{Dialect, QueryApi, TableRef};

use super::Program;
use super::targets::{Query, Target};
use super::value::{FnRef, Value};
use crate::facts::{CallId, GuardKind};
use crate::objects::sql_query;
use crate::orm::{Driver, Handle, HandleKind};
use crate::place::Place;

/// A text is handed on at most so often.
const MAX_HANDS: u32 = 4;

/// A function that runs the text it is given.
#[derive(Debug, Clone, Copy)]
struct Runner {
    /// The parameter that holds the text.
    position: u32,
    api: QueryApi,
    dialect: Dialect,
}

impl Program {
    /// Moves queries to the calls that give their text.
    pub(super) fn place_passed_sql(&mut self) {
        let runners = self.runners();
        let mut found = Vec::new();
        for (file, targets) in self.targets.iter().enumerate() {
            for (n, target) in targets.iter().enumerate() {
                let Target::Functions(functions, None) = target else { continue };
                let [function] = functions.as_slice() else { continue };
                let Some(runner) = runners.get(function) else { continue };
                let (file, call) = (file as u32, CallId(n as u32));
                let Some(text) = self.files[file as usize].args(call).get(runner.position as usize) else {
                    continue;
                };
                let at = Place { file, expr: *text };
                let shape = sql_query(self, runner.api, runner.dialect, "query", Some(at));
                // A text that is handed on once more stands further out.
                if shape.sql.is_some() {
                    found.push(Query::new(file, call, shape));
                }
            }
        }
        for query in found {
            let number = self.queries.len() as u32;
            self.targets[query.file as usize][query.call.index()] = Target::Query(number);
            self.queries.push(query);
        }
    }

    fn runners(&self) -> FxHashMap<FnRef, Runner> {
        let mut found = FxHashMap::default();
        for query in &self.queries {
            let is_text = query.shape.table == TableRef::Unknown && query.shape.sql.is_none();
            if !is_text || query.built.is_some() || !query.texts.is_empty() || query.model.is_some() {
                continue;
            }
            let facts = &self.files[query.file as usize];
            let Some(text) = facts.args(query.call).first() else { continue };
            let Some((id, position)) = self.parameter(query.file, *text) else { continue };
            let function = FnRef { file: query.file, id };
            let Some(dialect) = self.dialect_of_call(query) else { continue };
            if self.only_runs(function, query.call) {
                found.insert(function, Runner { position, api: query.shape.api, dialect });
            }
        }
        for _ in 0..MAX_HANDS {
            let further = self.handing_on(&found);
            if further.is_empty() {
                break;
            }
            found.extend(further);
        }
        found
    }

    /// Functions that hand their own parameter to one that runs it.
    fn handing_on(&self, known: &FxHashMap<FnRef, Runner>) -> Vec<(FnRef, Runner)> {
        let mut found = Vec::new();
        for (file, targets) in self.targets.iter().enumerate() {
            for (n, target) in targets.iter().enumerate() {
                let Target::Functions(functions, None) = target else { continue };
                let [function] = functions.as_slice() else { continue };
                let Some(runner) = known.get(function) else { continue };
                let (file, call) = (file as u32, CallId(n as u32));
                let text = self.files[file as usize].args(call).get(runner.position as usize);
                let Some((id, position)) = text.and_then(|text| self.parameter(file, *text)) else {
                    continue;
                };
                let outer = FnRef { file, id };
                if !known.contains_key(&outer) && self.only_runs(outer, call) {
                    found.push((outer, Runner { position, ..*runner }));
                }
            }
        }
        found
    }

    fn dialect_of_call(&self, query: &Query) -> Option<Dialect> {
        let callee = self.files[query.file as usize].call(query.call).callee;
        match self.eval(Place { file: query.file, expr: callee }) {
            Value::HandleMethod(Handle { kind: HandleKind::Driver(driver), .. }, _) => {
                Some(Driver::dialect(driver))
            }
            Value::HandleMethod(handle, _) => Some(self.dialect_of(handle.api)),
            Value::ClientMethod { schema, .. } => Some(self.schemas[schema as usize].provider),
            _ => None,
        }
    }

    /// True where the function always makes the call, and neither asks again nor calls other code of the program.
    fn only_runs(&self, function: FnRef, query: CallId) -> bool {
        let facts = &self.files[function.file as usize];
        let call = facts.call(query);
        let is_conditional = std::iter::successors(call.guard, |id| facts.guard(*id).parent)
            .any(|id| facts.guard(id).kind != GuardKind::Try);
        let span = facts.function(function.id).span;
        let others = facts
            .calls
            .iter()
            .enumerate()
            .filter(|(n, other)| CallId(*n as u32) != query && span.contains(facts.span(other.expr)));
        call.function == function.id
            && !is_conditional
            && call.in_loop.is_none()
            && others
                .map(|(n, _)| &self.targets[function.file as usize][n])
                .all(|target| !matches!(target, Target::Query(_) | Target::Functions(..)))
    }
}
