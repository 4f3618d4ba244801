//! The query builder: `knex('users as u').join(…).where(…).orderBy(…).limit(10)`.

use tuneup_model::{Bound, ColumnRef, Columns, Operation, OrderBy, QueryApi, QueryShape, TableRef};

use super::conditions::{condition, identifiers, is_alternative, is_condition};
use super::names::Scope;
use super::steps::{AGGREGATES, COLUMNS};
use crate::facts::Expr;
use crate::objects::{Given, Reader, SqlText};
use crate::orm::{Step, Steps, text_at};
use crate::place::Place;
use crate::program::{Program, Value};
use crate::schema::Schema;

pub(super) fn built(program: &Program, steps: &Steps<'_>) -> QueryShape {
    let none = Schema::default();
    let reader = Reader::new(program, &none);
    let end = steps.all.last().map_or("", |step| step.method);
    if let Some(begin) = steps.all.first().filter(|step| step.method == "raw") {
        return raw(program, &reader, steps, begin);
    }
    let scope = Scope::of(&reader, steps);
    let operation = operation(program, steps);
    let table = scope.main().map_or(TableRef::Unknown, |name| TableRef::Known(name.to_owned()));
    let method = verb(steps).unwrap_or(end);
    let mut shape = QueryShape::new(QueryApi::Knex, method, operation, table);
    shape.joined = scope.joined();
    for step in &steps.all {
        if is_condition(step.method) {
            add_condition(program, &reader, &scope, steps, step, &mut shape);
        } else if matches!(step.method, "modify" | "join" | "innerJoin") || step.method.starts_with("union") {
            // Rows may be fewer for it.
            shape.filter.has_unknown = true;
        }
    }
    page(&reader, &scope, steps, &mut shape);
    shape.columns = columns(program, &reader, &scope, steps);
    shape
}

/// The method that says what the query does.
fn verb<'p>(steps: &Steps<'p>) -> Option<&'p str> {
    const VERBS: &[&str] = &[
        "insert",
        "batchInsert",
        "upsert",
        "update",
        "increment",
        "decrement",
        "del",
        "delete",
        "truncate",
        "first",
        "count",
        "countDistinct",
        "pluck",
        "sum",
        "avg",
        "min",
        "max",
        "select",
    ];
    VERBS.iter().find_map(|verb| steps.last(&[*verb]).map(|step| step.method))
}

fn operation(program: &Program, steps: &Steps<'_>) -> Operation {
    let writes =
        ["insert", "batchInsert", "upsert", "update", "increment", "decrement", "del", "delete", "truncate"];
    let verb = writes.iter().find_map(|verb| steps.last(&[*verb]));
    let grouped = steps.last(&["groupBy", "groupByRaw"]).is_some();
    match verb.map(|step| step.method) {
        Some("insert") if steps.last(&["merge"]).is_some() => Operation::Upsert,
        Some("insert") => {
            let rows = verb.and_then(|step| steps.args(step).first().copied());
            let many = rows.is_some_and(|at| {
                matches!(program.eval(at), Value::Items(_) | Value::List(_) | Value::Rows { many: true, .. })
            });
            if many { Operation::InsertMany } else { Operation::Insert }
        }
        Some("batchInsert") => Operation::InsertMany,
        Some("upsert") => Operation::Upsert,
        Some("update" | "increment" | "decrement") => Operation::UpdateMany,
        Some(_) => Operation::DeleteMany,
        None if !grouped && steps.last(&["count", "countDistinct"]).is_some() => Operation::Count,
        None if !grouped && steps.last(AGGREGATES).is_some() => Operation::Aggregate,
        None if steps.last(&["first"]).is_some() => Operation::ReadOne,
        None => Operation::ReadMany,
    }
}

fn add_condition(
    program: &Program,
    reader: &Reader<'_>,
    scope: &Scope<'_>,
    steps: &Steps<'_>,
    step: &Step<'_>,
    shape: &mut QueryShape,
) {
    if is_alternative(step.method) {
        shape.filter.all_of.clear();
        shape.filter.has_unknown = true;
        return;
    }
    match condition(program, reader, scope, steps, step) {
        Some((predicates, has_unknown)) if step.is_certain => {
            for predicate in predicates {
                if !shape.filter.all_of.contains(&predicate) {
                    shape.filter.all_of.push(predicate);
                }
            }
            shape.filter.has_unknown |= has_unknown;
        }
        _ => shape.filter.has_unknown = true,
    }
}

