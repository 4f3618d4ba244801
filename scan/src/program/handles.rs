//! Handles of database libraries as values: how they are made, passed through wrappers, and asked.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tuneup_model::{Dialect, QueryApi, QueryShape, TableRef};

use super::Program;
use super::targets::{Query, Target};
use super::value::{Api, ClassRef, Value};
use crate::facts::{CallId, CallKind, Expr, TypeId};
use crate::orm::{self, Answer, Built, CallAt, Handle, HandleKind, ModelRef, Outcome, Steps};
use crate::place::Place;
use crate::report::Texts;

/// All calls on builders, by the call that begins each.
pub(super) type Builders = FxHashMap<CallAt, Built>;

impl Program {
    /// Asks each library for the tables that the program declares, and adds them to the catalog.
    pub(super) fn declare_tables(&mut self, texts: &mut Texts<'_>) {
        for orm in orm::ORMS {
            let Some(declared) = orm.declared(self, texts) else { continue };
            let schema = self.schemas.len() as u32;
            self.entities.add(schema, &declared.names);
            let tables = declared.schema.catalog.tables.iter();
            let fresh: Vec<_> = tables.filter(|it| self.catalog.table(&it.name).is_none()).cloned().collect();
            if self.catalog.tables.is_empty() {
                self.catalog.dialect = declared.schema.provider;
            }
            self.catalog.tables.extend(fresh);
            self.catalog.tables.sort_by(|a, b| a.name.cmp(&b.name));
            self.schemas.push(declared.schema);
        }
    }

    /// The dialect of the database that a library speaks to.
    pub(crate) fn dialect_of(&self, api: QueryApi) -> Dialect {
        let own = self.schemas.iter().find(|schema| schema.api == api);
        own.map_or(self.catalog.dialect, |schema| schema.provider)
    }

    /// The handle that calling or constructing something of a library gives.
    pub(super) fn handle_made(&self, api: &Api, file: u32, call: CallId) -> Option<Value> {
        let orm = orm::of_package(&api.package)?;
        let kind = orm.made(self, api, CallAt { file, call })?;
        Some(Value::Handle(Handle { api: orm.api(), kind }))
    }

    /// The handle that a value typed by a library is.
    pub(super) fn handle_typed(&self, api: &Api, file: u32, args: &[TypeId]) -> Option<Value> {
        let orm = orm::of_package(&api.package)?;
        let kind = orm.typed(self, api, file, args)?;
        Some(Value::Handle(Handle { api: orm.api(), kind }))
    }

    /// The handle that an instance of a class is from the library class at its root: `extends Repository<User>`.
    pub(super) fn handle_extended(&self, class: ClassRef, api: &Api) -> Option<Value> {
        let args = &self.files[class.file as usize].class(class.id).extends_types;
        self.handle_typed(api, class.file, args)
    }

    pub(super) fn handle_member(&self, handle: Handle, name: &str) -> Value {
        let own = orm::of_handle(handle).member(self, handle.kind, name);
        own.unwrap_or_else(|| Value::HandleMethod(handle, name.into()))
    }

    /// The method of a model that an entity class has from its library, or of a row that its instance has.
    pub(super) fn entity_member(&self, class: ClassRef, name: &str, row: Row) -> Option<Value> {
        let model = self.entity(class)?;
        let api = self.schemas[model.schema as usize].api;
        let kind = match row {
            Row::Class => HandleKind::Model(model),
            Row::Instance => HandleKind::Row(model),
        };
        let handle = Handle { api, kind };
        let orm = orm::of_handle(handle);
        orm.member(self, kind, name)
            .or_else(|| orm.has_method(self, kind, name).then(|| Value::HandleMethod(handle, name.into())))
    }

