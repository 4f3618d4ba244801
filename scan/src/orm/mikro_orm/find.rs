//! Methods of managers and repositories: conditions and options to shapes.

use std::collections::BTreeSet;

use tuneup_model::{
    Bound, ColumnRef, Columns, Operation, OrderBy, PredicateOp, QueryApi, QueryShape, TableRef,
};

use crate::facts::Expr;
use crate::objects::{Comparison, Conditions, Entry, Given, Object, Reader, Seen};
use crate::orm::filter::{Connective, Filters, Operators};
use crate::orm::{Answer, CallAt, ModelRef, text_at};
use crate::place::Place;
use crate::program::{Program, Value};
use crate::schema::{Model, Schema};

/// What each method does and gives; nothing for methods that ask nothing.
fn method(name: &str) -> Option<(Operation, Answer)> {
    Some(match name {
        "find" | "findAll" | "findByCursor" => (Operation::ReadMany, Answer::Rows),
        "findAndCount" => (Operation::ReadMany, Answer::RowsAndCount),
        "findOne" | "findOneOrFail" => (Operation::ReadOne, Answer::Row),
        "refresh" => (Operation::ReadOne, Answer::Nothing),
        "populate" => (Operation::ReadMany, Answer::Nothing),
        "count" => (Operation::Count, Answer::Number),
        "insert" | "nativeInsert" => (Operation::Insert, Answer::Nothing),
        "insertMany" => (Operation::InsertMany, Answer::Nothing),
        "nativeUpdate" => (Operation::UpdateMany, Answer::Nothing),
        "nativeDelete" => (Operation::DeleteMany, Answer::Nothing),
        "upsert" => (Operation::Upsert, Answer::Row),
        "upsertMany" => (Operation::Upsert, Answer::Rows),
        // The unit of work: what was changed is written when it is flushed.
        "flush" | "persistAndFlush" => (Operation::Upsert, Answer::Nothing),
        "removeAndFlush" => (Operation::Delete, Answer::Nothing),
        _ => return None,
    })
}

pub(super) fn answer(name: &str) -> Option<Answer> {
    method(name).map(|(_, answer)| answer)
}

/// True for methods whose first argument is rows, not the name of an entity.
pub(super) fn takes_rows(name: &str) -> bool {
    matches!(
        name,
        "persistAndFlush"
            | "removeAndFlush"
            | "flush"
            | "refresh"
            | "populate"
            | "upsert"
            | "upsertMany"
            | "insert"
            | "insertMany"
    )
}

/// The entity that the first argument names, by its class or its name.
pub(super) fn named_model(program: &Program, at: CallAt) -> Option<ModelRef> {
    let first = *program.facts(at.file).args(at.call).first()?;
    let first = Place { file: at.file, expr: first };
    program.model_named(&program.eval(first)).or_else(|| {
        let name = text_at(program, first)?;
        let own = program.schemas.iter().position(|schema| schema.api == QueryApi::MikroOrm)?;
        let models = &program.schemas[own].models;
        let mut same = models.iter().enumerate().filter(|(_, model)| model.name == name);
        match (same.next(), same.next()) {
            (Some((model, _)), None) => Some(ModelRef { schema: own as u32, model: model as u32 }),
            _ => None,
        }
    })
}

/// The entity of what is written: `em.persistAndFlush(user)`.
pub(super) fn model_of_rows(program: &Program, at: CallAt) -> Option<ModelRef> {
    let first = *program.facts(at.file).args(at.call).first()?;
    program.model_of_row(&program.eval(Place { file: at.file, expr: first }))
}

