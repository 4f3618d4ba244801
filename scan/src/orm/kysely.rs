//! Kysely: connections and transactions, builders that name tables by text, migrations.
//!
//! A query is what `execute` and its like run; a builder that nothing runs is a part of another query. Tables are the
//! texts given to `selectFrom` and its like; which database they are of, the place of the migrations tells.

mod builder;
mod conditions;
mod databases;
mod migrations;
mod statements;

use tuneup_model::{QueryApi, QueryShape};

use super::{Answer, CallAt, Declared, HandleKind, ModelRef, Orm, Outcome, Steps, method_name};
use crate::facts::TypeId;
use crate::program::{Api, Program, Value};
use crate::report::Texts;

#[derive(Debug)]
pub(super) struct Kysely;

fn is_own(package: &str) -> bool {
    package == "kysely" || package.starts_with("kysely/")
}

/// Methods that begin a query on a table.
const VERBS: &[&str] =
    &["selectFrom", "insertInto", "replaceInto", "updateTable", "deleteFrom", "mergeInto", "selectNoFrom"];

impl Orm for Kysely {
    fn api(&self) -> QueryApi {
        QueryApi::Kysely
    }

    fn owns(&self, package: &str) -> bool {
        is_own(package)
    }

    fn declared(&self, _: &Program, _: &mut Texts<'_>) -> Option<Declared> {
        None
    }

    fn databases(&self, program: &Program, texts: &mut Texts<'_>) -> Vec<Declared> {
        migrations::databases(program, texts)
    }

    fn made(&self, _: &Program, api: &Api, at: CallAt) -> Option<HandleKind> {
        match api.path.as_str() {
            "Kysely" => Some(HandleKind::Connection),
            "sql" | "sql.raw" => Some(HandleKind::Builder(at, None)),
            _ => None,
        }
    }

    fn typed(&self, _: &Program, api: &Api, _: u32, _: &[TypeId]) -> Option<HandleKind> {
        matches!(api.last(), "Kysely" | "Transaction" | "ControlledTransaction" | "QueryCreator")
            .then_some(HandleKind::Connection)
    }

    fn member(&self, _: &Program, handle: HandleKind, name: &str) -> Option<Value> {
        let is_tool =
            matches!(name, "schema" | "fn" | "dynamic" | "introspection" | "isTransaction" | "case");
        (handle == HandleKind::Connection && is_tool).then_some(Value::Unknown)
    }

    fn outcome(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> Outcome {
        match handle {
            HandleKind::Connection => on_connection(program, method, at),
            HandleKind::Builder(begin, model) => on_builder(program, method, at, begin, model),
            _ => Outcome::Nothing,
        }
    }

    fn shape(&self, _: &Program, _: HandleKind, method: &str, _: CallAt) -> QueryShape {
        builder::unknown(method)
    }

    fn built(&self, program: &Program, model: Option<ModelRef>, steps: &Steps<'_>) -> QueryShape {
        builder::built(program, model, steps)
    }

    fn has_method(&self, _: &Program, _: HandleKind, _: &str) -> bool {
        false
    }

    fn gives(&self, handle: HandleKind, method: &str, position: u32, index: u32) -> Option<HandleKind> {
        match (handle, method, position, index) {
            (HandleKind::Builder(..), "$if", 1, 0) | (HandleKind::Builder(..), "$call", 0, 0) => Some(handle),
            (HandleKind::Connection | HandleKind::Builder(..), "with" | "withRecursive", 1, 0) => {
                Some(HandleKind::Connection)
            }
            _ => None,
        }
    }
}

fn on_connection(program: &Program, method: &str, at: CallAt) -> Outcome {
    match method {
        "withSchema" | "withPlugin" | "withTables" | "withoutPlugins" | "savepoint" | "withConnection" => {
            Outcome::Handle(HandleKind::Connection)
        }
        "with" | "withRecursive" | "transaction" | "connection" | "startTransaction" => {
            Outcome::Handle(HandleKind::Builder(at, None))
        }
        "executeQuery" => Outcome::Query(Answer::Rows),
        verb if VERBS.contains(&verb) => {
            Outcome::Handle(HandleKind::Builder(at, builder::model_begun(program, at)))
        }
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
    match (method_name(program, begin), method) {
        ("transaction", "execute") => return Outcome::Transaction { callback: 0 },
        ("connection", "execute") => return Outcome::Session { callback: 0 },
        ("startTransaction", "execute") => return Outcome::Handle(HandleKind::Connection),
        _ => {}
    }
    match method {
        "execute" | "stream" => Outcome::Query(Answer::Rows),
        "executeTakeFirst" | "executeTakeFirstOrThrow" => Outcome::Query(Answer::Row),
        "as" | "compile" | "toOperationNode" | "explain" => Outcome::Nothing,
        verb if VERBS.contains(&verb) => {
            Outcome::Handle(HandleKind::Builder(begin, model.or_else(|| builder::model_begun(program, at))))
        }
        _ => Outcome::Handle(HandleKind::Builder(begin, model)),
    }
}
