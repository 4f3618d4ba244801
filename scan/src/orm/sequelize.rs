//! Sequelize: models by `define`, `init` and decorators, their rows and associations.

mod accessors;
mod associations;
mod attributes;
mod decorated;
mod find;
mod migrations;
mod models;
mod operators;
mod settings;

use tuneup_model::{Operation, PredicateOp, QueryApi, QueryShape, TableRef};

use super::{Answer, CallAt, Declared, Handle, HandleKind, ModelRef, Orm, Outcome, Steps};
use crate::facts::{Expr, TypeId};
use crate::objects::{Given, Reader, sql_query};
use crate::place::Place;
use crate::program::{Api, Program, Value};
use crate::report::Texts;
use crate::schema::Schema;

#[derive(Debug)]
pub(super) struct Sequelize;

const API: QueryApi = QueryApi::Sequelize;

fn is_own(package: &str) -> bool {
    matches!(package, "sequelize" | "sequelize-typescript" | "@sequelize/core")
        || package.starts_with("sequelize/")
}

/// The class of connections, by the names it goes by.
fn is_constructor(path: &str) -> bool {
    matches!(path, "" | "Sequelize" | "default" | "default.Sequelize")
}

/// The class that models extend.
fn is_model_base(api: &Api) -> bool {
    is_own(&api.package) && api.last() == "Model"
}

impl Orm for Sequelize {
    fn api(&self) -> QueryApi {
        API
    }

    fn owns(&self, package: &str) -> bool {
        is_own(package)
    }

    fn declared(&self, program: &Program, texts: &mut Texts<'_>) -> Option<Declared> {
        models::declared(program, texts)
    }

    fn made(&self, _: &Program, api: &Api, _: CallAt) -> Option<HandleKind> {
        is_constructor(&api.path).then_some(HandleKind::Connection)
    }

    fn typed(&self, program: &Program, api: &Api, file: u32, args: &[TypeId]) -> Option<HandleKind> {
        match api.last() {
            "Sequelize" => Some(HandleKind::Connection),
            "ModelStatic" | "ModelCtor" | "ModelDefined" => {
                let model = args.first().and_then(|ty| program.model_of_row(&program.type_value(file, *ty)));
                Some(model.map_or(HandleKind::AnyModel, HandleKind::Model))
            }
            _ => None,
        }
    }

    fn member(&self, program: &Program, handle: HandleKind, name: &str) -> Option<Value> {
        let connection = || Value::Handle(Handle { api: API, kind: HandleKind::Connection });
        match (handle, name) {
            (HandleKind::Connection, "models") => {
                Some(Value::Handle(Handle { api: API, kind: HandleKind::Models }))
            }
            (HandleKind::Models, "sequelize") => Some(connection()),
            (HandleKind::Models, name) => Some(match model_called(program, name) {
                Some(model) => program.model_value(model),
                None => Value::Unknown,
            }),
            (HandleKind::Model(_) | HandleKind::AnyModel | HandleKind::Row(_), "sequelize") => {
                Some(connection())
            }
            (HandleKind::Connection, "Op" | "QueryTypes" | "Sequelize") => {
                Some(Value::api("sequelize", name))
            }
            (HandleKind::Page(at), "rows") => {
                Some(Value::Rows { file: at.file, call: at.call.0, many: true })
            }
            (HandleKind::Page(_), "count") => Some(Value::Number),
            (HandleKind::Row(row), name) => included(program, row, name),
            _ => None,
        }
    }

