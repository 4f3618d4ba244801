//! Built queries: `db.selectFrom('post as p').innerJoin(…).where('p.uri', '=', uri).execute()`.

use tuneup_model::{Bound, ColumnRef, Columns, Operation, OrderBy, QueryApi, QueryShape, TableRef};

use super::conditions::{self, Scope};
use super::{VERBS, databases};
use crate::facts::{CallKind, Expr, FnId};
use crate::objects::{Follow as _, Given, Reader, sql_query};
use crate::orm::builder::narrow;
use crate::orm::{
    CallAt, Handle, HandleKind, ModelRef, Step, Steps, argument, chain_of, method_name, root_of, text_at,
};
use crate::place::Place;
use crate::program::{Program, Value};

const JOINS: &[&str] = &[
    "innerJoin",
    "leftJoin",
    "rightJoin",
    "fullJoin",
    "crossJoin",
    "innerJoinLateral",
    "leftJoinLateral",
    "using",
];

/// A table as a query names it.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) table: String,
    pub(super) alias: String,
    /// False where it stands for a query within the query.
    pub(super) is_plain: bool,
}

pub(super) fn unknown(method: &str) -> QueryShape {
    QueryShape::new(QueryApi::Kysely, method, Operation::Other, TableRef::Unknown).opaque()
}

/// The table of the database that a call begins a query on.
pub(super) fn model_begun(program: &Program, at: CallAt) -> Option<ModelRef> {
    let subject = subject(program, argument(program, at, 0)?, &[], 0)?;
    databases::table_for(program, at.file, &subject.table)
}

pub(super) fn built(program: &Program, model: Option<ModelRef>, steps: &Steps<'_>) -> QueryShape {
    let Some(begin) = steps.all.first() else { return unknown("execute") };
    let kind = program.facts(begin.at.file).call(begin.at.call).kind;
    let verb = steps.named(VERBS).last();
    let end = steps.all.last().map_or("execute", |step| step.method);
    let Some(verb) = verb else {
        return if kind == CallKind::Tagged || begin.method == "raw" {
            raw(program, begin)
        } else {
            unknown(end)
        };
    };
    let ctes = ctes(program, steps);
    let subject = argument(program, verb.at, 0).and_then(|at| subject(program, at, &ctes, 0));
    let operation = operation(program, steps, verb.method, end);
    let Some(subject) = subject else {
        return QueryShape::new(QueryApi::Kysely, verb.method, operation, TableRef::Unknown).opaque();
    };
    let model = if subject.is_plain { model } else { None };
    let known = model.map(|it| program.model(it));
    let table = known.map_or_else(|| subject.table.clone(), |model| model.table.clone());
    let mut shape = QueryShape::new(QueryApi::Kysely, verb.method, operation, TableRef::Known(table.clone()));
    if !subject.is_plain {
        shape = shape.opaque();
        page(program, steps, &Scope::default(), &mut shape);
        return shape;
    }
    let mut scope = Scope::default();
    scope.add(subject.alias, table.clone(), known);
    joins(program, steps, &ctes, &mut scope, &mut shape);
    conditions::read(program, steps, &scope, &mut shape);
    page(program, steps, &scope, &mut shape);
    selected(program, steps, &scope, &mut shape);
    if let Some(model) = model {
        narrow(program, model, &mut shape);
    }
    shape.joined.sort();
    shape.joined.dedup();
    shape.joined.retain(|joined| *joined != table);
    shape
}

/// `` sql`…`.execute(db) ``.
fn raw(program: &Program, begin: &Step<'_>) -> QueryShape {
    let dialect = program.dialect_of(QueryApi::Kysely);
    sql_query(program, QueryApi::Sql, dialect, "sql", argument(program, begin.at, 0))
}

/// What a text or a query in its place names.
fn subject(program: &Program, at: Place, ctes: &[(String, Option<String>)], depth: u32) -> Option<Subject> {
    if depth > 8 {
        return None;
    }
    if let Some(text) = text_at(program, at) {
        let (table, alias) = text.split_once(" as ").map_or((text, text), |(table, alias)| (table, alias));
        let (table, alias) = (table.trim(), alias.trim());
        return match ctes.iter().find(|(name, _)| name == table) {
            Some((_, inner)) => {
                inner.clone().map(|inner| Subject { table: inner, alias: alias.to_owned(), is_plain: false })
            }
            None => Some(Subject { table: table.to_owned(), alias: alias.to_owned(), is_plain: true }),
        };
    }
    let again = |at: Place| subject(program, at, ctes, depth + 1);
    let at = program.follow(at)?;
    let facts = program.facts(at.file);
    match facts.expr(at.expr) {
        Expr::Array(list) => again(Place { file: at.file, expr: *facts.list(list).first()? }),
        Expr::Function(function) => match facts.function(function).returns.as_slice() {
            [only] => again(Place { file: at.file, expr: only.value }),
            _ => None,
        },
        Expr::Call(call) => {
            let end = CallAt { file: at.file, call };
            let calls = chain_of(program, end).into_iter().map(|call| CallAt { file: at.file, call });
            let begun =
                calls.clone().find(|call| VERBS.contains(&method_name(program, *call))).or_else(|| {
                    match program.eval(Place { file: at.file, expr: root_of(program, end) }) {
                        Value::Handle(Handle { kind: HandleKind::Builder(begin, _), .. }) => Some(begin),
                        _ => None,
                    }
                })?;
            let inner = again(argument(program, begun, 0)?)?;
            Some(Subject { is_plain: false, ..inner })
        }
        _ => None,
    }
}