/// What a method asks; its conditions or data stand at argument `first`.
pub(super) fn shape(
    program: &Program,
    model: Option<ModelRef>,
    name: &str,
    at: CallAt,
    first: usize,
) -> QueryShape {
    let operation = method(name).map_or(Operation::Other, |(operation, _)| operation);
    let Some(model) = model else {
        return QueryShape::new(QueryApi::MikroOrm, name, operation, TableRef::Unknown).opaque();
    };
    let schema = &program.schemas[model.schema as usize];
    let model = &schema.models[model.model as usize];
    let mut shape =
        QueryShape::new(QueryApi::MikroOrm, name, operation, TableRef::Known(model.table.clone()));
    let arg = |n: usize| {
        let args = program.facts(at.file).args(at.call);
        args.get(first + n).map(|expr| Place { file: at.file, expr: *expr })
    };
    if takes_rows(name) {
        let many = arg(0).is_some_and(|at| is_list(program, at));
        shape.operation = match shape.operation {
            Operation::Insert if many => Operation::InsertMany,
            Operation::Delete if many => Operation::DeleteMany,
            other => other,
        };
        shape.filter.has_unknown = operation.is_read();
        return shape;
    }
    if matches!(name, "nativeInsert") {
        return shape;
    }
    let reader = Reader::new(program, schema);
    let filters = Filters { reader: &reader, operators: &MikroOperators };
    let (conditions, options) = match name {
        // Everything stands in the options.
        "findAll" => {
            let options = arg(0).map_or_else(Object::default, |at| reader.object(at));
            (filters.given(model, &options.get("where")), options)
        }
        // The last but one argument is what is set.
        "nativeUpdate" => (criteria(program, &filters, model, schema, arg(0)), Object::default()),
        _ => {
            let options = arg(1).map_or_else(Object::default, |at| reader.object(at));
            (criteria(program, &filters, model, schema, arg(0)), options)
        }
    };
    page(&reader, model, &options, &mut shape);
    conditions.lay_into(&mut shape, &model.table);
    shape
}

/// `{ … }`, a key, a list of keys.
fn criteria(
    program: &Program,
    filters: &Filters<'_, '_>,
    model: &Model,
    schema: &Schema,
    at: Option<Place>,
) -> Conditions {
    let Some(at) = at else { return Conditions::default() };
    match filters.reader.see(at).expr {
        Expr::Array(_) => by_key(model, schema, PredicateOp::In),
        Expr::Str(_) | Expr::Template(_) | Expr::Number(_) => by_key(model, schema, PredicateOp::Equal),
        Expr::Object(_) | Expr::Choice(_) | Expr::Undefined | Expr::Null => filters.conditions(model, at),
        // A variable may hold a key or conditions.
        _ if is_list(program, at) => by_key(model, schema, PredicateOp::In),
        _ if matches!(program.eval(at), Value::Text | Value::Number) => {
            by_key(model, schema, PredicateOp::Equal)
        }
        _ => Conditions::unknown(),
    }
}

fn by_key(model: &Model, schema: &Schema, op: PredicateOp) -> Conditions {
    let mut out = Conditions::default();
    match schema.catalog.table(&model.table).map(|table| table.primary_key.as_slice()) {
        Some([key]) => out.compare(model, key, &Comparison::one(op)),
        _ => out.has_unknown = true,
    }
    out
}

fn is_list(program: &Program, at: Place) -> bool {
    matches!(program.eval(at), Value::Items(_) | Value::List(_) | Value::Rows { many: true, .. })
}

/// Relations, fields, order, limit and offset.
fn page(reader: &Reader<'_>, model: &Model, options: &Object<'_>, shape: &mut QueryShape) {
    let mut joined = BTreeSet::new();
    for at in options.get("populate").places() {
        populated(reader, model, *at, &mut joined);
    }
    shape.joined = joined.into_iter().collect();
    (shape.order, shape.order_known) = order(reader, model, &options.get("orderBy"));
    shape.limit = reader.bound(&options.get("limit"));
    for name in ["first", "last"] {
        if shape.limit == Bound::Absent {
            shape.limit = reader.bound(&options.get(name));
        }
    }
    shape.offset = reader.bound(&options.get("offset"));
    shape.keyset = ["after", "before"].iter().any(|name| reader.is_given(&options.get(name)));
    shape.columns = match options.get("fields") {
        Given::Absent => Columns::All,
        Given::Sure(at) => fields(reader, model, at),
        _ => Columns::Unknown,
    };
}

fn texts(reader: &Reader<'_>, at: Place) -> Option<Vec<String>> {
    let seen = reader.see(at);
    let Expr::Array(list) = seen.expr else { return None };
    let text = |item: Place| match reader.see(item) {
        Seen { expr: Expr::Str(name), place, .. } => Some(reader.name(place, name).to_owned()),
        _ => None,
    };
    reader.list(seen.place.file, list).map(text).collect()
}

fn fields(reader: &Reader<'_>, model: &Model, at: Place) -> Columns {
    let Some(names) = texts(reader, at) else { return Columns::Unknown };
    if names.iter().any(|name| name == "*") {
        return Columns::All;
    }
    let mut columns: Vec<String> =
        names.iter().filter_map(|name| model.column(name)).map(str::to_owned).collect();
    columns.sort();
    columns.dedup();
    Columns::Some(columns)
}