/// Order, limit and offset.
fn page(reader: &Reader<'_>, scope: &Scope<'_>, steps: &Steps<'_>, shape: &mut QueryShape) {
    for step in &steps.all {
        let args = steps.args(step);
        match (step.method, args.first()) {
            ("orderBy", Some(first)) => match order(reader, scope, &args, *first) {
                Some(terms) if step.is_certain => shape.order.extend(terms),
                _ => shape.order_known = false,
            },
            ("orderByRaw", _) => shape.order_known = false,
            ("limit", Some(count)) => shape.limit = bound(reader, step, *count),
            ("offset", Some(count)) => shape.offset = bound(reader, step, *count),
            ("clearOrder", _) => (shape.order, shape.order_known) = (Vec::new(), true),
            // A plugin's page, or what a function adds.
            ("paginate" | "modify", _) => {
                (shape.limit, shape.offset) = (Bound::Unknown, Bound::Unknown);
                shape.order_known = false;
            }
            _ => {}
        }
    }
    if shape.operation == Operation::ReadOne {
        shape.limit = Bound::Constant(1);
    }
}

fn bound(reader: &Reader<'_>, step: &Step<'_>, at: Place) -> Bound {
    if step.is_certain { reader.bound(&Given::Sure(at)) } else { Bound::Unknown }
}

/// `orderBy('a', 'desc')`, `orderBy(['a', { column: 'b', order: 'desc' }])`.
fn order(reader: &Reader<'_>, scope: &Scope<'_>, args: &[Place], first: Place) -> Option<Vec<OrderBy>> {
    let text = |at: Place| match reader.see(at) {
        seen if matches!(seen.expr, Expr::Str(_)) => match seen.expr {
            Expr::Str(name) => Some(reader.name(seen.place, name)),
            _ => None,
        },
        _ => None,
    };
    let seen = reader.see(first);
    let Expr::Array(list) = seen.expr else {
        let column = scope.column(text(first)?)?;
        let descending = args.get(1).is_some_and(|at| is_descending(text(*at)));
        return Some(vec![OrderBy { column, descending }]);
    };
    let term = |item: Place| {
        if let Some(name) = text(item) {
            return Some(OrderBy { column: scope.column(name)?, descending: false });
        }
        let object = reader.object(item);
        let Given::Sure(column) = object.get("column") else { return None };
        let descending = match object.get("order") {
            Given::Sure(at) => is_descending(text(at)),
            _ => false,
        };
        Some(OrderBy { column: scope.column(text(column)?)?, descending })
    };
    reader.list(seen.place.file, list).map(term).collect()
}

fn is_descending(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.to_ascii_lowercase().starts_with("desc"))
}

/// The columns that come back; all where none are named.
fn columns(program: &Program, reader: &Reader<'_>, scope: &Scope<'_>, steps: &Steps<'_>) -> Columns {
    let mut found: Vec<ColumnRef> = Vec::new();
    let mut is_named = false;
    for step in steps.named(COLUMNS) {
        for arg in steps.args(step) {
            let seen = reader.see(arg);
            let items: Vec<Place> = match seen.expr {
                Expr::Array(list) => reader.list(seen.place.file, list).collect(),
                _ => vec![arg],
            };
            for item in items {
                is_named = true;
                let Some(text) = text_at(program, item) else { return Columns::Unknown };
                if text == "*" || text.ends_with(".*") {
                    return Columns::All;
                }
                let Some(column) = scope.column(text) else { return Columns::Unknown };
                found.push(column);
            }
        }
    }
    if !is_named {
        return Columns::All;
    }
    let mut names: Vec<String> =
        found.into_iter().filter(|it| Some(it.table.as_str()) == scope.main()).map(|it| it.column).collect();
    names.sort();
    names.dedup();
    Columns::Some(names)
}

/// `knex.raw('select … from ?? where id = ?', ['users', id])`.
fn raw(program: &Program, reader: &Reader<'_>, steps: &Steps<'_>, begin: &Step<'_>) -> QueryShape {
    let args = steps.args(begin);
    let mut text = SqlText::default();
    if let Some(at) = args.first() {
        reader.text(*at, &mut text);
        text.bind(&identifiers(reader, args.get(1).copied()));
    }
    let found = text.shape(program.dialect_of(QueryApi::Knex));
    found.unwrap_or_else(|| {
        let mut shape = QueryShape::new(QueryApi::Knex, "raw", Operation::Other, TableRef::Unknown).opaque();
        shape.sql = text.marked();
        shape
    })
}
