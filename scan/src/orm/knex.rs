//! Knex: an instance by configuration or by type, builders that run where they are awaited, migrations.

mod builder;
mod conditions;
mod migrations;
mod names;
mod steps;

use tuneup_model::{Operation, QueryApi, QueryShape, TableRef};

use super::{
    Answer, CallAt, Declared, Handle, HandleKind, ModelRef, Orm, Outcome, Steps, chain_of, method_name,
};
use crate::facts::TypeId;
use crate::program::{Api, Program, Value};
use crate::report::Texts;

#[derive(Debug)]
pub(super) struct Knex;

impl Orm for Knex {
    fn api(&self) -> QueryApi {
        QueryApi::Knex
    }

    fn owns(&self, package: &str) -> bool {
        matches!(package, "knex" | "nest-knexjs" | "nestjs-knex") || package.starts_with("knex/")
    }

    fn declared(&self, program: &Program, texts: &mut Texts<'_>) -> Option<Declared> {
        migrations::declared(program, texts)
    }

    fn made(&self, _: &Program, api: &Api, _: CallAt) -> Option<HandleKind> {
        matches!(api.path.as_str(), "" | "default" | "knex" | "Knex" | "default.knex" | "default.default")
            .then_some(HandleKind::Connection)
    }

    fn typed(&self, _: &Program, api: &Api, _: u32, _: &[TypeId]) -> Option<HandleKind> {
        matches!(api.last(), "" | "default" | "Knex" | "Transaction").then_some(HandleKind::Connection)
    }

    fn member(&self, _: &Program, handle: HandleKind, name: &str) -> Option<Value> {
        let is_value = matches!(handle, HandleKind::Connection)
            && matches!(name, "schema" | "fn" | "client" | "migrate" | "seed" | "context" | "userParams");
        is_value.then_some(Value::Unknown)
    }

    fn outcome(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> Outcome {
        match handle {
            HandleKind::Connection => on_connection(program, method, at),
            HandleKind::Builder(begin, model) => on_builder(method, begin, model, at),
            _ => Outcome::Nothing,
        }
    }

    fn shape(&self, _: &Program, _: HandleKind, method: &str, _: CallAt) -> QueryShape {
        QueryShape::new(QueryApi::Knex, method, Operation::Other, TableRef::Unknown).opaque()
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

    fn names_table(&self, method: &str) -> bool {
        steps::TABLES.contains(&method)
    }

    fn awaited(&self, program: &Program, end: CallAt) -> Answer {
        let chain = chain_of(program, end);
        let has = |methods: &[&str]| {
            chain
                .iter()
                .any(|call| methods.contains(&method_name(program, CallAt { file: end.file, call: *call })))
        };
        if has(&["first"]) {
            Answer::Row
        } else if has(steps::WRITES) && !has(&["returning"]) {
            Answer::Nothing
        } else {
            Answer::Rows
        }
    }
}

fn on_connection(program: &Program, method: &str, at: CallAt) -> Outcome {
    match method {
        "transaction" | "transactionProvider" | "savepoint" => {
            if program.facts(at.file).args(at.call).is_empty() {
                Outcome::Handle(HandleKind::Connection)
            } else {
                Outcome::Transaction { callback: 0 }
            }
        }
        "withUserParams" => Outcome::Handle(HandleKind::Connection),
        "" | "raw" | "batchInsert" | "queryBuilder" => Outcome::Handle(HandleKind::Builder(at, None)),
        method if steps::begins(method) => Outcome::Handle(HandleKind::Builder(at, None)),
        _ => Outcome::Nothing,
    }
}

fn on_builder(method: &str, begin: CallAt, model: Option<ModelRef>, at: CallAt) -> Outcome {
    let kind = HandleKind::Builder(begin, model);
    match method {
        "toQuery" | "toString" | "toSQL" => {
            Outcome::Value(Value::SqlOf(Handle { api: QueryApi::Knex, kind }, at))
        }
        "stream" | "pipe" | "asCallback" => Outcome::Query(Answer::Rows),
        "columnInfo" => Outcome::Query(Answer::Nothing),
        _ => Outcome::Handle(kind),
    }
}