/// Common table expressions of the query, each with the table that it reads.
fn ctes(program: &Program, steps: &Steps<'_>) -> Vec<(String, Option<String>)> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    for step in steps.named(&["with", "withRecursive"]) {
        let Some(name) = steps.text(step, 0) else { continue };
        let name = name.split('(').next().unwrap_or(name).trim().to_owned();
        let body = argument(program, step.at, 1).and_then(|at| program.follow(at));
        let inner = body.and_then(|at| match program.facts(at.file).expr(at.expr) {
            Expr::Function(function) => first_table(program, at.file, function, &found),
            _ => subject(program, at, &found, 0).map(|it| it.table),
        });
        found.push((name, inner));
    }
    found
}

/// The table that the first query within a function reads.
fn first_table(
    program: &Program,
    file: u32,
    function: FnId,
    ctes: &[(String, Option<String>)],
) -> Option<String> {
    let facts = program.facts(file);
    let span = facts.function(function).span;
    let mut begun: Vec<CallAt> = (0..facts.calls.len() as u32)
        .map(|call| CallAt { file, call: crate::facts::CallId(call) })
        .filter(|at| span.contains(facts.span(facts.call(at.call).expr)))
        .filter(|at| VERBS.contains(&method_name(program, *at)))
        .collect();
    begun.sort_by_key(|at| facts.span(facts.call(at.call).expr).end);
    begun.into_iter().find_map(|at| subject(program, argument(program, at, 0)?, ctes, 1)).map(|it| it.table)
}

fn joins<'p>(
    program: &'p Program,
    steps: &Steps<'p>,
    ctes: &[(String, Option<String>)],
    scope: &mut Scope<'p>,
    shape: &mut QueryShape,
) {
    for step in steps.named(JOINS) {
        let joined = argument(program, step.at, 0).and_then(|at| subject(program, at, ctes, 0));
        if let Some(joined) = joined {
            let model =
                databases::table_for(program, step.at.file, &joined.table).filter(|_| joined.is_plain);
            let known = model.map(|it| program.model(it));
            shape.joined.push(joined.table.clone());
            let table = if joined.is_plain { joined.table } else { String::new() };
            scope.add(joined.alias, table, known);
        } else {
            scope.add(String::new(), String::new(), None);
        }
        shape.filter.has_unknown |= !step.method.starts_with("left") || !step.is_certain;
    }
}

fn operation(program: &Program, steps: &Steps<'_>, verb: &str, end: &str) -> Operation {
    match verb {
        "updateTable" => Operation::UpdateMany,
        "deleteFrom" => Operation::DeleteMany,
        "mergeInto" | "replaceInto" => Operation::Upsert,
        "insertInto" => {
            let updates = steps.named(&["onConflict"]).any(|step| updates_on_conflict(program, step));
            if updates || steps.named(&["onDuplicateKeyUpdate", "orReplace"]).next().is_some() {
                return Operation::Upsert;
            }
            if steps.named(&["expression"]).next().is_some() {
                return Operation::InsertMany;
            }
            let rows = steps.last(&["values"]).and_then(|step| argument(program, step.at, 0));
            let is_list = rows.is_some_and(|at| {
                matches!(program.eval(at), Value::Items(_) | Value::List(_) | Value::Rows { many: true, .. })
            });
            if is_list { Operation::InsertMany } else { Operation::Insert }
        }
        _ if end.starts_with("executeTakeFirst") => Operation::ReadOne,
        _ => Operation::ReadMany,
    }
}

/// `onConflict((oc) => oc.column('id').doUpdateSet(…))`.
fn updates_on_conflict(program: &Program, step: &Step<'_>) -> bool {
    let Some(at) = argument(program, step.at, 0).and_then(|at| program.follow(at)) else { return false };
    let facts = program.facts(at.file);
    let span = facts.span(at.expr);
    facts.calls.iter().any(|call| {
        span.contains(facts.span(call.expr))
            && matches!(facts.expr(call.callee), Expr::Member { property, .. }
                if matches!(facts.name(property), "doUpdateSet"))
    })
}

fn page(program: &Program, steps: &Steps<'_>, scope: &Scope<'_>, shape: &mut QueryShape) {
    let none = crate::schema::Schema::default();
    let reader = Reader::new(program, &none);
    for (methods, is_limit) in [(["limit", "fetch"], true), (["offset", "offset"], false)] {
        let Some(step) = steps.last(&methods) else { continue };
        let given = argument(program, step.at, 0).map_or(Given::Absent, Given::Sure);
        let bound = if step.is_certain { reader.bound(&given) } else { Bound::Unknown };
        *(if is_limit { &mut shape.limit } else { &mut shape.offset }) = bound;
    }
    for step in steps.named(&["orderBy"]) {
        let terms = if step.is_certain { order(program, steps, step, scope) } else { None };
        match terms {
            Some(terms) => shape.order.extend(terms),
            None => shape.order_known = false,
        }
    }
}