/// `['author', 'author.team']`.
fn populated(reader: &Reader<'_>, model: &Model, at: Place, joined: &mut BTreeSet<String>) {
    for path in texts(reader, at).unwrap_or_default() {
        let mut model = model;
        for name in path.split('.') {
            let Some(relation) = model.relation(name) else { break };
            model = reader.target(relation);
            joined.insert(model.table.clone());
        }
    }
}

/// `{ name: 'asc', author: { name: 'desc' } }`, or a list of such.
pub(super) fn order(reader: &Reader<'_>, model: &Model, given: &Given) -> (Vec<OrderBy>, bool) {
    let at = match given {
        Given::Absent => return (Vec::new(), true),
        Given::Sure(at) => *at,
        Given::Default(_) | Given::Perhaps(_) => return (Vec::new(), false),
    };
    let seen = reader.see(at);
    let objects: Vec<Place> = match seen.expr {
        Expr::Array(list) => reader.list(seen.place.file, list).collect(),
        Expr::Undefined | Expr::Null => return (Vec::new(), true),
        _ => vec![at],
    };
    let mut terms = Vec::new();
    let mut is_known = !seen.is_mutated;
    for object in objects.into_iter().map(|at| reader.object(at)) {
        is_known &= object.is_complete;
        for entry in &object.entries {
            let Some(column) = model.column(entry.name).filter(|_| entry.is_certain) else {
                is_known = false;
                continue;
            };
            let descending = match reader.see(entry.value) {
                Seen { expr: Expr::Str(name), place, .. } => {
                    reader.name(place, name).to_ascii_lowercase().starts_with("desc")
                }
                Seen { expr: Expr::Number(number), .. } => number < 0.0,
                // `QueryOrder.DESC`
                Seen { expr: Expr::Member { property, .. }, place, .. } => {
                    reader.name(place, property).to_ascii_lowercase().starts_with("desc")
                }
                _ => false,
            };
            let column = ColumnRef { table: model.table.clone(), column: column.to_owned() };
            terms.push(OrderBy { column, descending });
        }
    }
    (terms, is_known)
}

/// `{ age: { $gt: 18 }, $or: [ … ] }`.
pub(super) struct MikroOperators;

impl Operators for MikroOperators {
    fn connective(&self, entry: &Entry<'_>) -> Option<Connective> {
        match entry.name {
            "$and" => Some(Connective::And),
            "$or" => Some(Connective::Or),
            "$not" => Some(Connective::Not),
            name if name.starts_with('$') => Some(Connective::Unknown),
            _ => None,
        }
    }

    fn comparison(&self, reader: &Reader<'_>, value: Seen) -> Option<Comparison> {
        if !matches!(value.expr, Expr::Object(_)) {
            return None;
        }
        let object = reader.object(value.place);
        if !object.entries.iter().any(|entry| entry.name.starts_with('$')) {
            return None;
        }
        let mut out = Comparison { ops: Vec::new(), is_unknown: !object.is_complete || value.is_mutated };
        for entry in &object.entries {
            match operator(reader, entry) {
                Some(op) if entry.is_certain => out.push(op),
                _ => out.is_unknown = true,
            }
        }
        Some(out)
    }
}

fn operator(reader: &Reader<'_>, entry: &Entry<'_>) -> Option<PredicateOp> {
    Some(match entry.name {
        "$eq" if matches!(reader.see(entry.value).expr, Expr::Null) => PredicateOp::IsNull,
        "$eq" => PredicateOp::Equal,
        "$in" => PredicateOp::In,
        "$ne" | "$nin" => PredicateOp::NotEqual,
        "$gt" | "$gte" | "$lt" | "$lte" => PredicateOp::Range,
        "$like" => match reader.see(entry.value) {
            Seen { expr: Expr::Str(text), place, .. }
                if !reader.name(place, text).starts_with(['%', '_']) =>
            {
                PredicateOp::Prefix
            }
            _ => PredicateOp::Contains,
        },
        "$ilike" | "$re" | "$fulltext" | "$contains" | "$contained" | "$overlap" | "$hasKey" => {
            PredicateOp::Contains
        }
        _ => return None,
    })
}
