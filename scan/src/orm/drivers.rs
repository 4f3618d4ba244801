//! Drivers: SQL text sent to the database without a library of tables in between.
//!
//! What a driver is asked stands in its text, so all that a handle must keep is which driver it is: how text is given
//! to it, and which dialect it speaks.

use tuneup_model::{Dialect, Operation, QueryApi, QueryShape, TableRef};

use super::{
    Answer, CallAt, Declared, HandleKind, Mark, ModelRef, Orm, Outcome, Steps, method_name, text_at,
};
use crate::facts::{CallKind, Expr, TypeId};
use crate::objects::{Given, Reader, sql_query};
use crate::place::Place;
use crate::program::{Api, Program, Value};
use crate::report::Texts;
use crate::schema::Schema;

#[derive(Debug)]
pub(super) struct Drivers;

/// How a program speaks to its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Driver {
    /// `pg` and what mirrors it.
    Postgres,
    /// ``sql`…` ``: postgres.js, Neon, Vercel.
    PostgresTag,
    /// `mysql2`, also with promises: rows and fields come as a pair.
    Mysql,
    Planetscale,
    /// SQLite: better-sqlite3, sqlite3, `libSQL`, those of Node.js and Bun.
    Sqlite,
}

impl Driver {
    fn of(package: &str) -> Option<Self> {
        Some(match package {
            "pg" | "pg-pool" | "pg-native" => Self::Postgres,
            "postgres" | "@vercel/postgres" | "@neondatabase/serverless" => Self::PostgresTag,
            "mysql" | "mysql2" | "mysql2/promise" | "promise-mysql" => Self::Mysql,
            "@planetscale/database" => Self::Planetscale,
            "better-sqlite3" | "sqlite" | "sqlite3" | "node:sqlite" | "bun:sqlite" | "@libsql/client" => {
                Self::Sqlite
            }
            _ => return None,
        })
    }

    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Postgres | Self::PostgresTag => Dialect::Postgresql,
            Self::Mysql | Self::Planetscale => Dialect::Mysql,
            Self::Sqlite => Dialect::Sqlite,
        }
    }

    fn answer(self) -> Answer {
        match self {
            Self::Mysql => Answer::RowsAndCount,
            _ => Answer::Rows,
        }
    }
}

impl Orm for Drivers {
    fn api(&self) -> QueryApi {
        QueryApi::Sql
    }

    fn owns(&self, package: &str) -> bool {
        Driver::of(package).is_some()
    }

    fn declared(&self, _: &Program, _: &mut Texts<'_>) -> Option<Declared> {
        None
    }

    fn made(&self, _: &Program, api: &Api, _: CallAt) -> Option<HandleKind> {
        let is_connection = matches!(
            api.last(),
            "" | "default"
                | "Pool"
                | "Client"
                | "Database"
                | "DatabaseSync"
                | "createPool"
                | "createClient"
                | "createConnection"
                | "connect"
                | "connection"
                | "connection()"
                | "open"
                | "neon"
                | "verbose().Database"
        );
        is_connection
            .then(|| HandleKind::Driver(Driver::of(&api.package).expect("only own packages are asked")))
    }

    fn typed(&self, _: &Program, api: &Api, _: u32, _: &[TypeId]) -> Option<HandleKind> {
        let is_connection = matches!(
            api.last(),
            "Pool"
                | "PoolClient"
                | "Client"
                | "ClientBase"
                | "VercelPool"
                | "VercelPoolClient"
                | "Sql"
                | "TransactionSql"
                | "ReservedSql"
                | "NeonQueryFunction"
                | "PoolConnection"
                | "Connection"
                | "Database"
                | "DatabaseSync"
                | "Transaction"
        );
        is_connection
            .then(|| HandleKind::Driver(Driver::of(&api.package).expect("only own packages are asked")))
    }

    fn exported(&self, api: &Api) -> Option<HandleKind> {
        let is_handle = api.package == "@vercel/postgres" && matches!(api.path.as_str(), "sql" | "db");
        is_handle.then_some(HandleKind::Driver(Driver::PostgresTag))
    }

    fn in_transaction(&self, handle: HandleKind) -> HandleKind {
        handle
    }

    fn member(&self, _: &Program, _: HandleKind, _: &str) -> Option<Value> {
        None
    }

