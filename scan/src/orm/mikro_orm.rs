//! MikroORM: entity classes, entity managers, repositories, collections, query builders, SQL migrations.

mod builder;
mod entities;
mod find;
mod indexes;
mod migrations;
mod relations;

use tuneup_model::{Operation, QueryApi, QueryShape, TableRef};

use super::{Answer, CallAt, Declared, Handle, HandleKind, ModelRef, Orm, Outcome, Steps};
use crate::facts::TypeId;
use crate::objects::sql_query;
use crate::place::Place;
use crate::program::{Api, Program, Value};
use crate::report::Texts;

#[derive(Debug)]
pub(super) struct MikroOrm;

/// Packages of the library and of its bindings.
fn is_own(package: &str) -> bool {
    package.starts_with("@mikro-orm/") || package == "mikro-orm"
}

impl Orm for MikroOrm {
    fn api(&self) -> QueryApi {
        QueryApi::MikroOrm
    }

    fn owns(&self, package: &str) -> bool {
        is_own(package)
    }

    fn declared(&self, program: &Program, texts: &mut Texts<'_>) -> Option<Declared> {
        entities::declared(program, texts)
    }

    fn made(&self, program: &Program, api: &Api, at: CallAt) -> Option<HandleKind> {
        match api.path.as_str() {
            "MikroORM.init" | "MikroORM.initSync" | "MikroORM" | "default.init" | "EntityManager" => {
                Some(HandleKind::Connection)
            }
            "Collection" => program.model_among(at.file, at.call).map(HandleKind::Row),
            _ => None,
        }
    }

    fn typed(&self, program: &Program, api: &Api, file: u32, args: &[TypeId]) -> Option<HandleKind> {
        let model = || {
            args.first().and_then(|ty| match program.type_value(file, *ty) {
                Value::Instance(class) => program.entity(class),
                _ => None,
            })
        };
        match api.last() {
            "MikroORM" | "EntityManager" | "SqlEntityManager" | "AbstractSqlConnection" | "Connection" => {
                Some(HandleKind::Connection)
            }
            "EntityRepository" | "SqlEntityRepository" => Some(repository(model())),
            "Collection" | "Reference" | "Ref" | "IdentifiedReference" | "LoadedCollection" => {
                model().map(HandleKind::Row)
            }
            _ => None,
        }
    }

    fn member(&self, _: &Program, handle: HandleKind, name: &str) -> Option<Value> {
        let is_connection = match handle {
            HandleKind::Connection => matches!(name, "em" | "connection"),
            HandleKind::Model(_) | HandleKind::AnyModel => matches!(name, "em" | "_em"),
            _ => false,
        };
        is_connection
            .then_some(Value::Handle(Handle { api: QueryApi::MikroOrm, kind: HandleKind::Connection }))
    }

    fn outcome(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> Outcome {
        match handle {
            HandleKind::Connection => on_connection(program, method, at),
            HandleKind::Model(model) => on_model(method, at, Some(model)),
            HandleKind::AnyModel => on_model(method, at, None),
            HandleKind::Builder(begin, model) => builder::outcome(method, begin, model, at),
            HandleKind::Row(_) => match method {
                "loadItems" | "matching" => Outcome::Query(Answer::Rows),
                "load" | "init" | "loadOrFail" => Outcome::Query(Answer::Row),
                "loadCount" => Outcome::Query(Answer::Number),
                _ => Outcome::Nothing,
            },
            HandleKind::Models | HandleKind::Page(_) | HandleKind::Driver(_) => Outcome::Nothing,
        }
    }

    fn shape(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> QueryShape {
        match handle {
            HandleKind::Model(model) => find::shape(program, Some(model), method, at, 0),
            HandleKind::Row(model) => collection(program, model, method),
            HandleKind::Connection if method == "execute" => {
                let text = program.facts(at.file).args(at.call).first();
                let text = text.map(|expr| Place { file: at.file, expr: *expr });
                sql_query(program, QueryApi::Sql, program.dialect_of(self.api()), method, text)
            }
            HandleKind::Connection => {
                let named = find::named_model(program, at);
                let first = usize::from(named.is_some() || !find::takes_rows(method));
                let model = named.or_else(|| find::model_of_rows(program, at));
                find::shape(program, model, method, at, first)
            }
            _ => find::shape(program, None, method, at, 0),
        }
    }

    fn built(&self, program: &Program, model: Option<ModelRef>, steps: &Steps<'_>) -> QueryShape {
        builder::built(program, model, steps)
    }

    fn has_method(&self, _: &Program, _: HandleKind, _: &str) -> bool {
        false
    }

    fn is_awaitable(&self) -> bool {
        true
    }
}

fn repository(model: Option<ModelRef>) -> HandleKind {
    model.map_or(HandleKind::AnyModel, HandleKind::Model)
}

/// Loading a collection or a reference: rows of the other side.
fn collection(program: &Program, model: ModelRef, method: &str) -> QueryShape {
    let operation = match method {
        "loadCount" => Operation::Count,
        "load" | "loadOrFail" => Operation::ReadOne,
        _ => Operation::ReadMany,
    };
    let table = TableRef::Known(program.model(model).table.clone());
    let mut shape = QueryShape::new(QueryApi::MikroOrm, method, operation, table);
    // The rows of one owner, or the one row referred to.
    shape.filter.has_unknown = true;
    shape
}

fn on_connection(program: &Program, method: &str, at: CallAt) -> Outcome {
    match method {
        "getRepository" => Outcome::Handle(repository(find::named_model(program, at))),
        "fork" | "getConnection" | "getContext" | "getEntityManager" => {
            Outcome::Handle(HandleKind::Connection)
        }
        "createQueryBuilder" | "qb" => {
            Outcome::Handle(HandleKind::Builder(at, find::named_model(program, at)))
        }
        "getKnex" => {
            Outcome::Value(Value::Handle(Handle { api: QueryApi::Knex, kind: HandleKind::Connection }))
        }
        "transactional" => Outcome::Transaction { callback: 0 },
        "create" | "getReference" | "assign" => find::named_model(program, at)
            .map_or(Outcome::Nothing, |model| Outcome::Value(program.row_value(model))),
        "execute" => Outcome::Query(Answer::Rows),
        method => find::answer(method).map_or(Outcome::Nothing, Outcome::Query),
    }
}

fn on_model(method: &str, at: CallAt, model: Option<ModelRef>) -> Outcome {
    match method {
        "createQueryBuilder" | "qb" => Outcome::Handle(HandleKind::Builder(at, model)),
        "getEntityManager" => Outcome::Handle(HandleKind::Connection),
        "getKnex" => {
            Outcome::Value(Value::Handle(Handle { api: QueryApi::Knex, kind: HandleKind::Connection }))
        }
        method => find::answer(method).map_or(Outcome::Nothing, Outcome::Query),
    }
}
