//! Relational queries: `db.query.users.findMany({ where, with, columns, orderBy, limit, offset })`.

use std::collections::BTreeSet;

use tuneup_model::{Bound, Columns, Filter, Operation, QueryApi, QueryShape, TableRef};

use super::conditions::Reading;
use crate::facts::Expr;
use crate::objects::Given;
use crate::orm::{CallAt, ModelRef, argument};
use crate::place::Place;
use crate::program::Program;
use crate::schema::{FieldKind, Model};

pub(super) fn shape(program: &Program, model: Option<ModelRef>, method: &str, at: CallAt) -> QueryShape {
    let operation = if method == "findFirst" { Operation::ReadOne } else { Operation::ReadMany };
    let Some(model) = model else {
        return QueryShape::new(QueryApi::Drizzle, method, operation, TableRef::Unknown).opaque();
    };
    let reading = Reading::of(program, model);
    let table = program.model(model);
    let mut shape =
        QueryShape::new(QueryApi::Drizzle, method, operation, TableRef::Known(table.table.clone()));
    if let Some(at) = argument(program, at, 0) {
        options(&reading, table, at, &mut shape);
    }
    if operation == Operation::ReadOne {
        shape.limit = Bound::Constant(1);
    }
    shape
}

fn options(reading: &Reading<'_>, model: &Model, at: Place, shape: &mut QueryShape) {
    let reader = &reading.reader;
    let options = reader.object(at);
    let conditions = reading.given(&options.get("where"));
    let mut joined = conditions.joined;
    for at in options.get("with").places() {
        relations(reading, model, *at, &mut joined);
    }
    joined.remove(&model.table);
    shape.joined = joined.into_iter().collect();
    shape.filter =
        Filter { all_of: conditions.all_of, has_unknown: conditions.has_unknown || !options.is_complete };
    shape.order_known = match options.get("orderBy") {
        Given::Absent => options.is_complete,
        Given::Sure(at) => reading.order(at, &mut shape.order),
        _ => false,
    };
    shape.limit = reader.bound(&options.get("limit"));
    shape.offset = reader.bound(&options.get("offset"));
    if !options.is_complete && shape.limit == Bound::Absent {
        shape.limit = Bound::Unknown;
    }
    shape.columns = match options.get("columns") {
        Given::Absent => Columns::All,
        Given::Sure(at) => selected(reading, model, at),
        _ => Columns::Unknown,
    };
}

/// `{ id: true, name: true }`, or all but those that are `false`.
fn selected(reading: &Reading<'_>, model: &Model, at: Place) -> Columns {
    let object = reading.reader.object(at);
    if !object.is_complete || object.entries.iter().any(|entry| !entry.is_certain) {
        return Columns::Unknown;
    }
    let with = |wanted: bool| -> BTreeSet<String> {
        let entries = object.entries.iter();
        let entries = entries.filter(
            |entry| matches!(reading.reader.see(entry.value).expr, Expr::Bool(value) if value == wanted),
        );
        entries.filter_map(|entry| model.column(entry.name)).map(str::to_owned).collect()
    };
    let (included, excluded) = (with(true), with(false));
    if !included.is_empty() {
        return Columns::Some(included.into_iter().collect());
    }
    if excluded.is_empty() {
        return Columns::Unknown;
    }
    let mut rest: Vec<String> = model
        .fields
        .iter()
        .filter_map(|field| model.column(&field.name))
        .filter(|column| !excluded.contains(*column))
        .map(str::to_owned)
        .collect();
    rest.sort();
    Columns::Some(rest)
}

/// The tables that `with` reads beside the main one.
fn relations(reading: &Reading<'_>, model: &Model, at: Place, joined: &mut BTreeSet<String>) {
    reading.reader.deeper(|| {
        for entry in &reading.reader.object(at).entries {
            let Some(FieldKind::Relation(relation)) = model.field(entry.name).map(|field| &field.kind) else {
                continue;
            };
            if matches!(reading.reader.see(entry.value).expr, Expr::Bool(false) | Expr::Undefined) {
                continue;
            }
            let target = reading.reader.target(relation);
            joined.insert(target.table.clone());
            if !matches!(reading.reader.see(entry.value).expr, Expr::Bool(_)) {
                for at in reading.reader.object(entry.value).get("with").places() {
                    relations(reading, target, *at, joined);
                }
            }
        }
    });
}