    fn outcome(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> Outcome {
        match handle {
            HandleKind::Driver(driver) => on_connection(program, driver, method, at),
            HandleKind::Builder(begin, model) => on_statement(method, begin, model),
            _ => Outcome::Nothing,
        }
    }

    fn shape(&self, program: &Program, handle: HandleKind, method: &str, at: CallAt) -> QueryShape {
        let HandleKind::Driver(driver) = handle else {
            return QueryShape::new(QueryApi::Sql, method, Operation::Other, TableRef::Unknown).opaque();
        };
        text_shape(program, driver, method, at)
    }

    /// `db.prepare(text).all(…)`: the statement is what was prepared.
    fn built(&self, program: &Program, _: Option<ModelRef>, steps: &Steps<'_>) -> QueryShape {
        let begin = steps.all[0].at;
        let facts = program.facts(begin.file);
        let driver = match program.eval(Place { file: begin.file, expr: facts.call(begin.call).callee }) {
            Value::HandleMethod(handle, _) => match handle.kind {
                HandleKind::Driver(driver) => driver,
                _ => Driver::Sqlite,
            },
            _ => Driver::Sqlite,
        };
        text_shape(program, driver, steps.all.last().map_or("", |step| step.method), begin)
    }

    fn has_method(&self, _: &Program, _: HandleKind, _: &str) -> bool {
        false
    }
}

/// Calls on a pool, a connection or the tag itself.
fn on_connection(program: &Program, driver: Driver, method: &str, at: CallAt) -> Outcome {
    match (driver, method) {
        (Driver::PostgresTag, "") => match program.facts(at.file).call(at.call).kind {
            CallKind::Tagged if is_statement(program, at) => Outcome::Query(Answer::Rows),
            _ => Outcome::Nothing,
        },
        // `sql.begin(async (sql) => …)`, also with options before the callback.
        (_, "begin" | "savepoint" | "transaction") => transaction(program, driver, at),
        (_, "query" | "execute" | "unsafe" | "exec" | "all" | "get" | "run" | "each") => {
            if let Some(mark) = mark(program, at) {
                mark
            } else if (driver, method) == (Driver::Sqlite, "get") {
                Outcome::Query(Answer::Row)
            } else {
                Outcome::Query(driver.answer())
            }
        }
        (Driver::Mysql, "beginTransaction") => Outcome::Mark(Mark::Begin),
        (Driver::Mysql, "commit" | "rollback") => Outcome::Mark(Mark::End),
        (Driver::PostgresTag, "file") | (Driver::Sqlite, "batch") => Outcome::Query(Answer::Rows),
        (Driver::Sqlite, "prepare") => Outcome::Handle(HandleKind::Builder(at, None)),
        (_, "connect" | "getConnection" | "promise" | "reserve" | "connection") => {
            Outcome::Handle(HandleKind::Driver(driver))
        }
        _ => Outcome::Nothing,
    }
}

fn transaction(program: &Program, driver: Driver, at: CallAt) -> Outcome {
    let facts = program.facts(at.file);
    let args = facts.args(at.call);
    let callback = args.iter().rposition(|arg| {
        matches!(program.eval(Place { file: at.file, expr: *arg }), Value::Function(_) | Value::Memoized(..))
    });
    match (callback, driver) {
        // better-sqlite3 gives the function back, to be called.
        (Some(callback), Driver::Sqlite) => {
            Outcome::Value(program.eval(Place { file: at.file, expr: args[callback] }))
        }
        (Some(callback), _) => Outcome::Transaction { callback: callback as u32 },
        (None, _) => Outcome::Nothing,
    }
}

/// Calls on a prepared statement.
fn on_statement(method: &str, begin: CallAt, model: Option<ModelRef>) -> Outcome {
    match method {
        "all" | "iterate" | "values" | "each" => Outcome::Query(Answer::Rows),
        "get" => Outcome::Query(Answer::Row),
        "run" => Outcome::Query(Answer::Nothing),
        "pluck" | "expand" | "raw" | "bind" | "safeIntegers" | "as" => {
            Outcome::Handle(HandleKind::Builder(begin, model))
        }
        _ => Outcome::Nothing,
    }
}

/// The text given to a call: as it is, or as `{ text, values }`.
fn text_of(program: &Program, at: CallAt) -> Option<Place> {
    let first = *program.facts(at.file).args(at.call).first()?;
    let first = Place { file: at.file, expr: first };
    let none = Schema::default();
    let reader = Reader::new(program, &none);
    if !matches!(reader.see(first).expr, Expr::Object(_)) {
        return Some(first);
    }
    let options = reader.object(first);
    ["text", "sql"].iter().find_map(|name| match options.get(name) {
        Given::Sure(place) => Some(place),
        _ => None,
    })
}

fn text_shape(program: &Program, driver: Driver, method: &str, at: CallAt) -> QueryShape {
    let text = text_of(program, at).filter(|_| !matches!(method_name(program, at), "file" | "batch"));
    sql_query(program, QueryApi::Sql, driver.dialect(), method, text)
}

/// The first word of a text where it is literal.
fn first_word(program: &Program, at: Place) -> Option<&str> {
    let facts = program.facts(at.file);
    let text = match facts.expr(at.expr) {
        Expr::Template(list) => match facts.list(list).first().map(|first| facts.expr(*first)) {
            Some(Expr::Str(name)) => facts.name(name),
            _ => return None,
        },
        _ => text_at(program, at)?,
    };
    text.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty())
}

/// `BEGIN`, `COMMIT` and their like ask nothing of the tables.
fn mark(program: &Program, at: CallAt) -> Option<Outcome> {
    let word = first_word(program, text_of(program, at)?)?;
    match word.to_ascii_lowercase().as_str() {
        "begin" | "start" => Some(Outcome::Mark(Mark::Begin)),
        "commit" | "rollback" | "end" => Some(Outcome::Mark(Mark::End)),
        "savepoint" | "release" => Some(Outcome::Nothing),
        _ => None,
    }
}

/// True for a tagged template that is a statement of its own: fragments of statements are tagged alike.
fn is_statement(program: &Program, at: CallAt) -> bool {
    let facts = program.facts(at.file);
    let Some(template) = facts.args(at.call).first() else { return false };
    let word = first_word(program, Place { file: at.file, expr: *template });
    let has_verb = word.is_none_or(|word| {
        matches!(
            word.to_ascii_lowercase().as_str(),
            "select"
                | "insert"
                | "update"
                | "delete"
                | "with"
                | "merge"
                | "values"
                | "create"
                | "drop"
                | "alter"
                | "truncate"
                | "call"
                | "refresh"
                | "explain"
                | "copy"
                | "vacuum"
                | "analyze"
                | "lock"
                | "notify"
        )
    });
    has_verb && !program.is_hole(Place { file: at.file, expr: facts.call(at.call).expr })
}
