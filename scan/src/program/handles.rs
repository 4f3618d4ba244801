//! Handles of database libraries as values: how they are made, passed through wrappers, and asked.

use rustc_hash::FxHashMap;
use tuneup_model::{Dialect, Operation, QueryApi, QueryShape, TableRef};

use super::Program;
use super::built::BuiltBy;
use super::runs::{answer_value, is_list_method, is_promise_method};
use super::targets::{Query, Target};
use super::value::{Api, ClassRef, Value};
use crate::facts::{CallId, CallKind, TypeId};
use crate::orm::{self, Built, CallAt, Handle, HandleKind, ModelRef, Outcome};
use crate::place::Place;

/// All calls on builders, by the call that begins each.
pub(super) type Builders = FxHashMap<CallAt, Built>;

impl Program {
    /// The dialect of the database that a library speaks to.
    pub(crate) fn dialect_of(&self, api: QueryApi) -> Dialect {
        let own = self.schemas.iter().find(|schema| schema.api == api);
        own.map_or(self.catalog.dialect, |schema| schema.provider)
    }

    /// The dialect of the database that a query asks.
    pub(crate) fn dialect_of_query(&self, query: &Query) -> Dialect {
        let own = query.schema.or(query.model.map(|(schema, _)| schema));
        own.map_or_else(|| self.dialect_of(query.shape.api), |schema| self.schemas[schema as usize].provider)
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

    /// The handle that an export of a library is.
    pub(super) fn handle_exported(api: &Api) -> Option<Value> {
        let orm = orm::of_package(&api.package)?;
        Some(Value::Handle(Handle { api: orm.api(), kind: orm.exported(api)? }))
    }

    pub(super) fn handle_member(&self, handle: Handle, name: &str) -> Value {
        if let HandleKind::Builder(begin, _) = handle.kind
            && orm::of_handle(handle).is_awaitable()
        {
            if is_promise_method(name) {
                return Value::api("global", &format!("Promise#{name}"));
            }
            if is_list_method(name) {
                return self.member_of(&self.rows_of(handle, self.chain_end(begin)), name);
            }
        }
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
        match orm::of_handle(handle).outcome(self, handle.kind, method, CallAt { file, call }) {
            Outcome::Nothing | Outcome::Mark(_) => Value::Unknown,
            Outcome::Handle(kind) => Value::Handle(Handle { api: handle.api, kind }),
            Outcome::Value(value) => value,
            Outcome::Query(answer) => answer_value(handle, answer, CallAt { file, call }),
            Outcome::Transaction { callback } | Outcome::Session { callback } => {
                match self.argument(file, call, callback as usize) {
                    Value::Function(function) => self.return_value(function),
                    _ => Value::Unknown,
                }
            }
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
            Outcome::Transaction { callback } | Outcome::Session { callback }
                if callback == position && index == 0 =>
            {
                let kind = orm::of_handle(handle).in_transaction(handle.kind);
                Value::Handle(Handle { api: handle.api, kind })
            }
            _ => Self::handle_passes(handle, method, position, index),
        }
    }

    /// The same, whatever the call.
    pub(super) fn handle_passes(handle: Handle, method: &str, position: u32, index: u32) -> Value {
        match orm::of_handle(handle).gives(handle.kind, method, position, index) {
            Some(kind) => Value::Handle(Handle { api: handle.api, kind }),
            None => Value::Unknown,
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

    /// True for a call of a method that a row has: `post.getComments()`, `user.save()`.
    pub(super) fn asks_row(&self, file: u32, call: CallId) -> bool {
        let callee = self.eval(Place { file, expr: self.files[file as usize].call(call).callee });
        callee
            .choices()
            .iter()
            .any(|choice| matches!(choice, Value::HandleMethod(Handle { kind: HandleKind::Row(_), .. }, _)))
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
            // Run by whoever calls the function with a builder.
            Outcome::Query(_) if runs && self.is_passed_builder(at) => Some(Target::Parameter),
            Outcome::Query(_) if runs => {
                let same = asked.iter().all(|(other, _)| other.kind == handle.kind);
                let target = self.handle_query(handle, method, at, same, queries, builders);
                if let (Target::Query(query), false) = (&target, same) {
                    let others = asked.iter().filter_map(|(other, _)| match other.kind {
                        HandleKind::Builder(begin, model) => Some((begin, model)),
                        _ => None,
                    });
                    queries[*query as usize].alternatives = others.collect();
                }
                Some(target)
            }
            Outcome::Transaction { .. } => Some(Target::Client("$transaction".into())),
            Outcome::Mark(mark) => Some(Target::Client(mark.name().into())),
            outcome => {
                Self::add_step(&asked, at, builders);
                let Outcome::Handle(HandleKind::Builder(begin, _)) = outcome else {
                    return Some(Target::Plain);
                };
                if orm.is_awaitable() && !orm.is_held_by(method) && self.ends_query(at, begin) {
                    return Some(self.handle_query(handle, method, at, true, queries, builders));
                }
                Some(Target::Plain)
            }
        }
    }

    /// Notes a call on builders with each of them.
    fn add_step(asked: &[(Handle, &str)], at: CallAt, builders: &mut Builders) {
        for (handle, _) in asked {
            if let HandleKind::Builder(begin, _) = handle.kind
                && begin != at
            {
                builders.entry(begin).or_default().calls.push(at);
            }
        }
    }

    pub(super) fn handle_query(
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
                QueryShape::new(orm.api(), method, Operation::Other, TableRef::Unknown).opaque()
            }
            None => orm.shape(self, handle.kind, method, at),
        };
        if !is_certain {
            shape.table = TableRef::Unknown;
        }
        let built = begin.map(|(begin, model)| BuiltBy { handle, begin, model, end: at });
        let model = match (handle.kind, begin) {
            (_, Some((_, model))) => model,
            (HandleKind::Model(model) | HandleKind::Row(model), None) => Some(model),
            _ => None,
        };
        let schema = model.map(|model| model.schema);
        let texts = if begin.is_none() { self.texts_of(at) } else { Vec::new() };
        queries.push(Query { built, schema, texts, ..Query::new(at.file, at.call, shape) });
        Target::Query(queries.len() as u32 - 1)
    }
}

/// Which side of an entity a member is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    Class,
    Instance,
}