    /// The row that a query gives, as a handle.
    pub(super) fn row_member(&self, file: u32, call: CallId, name: &str) -> Option<Value> {
        let model = self.rows_model(file, call)?;
        match self.row_value(model) {
            Value::Handle(handle) => {
                let orm = orm::of_handle(handle);
                orm.member(self, handle.kind, name).or_else(|| {
                    orm.has_method(self, handle.kind, name).then(|| Value::HandleMethod(handle, name.into()))
                })
            }
            row => Some(self.member_of(&row, name)),
        }
    }

    /// What calling a method of a handle gives.
    pub(super) fn handle_result(&self, handle: Handle, method: &str, file: u32, call: CallId) -> Value {
        let rows = |many: bool| Value::Rows { file, call: call.0, many };
        match orm::of_handle(handle).outcome(self, handle.kind, method, CallAt { file, call }) {
            Outcome::Nothing => Value::Unknown,
            Outcome::Handle(kind) => Value::Handle(Handle { api: handle.api, kind }),
            Outcome::Value(value) => value,
            Outcome::Query(answer) => match answer {
                Answer::Row => rows(false),
                Answer::Rows => rows(true),
                Answer::RowsAndCount => Value::List(Arc::new(rows(true))),
                Answer::RowAndFlag => Value::List(Arc::new(rows(false))),
                Answer::Page => {
                    let kind = HandleKind::Page(CallAt { file, call });
                    Value::Handle(Handle { api: handle.api, kind })
                }
                Answer::Number => Value::Number,
                Answer::Nothing => Value::Unknown,
            },
            Outcome::Transaction { callback } => match self.argument(file, call, callback as usize) {
                Value::Function(function) => self.return_value(function),
                _ => Value::Unknown,
            },
        }
    }

    /// What a method of a handle passes to a function it is given: the connection of a transaction.
    pub(super) fn handle_gives(
        &self,
        handle: Handle,
        method: &str,
        at: CallAt,
        position: u32,
        index: u32,
    ) -> Value {
        match orm::of_handle(handle).outcome(self, handle.kind, method, at) {
            Outcome::Transaction { callback } if callback == position && index == 0 => {
                Value::Handle(Handle { api: handle.api, kind: HandleKind::Connection })
            }
            _ => Value::Unknown,
        }
    }

    /// A handle whose model a wrapper leaves open, closed by the one model among the arguments of the call.
    pub(super) fn close_handle(&self, value: Value, file: u32, call: CallId) -> Value {
        let open = |value: &Value| {
            matches!(
                value,
                Value::Handle(Handle { kind: HandleKind::AnyModel | HandleKind::Builder(_, None), .. })
            )
        };
        if !value.choices().iter().any(open) {
            return value;
        }
        let Some(model) = self.model_among(file, call) else { return value };
        value.map(|value| match value {
            Value::Handle(Handle { api, kind: HandleKind::AnyModel }) => {
                Value::Handle(Handle { api: *api, kind: HandleKind::Model(model) })
            }
            Value::Handle(Handle { api, kind: HandleKind::Builder(begin, None) }) => {
                Value::Handle(Handle { api: *api, kind: HandleKind::Builder(*begin, Some(model)) })
            }
            other => other.clone(),
        })
    }

    /// The one model that the arguments of a call name, as values or as its type argument.
    pub(crate) fn model_among(&self, file: u32, id: CallId) -> Option<ModelRef> {
        let facts = &self.files[file as usize];
        let mut found = None;
        for expr in facts.args(id) {
            let Some(model) = self.model_named(&self.eval(Place { file, expr: *expr })) else { continue };
            if found.is_some_and(|known| known != model) {
                return None;
            }
            found = Some(model);
        }
        found.or_else(|| {
            let typed = self.type_value(file, facts.call(id).type_arg?);
            match typed {
                Value::Instance(class) => self.entity(class),
                _ => None,
            }
        })
    }