    fn outcome(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> Outcome {
        match handle {
            HandleKind::Connection => on_connection(program, method, at),
            HandleKind::Model(model) => on_model(program, method, Some(model)),
            HandleKind::AnyModel => on_model(program, method, None),
            HandleKind::Row(row) => {
                let own = find::row_method(method).map(|(_, answer)| answer);
                let answer = own.or_else(|| accessors::answer(program.model(row), method));
                answer.map_or(Outcome::Nothing, Outcome::Query)
            }
            HandleKind::Models | HandleKind::Page(_) | HandleKind::Builder(..) | HandleKind::Driver(_) => {
                Outcome::Nothing
            }
        }
    }

    fn rows_of(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> Option<ModelRef> {
        match handle {
            HandleKind::Model(model) => Some(model),
            HandleKind::Row(row) => match find::row_method(method) {
                Some(_) => Some(row),
                None => accessors::rows(program.model(row), row.schema, method),
            },
            HandleKind::Connection => queried_model(program, at),
            _ => None,
        }
    }

    fn shape(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> QueryShape {
        match handle {
            HandleKind::Model(model) => find::shape(program, Some(model), method, at),
            HandleKind::Row(row) => match find::row_method(method) {
                Some((operation, _)) => row_shape(program, row, method, operation),
                None => accessors::shape(program, row, method, at).unwrap_or_else(|| {
                    QueryShape::new(API, method, Operation::Other, TableRef::Unknown).opaque()
                }),
            },
            HandleKind::Connection => {
                let text = program.facts(at.file).args(at.call).first();
                let text = text.map(|expr| statement(program, Place { file: at.file, expr: *expr }));
                sql_query(program, QueryApi::Sql, program.dialect_of(API), method, text)
            }
            _ => find::shape(program, None, method, at),
        }
    }

    fn built(&self, _: &Program, _: Option<ModelRef>, _: &Steps<'_>) -> QueryShape {
        QueryShape::new(API, "query", Operation::Other, TableRef::Unknown).opaque()
    }

    fn has_method(&self, program: &Program, handle: HandleKind, name: &str) -> bool {
        match handle {
            HandleKind::Model(_) => {
                find::method(name).is_some()
                    || matches!(name, "scope" | "unscoped" | "schema" | "build" | "bulkBuild")
            }
            HandleKind::Row(row) => {
                find::row_method(name).is_some() || accessors::answer(program.model(row), name).is_some()
            }
            _ => false,
        }
    }
}

/// The model of this name.
fn model_called(program: &Program, name: &str) -> Option<ModelRef> {
    program.schemas.iter().enumerate().filter(|(_, schema)| schema.api == API).find_map(|(n, schema)| {
        let model = *schema.by_accessor.get(name)?;
        Some(ModelRef { schema: n as u32, model: model as u32 })
    })
}

/// What a row holds of its associations where the query includes them.
fn included(program: &Program, row: ModelRef, name: &str) -> Option<Value> {
    let schema: &Schema = &program.schemas[row.schema as usize];
    let own = &schema.models[row.model as usize];
    let found = |model: usize| program.row_value(ModelRef { schema: row.schema, model: model as u32 });
    let between = || {
        let position = *schema.by_accessor.get(name)?;
        let table = schema.catalog.table(&schema.models[position].table)?;
        let refers = table.foreign_keys.iter().any(|key| key.references == own.table);
        (refers && table.foreign_keys.len() >= 2).then(|| found(position))
    };
    match own.relation(name) {
        Some(relation) if relation.list => {
            let list = Value::List(std::sync::Arc::new(found(relation.model)));
            Some(Value::join(std::iter::once(list).chain(between())))
        }
        Some(relation) => Some(found(relation.model)),
        // The row of the table between two models goes by its model's name.
        None if own.field(name).is_none() => between(),
        None => None,
    }
}

fn on_connection(program: &Program, method: &str, at: CallAt) -> Outcome {
    let facts = program.facts(at.file);
    let args = facts.args(at.call);
    match method {
        "query" => Outcome::Query(match queried_model(program, at) {
            Some(_) => Answer::Rows,
            None => Answer::Nothing,
        }),
        "transaction" => {
            let is_function = |expr: &crate::facts::ExprId| {
                let value = program.eval(Place { file: at.file, expr: *expr });
                matches!(value, Value::Function(_) | Value::Memoized(..))
            };
            match args.iter().position(is_function) {
                Some(position) => Outcome::Transaction { callback: position as u32 },
                None => Outcome::Nothing,
            }
        }
        "model" => {
            let name =
                args.first().and_then(|expr| super::text_at(program, Place { file: at.file, expr: *expr }));
            match name.and_then(|name| model_called(program, name)) {
                Some(model) => Outcome::Value(program.model_value(model)),
                None => Outcome::Handle(HandleKind::AnyModel),
            }
        }
        "define" => {
            let made = program.model_made_at(Place { file: at.file, expr: facts.call(at.call).expr });
            Outcome::Handle(made.map_or(HandleKind::AnyModel, HandleKind::Model))
        }
        _ => Outcome::Nothing,
    }
}

fn on_model(program: &Program, method: &str, model: Option<ModelRef>) -> Outcome {
    match (method, model) {
        ("scope" | "unscoped" | "schema", _) => {
            Outcome::Handle(model.map_or(HandleKind::AnyModel, HandleKind::Model))
        }
        ("build", Some(model)) => Outcome::Value(program.row_value(model)),
        ("bulkBuild", Some(model)) => {
            Outcome::Value(Value::List(std::sync::Arc::new(program.row_value(model))))
        }
        _ => find::method(method).map_or(Outcome::Nothing, |(_, answer, _)| Outcome::Query(answer)),
    }
}

/// `sequelize.query(text, { model: User })`.
fn queried_model(program: &Program, at: CallAt) -> Option<ModelRef> {
    let second = *program.facts(at.file).args(at.call).get(1)?;
    let none = Schema::default();
    let reader = Reader::new(program, &none);
    match reader.object(Place { file: at.file, expr: second }).get("model") {
        Given::Sure(model) => program.model_named(&program.eval(model)),
        _ => None,
    }
}

/// The text of `query({ query: text, values })`, or of `query(text)`.
fn statement(program: &Program, at: Place) -> Place {
    let facts = program.facts(at.file);
    match facts.expr(at.expr) {
        Expr::Object(list) => facts.property(list, "query").map_or(at, |expr| Place { file: at.file, expr }),
        _ => at,
    }
}

fn row_shape(program: &Program, row: ModelRef, method: &str, operation: Operation) -> QueryShape {
    let schema = &program.schemas[row.schema as usize];
    let model = program.model(row);
    let shape = QueryShape::new(API, method, operation, TableRef::Known(model.table.clone()));
    find::finish(shape, find::by_key(schema, model, PredicateOp::Equal), model)
}
