//! The query builder: `db.select().from(users).innerJoin(…).where(eq(users.id, id)).limit(10)`.

use tuneup_model::{Bound, Columns, Operation, QueryApi, QueryShape, TableRef};

use super::conditions::{Reading, operator_name};
use crate::facts::{CallKind, Expr};
use crate::objects::{Follow as _, Given};
use crate::orm::builder::narrow;
use crate::orm::{CallAt, Handle, HandleKind, ModelRef, Step, Steps, argument, chain_of, method_name};
use crate::place::Place;
use crate::program::{Program, Value};
use crate::schema::Model;

const VERBS: &[&str] = &["select", "selectDistinct", "selectDistinctOn", "insert", "update", "delete"];
const JOINS: &[&str] = &[
    "leftJoin",
    "rightJoin",
    "innerJoin",
    "fullJoin",
    "crossJoin",
    "leftJoinLateral",
    "innerJoinLateral",
    "crossJoinLateral",
];

pub(super) fn built(program: &Program, steps: &Steps<'_>) -> QueryShape {
    let begin = steps.all.first().map(|step| step.at);
    let verb = steps.named(VERBS).next();
    let method = verb.map_or("select", |step| step.method);
    let subject = match verb {
        Some(verb) if method.starts_with("select") => steps
            .named(&["from"])
            .find(|step| step.is_certain)
            .and_then(|step| argument(program, step.at, 0))
            .or_else(|| argument(program, verb.at, 0).filter(|_| method == "from"))
            .and_then(|at| subject(program, at, 0)),
        Some(verb) => argument(program, verb.at, 0).and_then(|at| subject(program, at, 0)),
        // `union(a, b)`: the first of them.
        None => begin.and_then(|at| argument(program, at, 0)).and_then(|at| subject(program, at, 0)),
    };
    let Some(at) = subject else {
        let operation =
            if method.starts_with("select") { Operation::ReadMany } else { write(program, steps, method) };
        return QueryShape::new(QueryApi::Drizzle, method, operation, TableRef::Unknown).opaque();
    };
    let reading = Reading::of(program, at);
    let model = program.model(at);
    let table = TableRef::Known(model.table.clone());
    let mut shape = QueryShape::new(QueryApi::Drizzle, method, Operation::ReadMany, table);
    shape.filter.has_unknown = verb.is_none() || is_subquery(program, steps);
    joins(program, steps, &mut shape);
    conditions(&reading, steps, &mut shape);
    page(&reading, steps, &mut shape);
    if method.starts_with("select") || verb.is_none() {
        select(&reading, model, steps, verb, &mut shape);
    } else {
        shape.operation = write(program, steps, method);
        narrow(program, at, &mut shape);
    }
    shape.joined.sort();
    shape.joined.dedup();
    shape.joined.retain(|table| *table != model.table);
    shape
}

/// `db.$count(users, eq(users.active, true))`.
pub(super) fn count(program: &Program, at: CallAt) -> QueryShape {
    let subject = argument(program, at, 0).and_then(|at| subject(program, at, 0));
    let Some(model) = subject else {
        return QueryShape::new(QueryApi::Drizzle, "$count", Operation::Count, TableRef::Unknown).opaque();
    };
    let table = TableRef::Known(program.model(model).table.clone());
    let mut shape = QueryShape::new(QueryApi::Drizzle, "$count", Operation::Count, table);
    if let Some(at) = argument(program, at, 1) {
        let conditions = Reading::of(program, model).condition(at);
        shape.filter.all_of = conditions.all_of;
        shape.filter.has_unknown = conditions.has_unknown;
    }
    shape
}

/// The table behind a table constant, or the one that a query within the query reads.
fn subject(program: &Program, at: Place, depth: u32) -> Option<ModelRef> {
    if let Value::Handle(Handle { kind: HandleKind::Model(model), .. }) = program.eval(at) {
        return Some(model);
    }
    if depth > 8 {
        return None;
    }
    let at = program.follow(at)?;
    let facts = program.facts(at.file);
    if let Expr::Function(function) = facts.expr(at.expr) {
        let [only] = facts.function(function).returns.as_slice() else { return None };
        return subject(program, Place { file: at.file, expr: only.value }, depth + 1);
    }
    let Expr::Call(call) = facts.expr(at.expr) else { return None };
    let chain = chain_of(program, CallAt { file: at.file, call });
    let within = |wanted: &str| {
        let calls = chain.iter().map(|call| CallAt { file: at.file, call: *call });
        calls.filter(|call| method_name(program, *call) == wanted).find_map(|call| argument(program, call, 0))
    };
    // `db.$with('name').as(query)` and `query.as('name')`.
    within("from").or_else(|| within("as")).and_then(|at| subject(program, at, depth + 1))
}

fn is_subquery(program: &Program, steps: &Steps<'_>) -> bool {
    steps
        .named(&["from"])
        .filter_map(|step| argument(program, step.at, 0))
        .any(|at| !matches!(program.eval(at), Value::Handle(Handle { kind: HandleKind::Model(_), .. })))
}

fn joins(program: &Program, steps: &Steps<'_>, shape: &mut QueryShape) {
    for step in steps.named(JOINS) {
        if let Some(model) = argument(program, step.at, 0).and_then(|at| subject(program, at, 0)) {
            shape.joined.push(program.model(model).table.clone());
        }
        shape.filter.has_unknown |= step.method.starts_with("inner") || !step.is_certain;
    }
}

