//! Drizzle: table constants, connections of every driver, relational queries and query builders.
//!
//! A table constant and a member of `db.query` are handles of the same model; a builder is run where its chain ends,
//! unless it becomes a part of another.

mod builder;
mod columns;
mod conditions;
mod keys;
mod relational;
mod relations;
mod tables;

use tuneup_model::{QueryApi, QueryShape};

use super::{
    Answer, CallAt, Declared, Handle, HandleKind, ModelRef, Orm, Outcome, Steps, argument, method_name,
};
use crate::facts::TypeId;
use crate::objects::sql_query;
use crate::place::Place;
use crate::program::{Api, Program, Value};
use crate::report::Texts;

#[derive(Debug)]
pub(super) struct Drizzle;

/// Packages of the library.
fn is_own(package: &str) -> bool {
    package == "drizzle-orm" || package.starts_with("drizzle-orm/")
}

impl Orm for Drizzle {
    fn api(&self) -> QueryApi {
        QueryApi::Drizzle
    }

    fn owns(&self, package: &str) -> bool {
        is_own(package)
    }

    fn declared(&self, _: &Program, _: &mut Texts<'_>) -> Option<Declared> {
        None
    }

    fn databases(&self, program: &Program, texts: &mut Texts<'_>) -> Vec<Declared> {
        tables::databases(program, texts)
    }

    fn made(&self, program: &Program, api: &Api, at: CallAt) -> Option<HandleKind> {
        match api.last() {
            "drizzle" | "withReplicas" => Some(HandleKind::Connection),
            "union" | "unionAll" | "intersect" | "intersectAll" | "except" | "exceptAll" => {
                Some(HandleKind::Builder(at, None))
            }
            "alias" | "aliasedTable" => program.model_among(at.file, at.call).map(HandleKind::Model),
            _ => {
                let facts = program.facts(at.file);
                let made = Place { file: at.file, expr: facts.call(at.call).expr };
                program.model_made(made).map(HandleKind::Model)
            }
        }
    }

    fn typed(&self, _: &Program, api: &Api, _: u32, _: &[TypeId]) -> Option<HandleKind> {
        let name = api.last();
        let is_connection = name == "drizzle"
            || (name.ends_with("Database") && name != "DrizzleTypeError")
            || name.ends_with("Transaction");
        is_connection.then_some(HandleKind::Connection)
    }

    fn member(&self, program: &Program, handle: HandleKind, name: &str) -> Option<Value> {
        let handle_of = |kind| Value::Handle(Handle { api: QueryApi::Drizzle, kind });
        match (handle, name) {
            (HandleKind::Connection, "query") => Some(handle_of(HandleKind::Models)),
            (HandleKind::Connection, "$primary") => Some(handle_of(HandleKind::Connection)),
            (HandleKind::Models, name) => {
                Some(handle_of(named(program, name).map_or(HandleKind::AnyModel, HandleKind::Model)))
            }
            (HandleKind::Model(_) | HandleKind::AnyModel, "findMany" | "findFirst" | "enableRLS") => None,
            // A column, a type, or the driver.
            (HandleKind::Model(_) | HandleKind::AnyModel, _)
            | (HandleKind::Connection, "$client" | "session" | "_") => Some(Value::Unknown),
            _ => None,
        }
    }

    fn outcome(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> Outcome {
        match handle {
            HandleKind::Connection => on_connection(program, method, at),
            HandleKind::Model(_) | HandleKind::AnyModel => match method {
                "findMany" => Outcome::Query(Answer::Rows),
                "findFirst" => Outcome::Query(Answer::Row),
                "enableRLS" => Outcome::Handle(handle),
                _ => Outcome::Nothing,
            },
            HandleKind::Builder(begin, model) => on_builder(program, method, at, begin, model),
            HandleKind::Models | HandleKind::Row(_) | HandleKind::Page(_) | HandleKind::Driver(_) => {
                Outcome::Nothing
            }
        }
    }

    fn shape(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> QueryShape {
        match handle {
            HandleKind::Model(model) => relational::shape(program, Some(model), method, at),
            HandleKind::Connection if method == "$count" => builder::count(program, at),
            HandleKind::Connection => {
                let text = argument(program, at, 0);
                sql_query(program, QueryApi::Sql, program.dialect_of(QueryApi::Drizzle), method, text)
            }
            _ => relational::shape(program, None, method, at),
        }
    }

    fn built(&self, program: &Program, _: Option<ModelRef>, steps: &Steps<'_>) -> QueryShape {
        builder::built(program, steps)
    }

    fn has_method(&self, _: &Program, _: HandleKind, _: &str) -> bool {
        false
    }

    fn is_awaitable(&self) -> bool {
        true
    }

    fn is_held_by(&self, method: &str) -> bool {
        matches!(method, "prepare" | "with" | "$with")
    }

    fn gives(&self, handle: HandleKind, method: &str, position: u32, index: u32) -> Option<HandleKind> {
        let is_session = handle == HandleKind::Connection && method == "transaction";
        (is_session && (position, index) == (0, 0)).then_some(HandleKind::Connection)
    }
}

/// The model that `db.query` has under a name, where one schema alone has it.
fn named(program: &Program, name: &str) -> Option<ModelRef> {
    let own = program.schemas.iter().enumerate().filter(|(_, schema)| schema.api == QueryApi::Drizzle);
    let mut found = own.filter_map(|(n, schema)| {
        let model = *schema.by_accessor.get(name)?;
        Some(ModelRef { schema: n as u32, model: model as u32 })
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

fn on_connection(program: &Program, method: &str, at: CallAt) -> Outcome {
    match method {
        "select" | "selectDistinct" | "selectDistinctOn" | "with" | "$with" | "insert" | "update"
        | "delete" => Outcome::Handle(HandleKind::Builder(at, program.model_among(at.file, at.call))),
        "$count" => Outcome::Query(Answer::Number),
        "execute" | "run" | "all" | "values" => Outcome::Query(Answer::Rows),
        "get" => Outcome::Query(Answer::Row),
        "transaction" => Outcome::Transaction { callback: 0 },
        _ => Outcome::Nothing,
    }
}

fn on_builder(
    program: &Program,
    method: &str,
    at: CallAt,
    begin: CallAt,
    model: Option<ModelRef>,
) -> Outcome {
    let args = program.facts(at.file).args(at.call).len();
    match method {
        "as" | "toSQL" | "getSQL" | "getSelectedFields" => Outcome::Nothing,
        "execute" | "all" | "iterator" => Outcome::Query(Answer::Rows),
        "run" => Outcome::Query(Answer::Nothing),
        "get" => Outcome::Query(Answer::Row),
        // Without rows to insert it is the run of SQLite's drivers.
        "values" if args == 0 => Outcome::Query(Answer::Rows),
        _ => {
            let from = (method == "from" || (model.is_none() && method_name(program, begin) == "with"))
                .then(|| program.model_among(at.file, at.call))
                .flatten();
            Outcome::Handle(HandleKind::Builder(begin, model.or(from)))
        }
    }
}
