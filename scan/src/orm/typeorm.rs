//! TypeORM: entity classes, repositories, managers and query builders.

mod builder;
mod entities;
mod find;
mod relations;

use tuneup_model::{Operation, QueryApi, QueryShape, TableRef};

use super::{Answer, CallAt, Declared, HandleKind, ModelRef, Orm, Outcome, Steps};
use crate::facts::TypeId;
use crate::objects::sql_query;
use crate::place::Place;
use crate::program::{Api, Program, Value};
use crate::report::Texts;

#[derive(Debug)]
pub(super) struct Typeorm;

/// Packages of the library and of its bindings.
fn is_own(package: &str) -> bool {
    matches!(package, "typeorm" | "@nestjs/typeorm")
        || package.starts_with("typeorm/")
        || package.starts_with("@nestjs/typeorm/")
}

impl Orm for Typeorm {
    fn api(&self) -> QueryApi {
        QueryApi::Typeorm
    }

    fn owns(&self, package: &str) -> bool {
        is_own(package)
    }

    fn declared(&self, program: &Program, texts: &mut Texts<'_>) -> Option<Declared> {
        entities::declared(program, texts)
    }

    fn made(&self, program: &Program, api: &Api, at: CallAt) -> Option<HandleKind> {
        match api.path.as_str() {
            "DataSource"
            | "createConnection"
            | "getConnection"
            | "getManager"
            | "Connection"
            | "getConnectionManager().get" => Some(HandleKind::Connection),
            "getRepository" | "getTreeRepository" | "getCustomRepository" => {
                Some(repository(program.model_among(at.file, at.call)))
            }
            _ => None,
        }
    }

    fn typed(&self, program: &Program, api: &Api, file: u32, args: &[TypeId]) -> Option<HandleKind> {
        match api.last() {
            "DataSource" | "Connection" | "EntityManager" | "QueryRunner" => Some(HandleKind::Connection),
            "Repository" | "TreeRepository" | "AbstractRepository" => {
                let model = args.first().and_then(|ty| match program.type_value(file, *ty) {
                    Value::Instance(class) => program.entity(class),
                    _ => None,
                });
                Some(repository(model))
            }
            _ => None,
        }
    }

    fn member(&self, _: &Program, handle: HandleKind, name: &str) -> Option<Value> {
        let connection = Value::Handle(super::Handle { api: self.api(), kind: HandleKind::Connection });
        match (handle, name) {
            (HandleKind::Connection | HandleKind::Model(_) | HandleKind::AnyModel, "manager")
            | (HandleKind::Connection, "queryRunner" | "connection" | "dataSource") => Some(connection),
            (HandleKind::AnyModel | HandleKind::Model(_), "metadata" | "target") => Some(Value::Unknown),
            _ => None,
        }
    }

    fn outcome(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> Outcome {
        match handle {
            HandleKind::Connection => on_connection(program, method, at),
            HandleKind::Model(model) => on_model(method, at, Some(model)),
            HandleKind::AnyModel => on_model(method, at, None),
            HandleKind::Builder(begin, model) => builder::outcome(program, method, at, (begin, model)),
            HandleKind::Row(_) => match method {
                "save" | "remove" | "softRemove" | "recover" => Outcome::Query(Answer::Row),
                "reload" => Outcome::Query(Answer::Nothing),
                _ => Outcome::Nothing,
            },
            HandleKind::Models | HandleKind::Page(_) | HandleKind::Driver(_) => Outcome::Nothing,
        }
    }

    fn shape(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> QueryShape {
        match handle {
            HandleKind::Model(model) => find::shape(program, Some(model), method, at, 0),
            HandleKind::Row(model) => {
                let operation = if method == "reload" { Operation::ReadOne } else { find::operation(method) };
                let table = TableRef::Known(program.model(model).table.clone());
                QueryShape::new(self.api(), method, operation, table)
            }
            HandleKind::Connection if method == "query" => {
                let text = program.facts(at.file).args(at.call).first();
                let text = text.map(|expr| Place { file: at.file, expr: *expr });
                sql_query(program, QueryApi::Sql, program.dialect_of(self.api()), method, text)
            }
            HandleKind::Connection => {
                let model =
                    program.model_among(at.file, at.call).or_else(|| find::model_of_rows(program, at));
                let first = find::names_model(program, at);
                find::shape(program, model, method, at, usize::from(first))
            }
            _ => find::shape(program, None, method, at, 0),
        }
    }

    fn built(&self, program: &Program, model: Option<ModelRef>, steps: &Steps<'_>) -> QueryShape {
        builder::built(program, model, steps)
    }

    fn has_method(&self, _: &Program, handle: HandleKind, name: &str) -> bool {
        match handle {
            // Active record: what `BaseEntity` gives its classes and rows.
            HandleKind::Model(_) => find::is_query(name) || name == "createQueryBuilder",
            HandleKind::Row(_) => matches!(name, "save" | "remove" | "softRemove" | "recover" | "reload"),
            _ => false,
        }
    }
}

fn repository(model: Option<ModelRef>) -> HandleKind {
    model.map_or(HandleKind::AnyModel, HandleKind::Model)
}

fn on_connection(program: &Program, method: &str, at: CallAt) -> Outcome {
    match method {
        "getRepository" | "getTreeRepository" | "withRepository" | "getCustomRepository" => {
            Outcome::Handle(repository(program.model_among(at.file, at.call)))
        }
        "createQueryRunner" | "createEntityManager" | "initialize" | "connect" => {
            Outcome::Handle(HandleKind::Connection)
        }
        "createQueryBuilder" => {
            Outcome::Handle(HandleKind::Builder(at, program.model_among(at.file, at.call)))
        }
        "transaction" => {
            let args = program.facts(at.file).args(at.call).len();
            Outcome::Transaction { callback: args.saturating_sub(1) as u32 }
        }
        "query" => Outcome::Query(Answer::Rows),
        method => find::answer(method).map_or(Outcome::Nothing, Outcome::Query),
    }
}

fn on_model(method: &str, at: CallAt, model: Option<ModelRef>) -> Outcome {
    match method {
        "createQueryBuilder" => Outcome::Handle(HandleKind::Builder(at, model)),
        "extend" => Outcome::Handle(repository(model)),
        "query" => Outcome::Query(Answer::Rows),
        method => find::answer(method).map_or(Outcome::Nothing, Outcome::Query),
    }
}