fn conditions(reading: &Reading<'_>, steps: &Steps<'_>, shape: &mut QueryShape) {
    // A second `where` replaces the first.
    let wheres: Vec<&Step<'_>> = steps.named(&["where"]).collect();
    if let [.., last] = wheres[..]
        && let Some(at) = argument(reading.program, last.at, 0)
    {
        let conditions = reading.condition(at);
        if last.is_certain {
            shape.filter.all_of.extend(conditions.all_of);
        }
        shape.filter.has_unknown |= conditions.has_unknown || !last.is_certain;
        shape.joined.extend(conditions.joined);
    }
    shape.filter.has_unknown |=
        steps.named(&["having", "union", "unionAll", "intersect", "except"]).next().is_some();
}

fn page(reading: &Reading<'_>, steps: &Steps<'_>, shape: &mut QueryShape) {
    for (method, is_limit) in [("limit", true), ("offset", false)] {
        let Some(step) = steps.last(&[method]) else { continue };
        let given = argument(reading.program, step.at, 0).map_or(Given::Absent, Given::Sure);
        let bound = if step.is_certain { reading.reader.bound(&given) } else { Bound::Unknown };
        *(if is_limit { &mut shape.limit } else { &mut shape.offset }) = bound;
    }
    if let Some(step) = steps.last(&["orderBy"]) {
        let mut terms = Vec::new();
        let known = steps.args(step).iter().all(|at| reading.order(*at, &mut terms));
        shape.order_known = known && step.is_certain;
        shape.order = if step.is_certain { terms } else { Vec::new() };
    }
}

/// What comes back, and with it what kind of reading it is.
fn select(
    reading: &Reading<'_>,
    model: &Model,
    steps: &Steps<'_>,
    verb: Option<&Step<'_>>,
    shape: &mut QueryShape,
) {
    let fields = verb.and_then(|verb| {
        let n = usize::from(verb.method == "selectDistinctOn");
        argument(reading.program, verb.at, n)
    });
    let grouped = steps.named(&["groupBy"]).next().is_some();
    if let Some(at) = fields {
        let object = reading.reader.object(at);
        let aggregates = object.entries.iter().filter(|entry| is_aggregate(reading, entry.value)).count();
        let mut columns: Vec<String> = Vec::new();
        let mut known = object.is_complete;
        for entry in &object.entries {
            match reading.column(entry.value) {
                Some((of, column)) if of.table == model.table => columns.push(column.to_owned()),
                Some(_) => {}
                None => known = false,
            }
        }
        columns.sort();
        columns.dedup();
        shape.columns = if known { Columns::Some(columns) } else { Columns::Unknown };
        if aggregates > 0 && (grouped || aggregates < object.entries.len()) {
            shape.operation = Operation::Aggregate;
        } else if aggregates > 0 {
            let is_count =
                aggregates == 1 && object.entries.iter().any(|entry| is_count(reading, entry.value));
            shape.operation = if is_count { Operation::Count } else { Operation::Aggregate };
        }
    }
    if grouped && shape.operation == Operation::ReadMany {
        shape.operation = Operation::Aggregate;
    }
    if shape.operation == Operation::ReadMany && shape.limit == Bound::Constant(1) {
        shape.operation = Operation::ReadOne;
    }
}

fn is_aggregate(reading: &Reading<'_>, at: Place) -> bool {
    aggregate(reading, at).is_some()
}

fn is_count(reading: &Reading<'_>, at: Place) -> bool {
    aggregate(reading, at).is_some_and(|name| name.starts_with("count"))
}

const AGGREGATES: &[&str] =
    &["count", "countDistinct", "sum", "sumDistinct", "avg", "avgDistinct", "max", "min"];

/// `count()`, `sum(t.x)`, `` sql`count(*)` ``, with what is chained behind.
fn aggregate<'p>(reading: &Reading<'p>, at: Place) -> Option<&'p str> {
    let seen = reading.reader.see(at);
    let Expr::Call(call) = seen.expr else { return None };
    let file = seen.place.file;
    let first = *chain_of(reading.program, CallAt { file, call }).last()?;
    let facts = reading.program.facts(file);
    let called = facts.call(first);
    let name = operator_name(reading.program, Place { file, expr: called.callee })?;
    if called.kind != CallKind::Tagged {
        return AGGREGATES.contains(&name).then_some(name);
    }
    let Expr::Template(parts) = facts.expr(*facts.args(first).first()?) else { return None };
    let Expr::Str(text) = facts.expr(*facts.list(parts).first()?) else { return None };
    let text = facts.name(text).trim_start().to_ascii_lowercase();
    AGGREGATES.iter().copied().find(|name| text.starts_with(&format!("{name}(")))
}

fn write(program: &Program, steps: &Steps<'_>, method: &str) -> Operation {
    match method {
        "update" => Operation::UpdateMany,
        "delete" => Operation::DeleteMany,
        _ if steps.named(&["onConflictDoUpdate", "onDuplicateKeyUpdate"]).next().is_some() => {
            Operation::Upsert
        }
        _ if steps.named(&["select"]).next().is_some() => Operation::InsertMany,
        _ => {
            let rows = steps.last(&["values"]).and_then(|step| argument(program, step.at, 0));
            if rows.is_some_and(|at| is_list(program, at)) {
                Operation::InsertMany
            } else {
                Operation::Insert
            }
        }
    }
}

fn is_list(program: &Program, at: Place) -> bool {
    match program.eval(at) {
        Value::Items(at) => {
            let facts = program.facts(at.file);
            let Expr::Array(list) = facts.expr(at.expr) else { return true };
            !matches!(facts.list(list), [only] if !matches!(facts.expr(*only), Expr::Spread(_)))
        }
        Value::List(_) | Value::Rows { many: true, .. } => true,
        _ => false,
    }
}
