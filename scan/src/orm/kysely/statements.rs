//! The statements of migrations, and the dialect that they are written for.

use tuneup_model::Dialect;

use super::is_own;
use crate::facts::{CallId, CallKind, Expr};
use crate::orm::{CallAt, Handle, HandleKind, chain_of, method_name};
use crate::place::Place;
use crate::program::{Program, Role, Value};
use tuneup_model::QueryApi;

/// One statement: the calls that make it up, in order, without the `execute`.
pub(super) struct Statement {
    pub(super) steps: Vec<CallAt>,
}

/// The statements of a file in the order of its text.
pub(super) fn statements(program: &Program, file: u32) -> Vec<Statement> {
    let facts = program.facts(file);
    let mut found: Vec<(u32, Statement)> = Vec::new();
    let mut has_schema = false;
    for n in 0..facts.calls.len() as u32 {
        let end = CallAt { file, call: CallId(n) };
        if method_name(program, end) != "execute" || is_undone(program, end) {
            continue;
        }
        let mut steps: Vec<CallAt> =
            chain_of(program, end).into_iter().skip(1).map(|call| CallAt { file, call }).collect();
        steps.reverse();
        let Some(first) = steps.first().copied() else { continue };
        let is_schema = is_schema_call(program, first);
        has_schema |= is_schema;
        if is_schema || is_raw(program, first) {
            found.push((facts.span(facts.call(end.call).expr).end, Statement { steps }));
        }
    }
    if !has_schema {
        return Vec::new();
    }
    found.sort_by_key(|(position, _)| *position);
    found.into_iter().map(|(_, statement)| statement).collect()
}

/// `db.schema.createTable(…)` on a connection of the library.
fn is_schema_call(program: &Program, at: CallAt) -> bool {
    let facts = program.facts(at.file);
    let Expr::Member { object, .. } = facts.expr(facts.call(at.call).callee) else { return false };
    let mut object = object;
    // `db.schema.withSchema('x').createTable(…)` is left to what follows.
    while let Expr::Cast { expr, .. } = facts.expr(object) {
        object = expr;
    }
    let Expr::Member { object: db, property } = facts.expr(object) else { return false };
    let connection = Handle { api: QueryApi::Kysely, kind: HandleKind::Connection };
    facts.name(property) == "schema"
        && program.eval(Place { file: at.file, expr: db }) == Value::Handle(connection)
}

fn is_raw(program: &Program, at: CallAt) -> bool {
    let facts = program.facts(at.file);
    let call = facts.call(at.call);
    call.kind == CallKind::Tagged
        && matches!(program.eval(Place { file: at.file, expr: call.callee }), Value::Api(api)
            if is_own(&api.package) && api.path == "sql")
}

/// True within a function that takes a migration back.
fn is_undone(program: &Program, at: CallAt) -> bool {
    let facts = program.facts(at.file);
    let function = facts.call(at.call).function;
    std::iter::successors(Some(function), |id| facts.function(*id).parent)
        .take(32)
        .any(|id| facts.function(id).name.is_some_and(|name| facts.name(name) == "down"))
}

/// The dialect that connections of the package are made with.
pub(super) fn dialect_of(program: &Program, folder: &str) -> Dialect {
    let package = program.package_folder(&format!("{folder}/x"));
    let mut votes = [[0_usize; 3]; 2];
    for (file, facts) in program.files.iter().enumerate() {
        if program.roles[file] == Role::Test {
            continue;
        }
        let is_near = program.package_folder(&facts.path) == package;
        for call in facts.calls.iter().filter(|call| call.kind == CallKind::New) {
            let Expr::Symbol(symbol) = facts.expr(call.callee) else { continue };
            let name = facts.name(facts.symbol(symbol).name);
            let n = match name {
                name if name.ends_with("PostgresDialect") || name.ends_with("PostgresJSDialect") => 0,
                name if name.ends_with("MysqlDialect") || name.ends_with("PlanetScaleDialect") => 1,
                name if name.to_ascii_lowercase().contains("sqlite") && name.ends_with("Dialect") => 2,
                _ => continue,
            };
            votes[1][n] += 1;
            votes[0][n] += usize::from(is_near);
        }
    }
    let votes = if votes[0] == [0; 3] { votes[1] } else { votes[0] };
    match votes {
        [postgres, mysql, sqlite] if postgres >= mysql && postgres >= sqlite => Dialect::Postgresql,
        [_, mysql, sqlite] if mysql >= sqlite => Dialect::Mysql,
        _ => Dialect::Sqlite,
    }
}