    /// The target of a call on handles: all alternatives must do the same.
    pub(super) fn handle_target(
        &self,
        callee: &Value,
        at: CallAt,
        queries: &mut Vec<Query>,
        builders: &mut Builders,
    ) -> Option<Target> {
        let asked: Vec<(Handle, &str)> = callee
            .choices()
            .iter()
            .filter_map(|choice| match choice {
                Value::HandleMethod(handle, name) => Some((*handle, &**name)),
                Value::Handle(handle) => Some((*handle, "")),
                _ => None,
            })
            .collect();
        let (handle, method) = *asked.first()?;
        let orm = orm::of_handle(handle);
        let runs = self.files[at.file as usize].call(at.call).kind != CallKind::New;
        match orm.outcome(self, handle.kind, method, at) {
            Outcome::Query(_) if runs => {
                let same = asked.iter().all(|(other, _)| other.kind == handle.kind);
                Some(self.handle_query(handle, method, at, same, queries, builders))
            }
            Outcome::Transaction { .. } => Some(Target::Client("$transaction".into())),
            outcome => {
                let begins =
                    matches!(&outcome, Outcome::Handle(HandleKind::Builder(begin, _)) if *begin == at);
                let ((HandleKind::Builder(on, _), _) | (_, Outcome::Handle(HandleKind::Builder(on, _)))) =
                    (handle.kind, outcome)
                else {
                    return Some(Target::Plain);
                };
                if !begins {
                    builders.entry(on).or_default().calls.push(at);
                }
                if orm.is_awaitable() && self.is_chain_end(at, on) {
                    return Some(self.handle_query(handle, method, at, true, queries, builders));
                }
                Some(Target::Plain)
            }
        }
    }

    fn handle_query(
        &self,
        handle: Handle,
        method: &str,
        at: CallAt,
        is_certain: bool,
        queries: &mut Vec<Query>,
        builders: &mut Builders,
    ) -> Target {
        let orm = orm::of_handle(handle);
        let begin = match (handle.kind, orm.outcome(self, handle.kind, method, at)) {
            (HandleKind::Builder(begin, model), _)
            | (_, Outcome::Handle(HandleKind::Builder(begin, model))) => Some((begin, model)),
            _ => None,
        };
        let mut shape = match begin {
            Some((begin, _)) => {
                builders.entry(begin).or_default().ends.push(at);
                QueryShape::new(orm.api(), method, tuneup_model::Operation::Other, TableRef::Unknown).opaque()
            }
            None => orm.shape(self, handle.kind, method, at),
        };
        if !is_certain {
            shape.table = TableRef::Unknown;
        }
        let built = begin.map(|(begin, model)| BuiltBy { handle, begin, model });
        queries.push(Query { built, ..Query::new(at.file, at.call, shape) });
        Target::Query(queries.len() as u32 - 1)
    }

    /// True for the last call of the chain that begins a query, where nothing takes the chain as a part of another.
    fn is_chain_end(&self, at: CallAt, begin: CallAt) -> bool {
        if at.file != begin.file || !orm::chain_of(self, at).contains(&begin.call) {
            return false;
        }
        let facts = &self.files[at.file as usize];
        let expr = facts.call(at.call).expr;
        let uses = self.uses(at.file);
        match uses.get(&expr) {
            None => true,
            Some(Use::Receiver) => false,
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
                if let Expr::Member { object, .. } = expr {
                    found.insert(*object, Use::Receiver);
                }
            }
            for (n, call) in facts.calls.iter().enumerate() {
                for arg in facts.list(call.args) {
                    found.insert(*arg, Use::Argument(CallId(n as u32)));
                }
            }
            self.uses.borrow_mut().insert(file, found);
        }
        std::cell::Ref::map(self.uses.borrow(), |uses| &uses[&file])
    }
}

/// How an expression is used by the one around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Receiver,
    Argument(CallId),
}

/// Which side of an entity a member is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    Class,
    Instance,
}

/// How a built query came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BuiltBy {
    pub handle: Handle,
    pub begin: CallAt,
    pub model: Option<ModelRef>,
}