fn order(program: &Program, steps: &Steps<'_>, step: &Step<'_>, scope: &Scope<'_>) -> Option<Vec<OrderBy>> {
    let first = argument(program, step.at, 0)?;
    let direction = argument(program, step.at, 1).map(|at| text_at(program, at));
    let stated = steps.text(step, 1).is_some_and(|text| text.starts_with("desc"));
    if direction.is_some_and(|text| text.is_none()) {
        // A direction that the program chooses: the columns are the same either way.
        let column = scope.column(text_at(program, first)?)?;
        return Some(vec![OrderBy { column, descending: false }]);
    }
    let terms = texts(program, first)?.into_iter().map(|text| {
        let (name, direction) = text.split_once(' ').unwrap_or((text, ""));
        let descending = stated || direction.trim().starts_with("desc");
        scope.column(name).map(|column| OrderBy { column, descending })
    });
    terms.collect()
}

/// One text, or a list of texts.
pub(super) fn texts(program: &Program, at: Place) -> Option<Vec<&str>> {
    if let Some(text) = text_at(program, at) {
        return Some(vec![text]);
    }
    let at = program.follow(at)?;
    let facts = program.facts(at.file);
    let Expr::Array(list) = facts.expr(at.expr) else { return None };
    facts.list(list).iter().map(|expr| text_at(program, Place { file: at.file, expr: *expr })).collect()
}

fn selected(program: &Program, steps: &Steps<'_>, scope: &Scope<'_>, shape: &mut QueryShape) {
    if !shape.operation.is_read() || steps.named(&["selectAll"]).next().is_some() {
        return;
    }
    let selects: Vec<&Step<'_>> =
        steps.named(&["select", "distinctOn"]).filter(|it| it.method == "select").collect();
    let mut columns = Vec::new();
    let mut is_known = !selects.is_empty();
    let mut aggregates = 0;
    for step in &selects {
        let Some(at) = argument(program, step.at, 0) else { continue };
        for item in items(program, at) {
            let Some(text) = text_at(program, item) else {
                is_known = false;
                aggregates += usize::from(is_count(program, item));
                continue;
            };
            let name = text.split_once(" as ").map_or(text, |(name, _)| name);
            match scope.column(name) {
                Some(ColumnRef { table, column }) if Some(table.as_str()) == shape.table.name() => {
                    columns.push(column);
                }
                Some(_) => {}
                None => is_known = false,
            }
        }
    }
    columns.sort();
    columns.dedup();
    let grouped = steps.named(&["groupBy"]).next().is_some();
    if grouped && aggregates == 0 && shape.operation == Operation::ReadMany {
        // One row per group, not per row of the table.
        shape.operation = Operation::Aggregate;
    }
    if aggregates > 0 {
        let is_only = aggregates == 1 && columns.is_empty() && !grouped;
        shape.operation = if is_only { Operation::Count } else { Operation::Aggregate };
    }
    shape.columns = if is_known { Columns::Some(columns) } else { Columns::Unknown };
}

/// The elements of a list, of what a callback returns, or the value itself.
fn items(program: &Program, at: Place) -> Vec<Place> {
    let Some(followed) = program.follow(at) else { return vec![at] };
    let facts = program.facts(followed.file);
    match facts.expr(followed.expr) {
        Expr::Array(list) => {
            facts.list(list).iter().map(|expr| Place { file: followed.file, expr: *expr }).collect()
        }
        Expr::Function(function) => match facts.function(function).returns.as_slice() {
            [only] => items(program, Place { file: followed.file, expr: only.value }),
            _ => vec![at],
        },
        _ => vec![at],
    }
}

/// `db.fn.countAll().as('n')`, `` sql`count(*)`.as('n') ``.
fn is_count(program: &Program, at: Place) -> bool {
    let Some(at) = program.follow(at) else { return false };
    let facts = program.facts(at.file);
    let Expr::Call(call) = facts.expr(at.expr) else { return false };
    let end = CallAt { file: at.file, call };
    let counts = chain_of(program, end).into_iter().any(|call| {
        if matches!(method_name(program, CallAt { file: at.file, call }), "count" | "countAll") {
            return true;
        }
        let text = facts.args(call).first().map(|expr| facts.expr(*expr));
        let (CallKind::Tagged, Some(Expr::Template(parts))) = (facts.call(call).kind, text) else {
            return false;
        };
        matches!(facts.list(parts).first().map(|first| facts.expr(*first)), Some(Expr::Str(text))
            if facts.name(text).trim_start().to_ascii_lowercase().starts_with("count("))
    });
    // A constant that holds the expression: `countAll.as('n')`.
    let root = Place { file: at.file, expr: root_of(program, end) };
    counts || (root != at && matches!(facts.expr(root.expr), Expr::Symbol(_)) && is_count(program, root))
}
