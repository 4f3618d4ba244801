//! `find` and its siblings on repositories and managers: options to shapes.

use std::collections::BTreeSet;

use tuneup_model::{Bound, Columns, Operation, PredicateOp, QueryApi, QueryShape, TableRef};

use crate::facts::{CallKind, Expr};
use crate::objects::{Comparison, Conditions, Entry, Follow as _, Given, Object, Reader, Seen};
use crate::orm::filter::{Connective, Filters, Operators, order_of};
use crate::orm::{Answer, CallAt, ModelRef, method_name};
use crate::place::Place;
use crate::program::{Program, Value};
use crate::schema::{FieldKind, Model, Schema};

/// What each method does and gives; nothing for methods that ask nothing.
fn method(name: &str) -> Option<(Operation, Answer)> {
    Some(match name {
        "find" | "findBy" | "findByIds" | "findTrees" | "findRoots" | "findDescendants" | "findAncestors" => {
            (Operation::ReadMany, Answer::Rows)
        }
        "findAndCount" | "findAndCountBy" => (Operation::ReadMany, Answer::RowsAndCount),
        "findOne" | "findOneBy" | "findOneOrFail" | "findOneByOrFail" | "findOneById" => {
            (Operation::ReadOne, Answer::Row)
        }
        "exist" | "exists" | "existsBy" => (Operation::ReadOne, Answer::Number),
        "count" | "countBy" => (Operation::Count, Answer::Number),
        "sum" | "average" | "minimum" | "maximum" => (Operation::Aggregate, Answer::Number),
        "save" => (Operation::Upsert, Answer::Row),
        "insert" => (Operation::Insert, Answer::Nothing),
        "upsert" => (Operation::Upsert, Answer::Nothing),
        "update" | "updateAll" | "increment" | "decrement" | "softDelete" | "restore" => {
            (Operation::UpdateMany, Answer::Nothing)
        }
        "softRemove" | "recover" => (Operation::Update, Answer::Row),
        "delete" | "clear" | "deleteAll" => (Operation::DeleteMany, Answer::Nothing),
        "remove" => (Operation::Delete, Answer::Row),
        _ => return None,
    })
}

pub(super) fn is_query(name: &str) -> bool {
    method(name).is_some()
}

pub(super) fn operation(name: &str) -> Operation {
    method(name).map_or(Operation::Other, |(operation, _)| operation)
}

pub(super) fn answer(name: &str) -> Option<Answer> {
    method(name).map(|(_, answer)| answer)
}

/// True where the first argument names the entity: `manager.find(User, …)`.
pub(super) fn names_model(program: &Program, at: CallAt) -> bool {
    let Some(first) = program.facts(at.file).args(at.call).first() else { return false };
    let value = program.eval(Place { file: at.file, expr: *first });
    program.model_named(&value).is_some() || matches!(value, Value::Class(_) | Value::Text)
}

/// The entity of what is saved: `manager.save(user)`.
pub(super) fn model_of_rows(program: &Program, at: CallAt) -> Option<ModelRef> {
    let first = *program.facts(at.file).args(at.call).first()?;
    program.model_of_row(&program.eval(Place { file: at.file, expr: first }))
}

/// What a method asks; its options stand at argument `first`.
pub(super) fn shape(
    program: &Program,
    model: Option<ModelRef>,
    name: &str,
    at: CallAt,
    first: usize,
) -> QueryShape {
    let operation = operation(name);
    let Some(model) = model else {
        return QueryShape::new(QueryApi::Typeorm, name, operation, TableRef::Unknown).opaque();
    };
    let schema = &program.schemas[model.schema as usize];
    let model = &schema.models[model.model as usize];
    let mut shape = QueryShape::new(QueryApi::Typeorm, name, operation, TableRef::Known(model.table.clone()));
    let reader = Reader::new(program, schema);
    let arg = |n: usize| {
        let args = program.facts(at.file).args(at.call);
        args.get(first + n).map(|expr| Place { file: at.file, expr: *expr })
    };
    let filters = Filters { reader: &reader, operators: &FindOperators { program } };
    if matches!(name, "save" | "insert" | "upsert" | "remove" | "softRemove" | "recover") {
        if name == "save"
            && let Some(at) = arg(0)
        {
            shape.operation = saved(program, at);
        }
        if let Some(at) = arg(0)
            && is_list(program, at)
        {
            shape.operation = match shape.operation {
                Operation::Insert => Operation::InsertMany,
                Operation::Delete => Operation::DeleteMany,
                Operation::Update => Operation::UpdateMany,
                other => other,
            };
        }
        return shape;
    }
    let conditions = match (name, arg(0)) {
        (_, None) => Conditions::default(),
        ("findByIds", Some(_)) => by_key(model, schema, PredicateOp::In),
        ("update" | "delete" | "softDelete" | "restore" | "findOneById", Some(at)) => {
            criteria(program, &filters, model, schema, at)
        }
        ("sum" | "average" | "minimum" | "maximum", Some(_)) => {
            arg(1).map_or_else(Conditions::default, |at| filters.conditions(model, at))
        }
        (name, Some(at)) if name.ends_with("By") || name.ends_with("ByOrFail") => {
            filters.conditions(model, at)
        }
        ("increment" | "decrement", Some(at)) => filters.conditions(model, at),
        (_, Some(at)) => {
            let options = reader.object(at);
            page(&reader, model, &options, &mut shape);
            filters.given(model, &options.get("where"))
        }
    };
    conditions.lay_into(&mut shape, &model.table);
    shape
}

/// What saving does: a new object is inserted, a row that was read is updated.
fn saved(program: &Program, at: Place) -> Operation {
    if matches!(program.eval(at), Value::Rows { .. }) {
        return Operation::Update;
    }
    let Some(made) = program.follow(at) else { return Operation::Upsert };
    let facts = program.facts(made.file);
    match facts.expr(made.expr) {
        Expr::Call(call) if facts.call(call).kind == CallKind::New => Operation::Insert,
        Expr::Call(call) if method_name(program, CallAt { file: made.file, call }) == "create" => {
            Operation::Insert
        }
        _ => Operation::Upsert,
    }
}

/// `update(id, …)`, `delete([id, …])`, `update({ … }, …)`.
fn criteria(
    program: &Program,
    filters: &Filters<'_, '_>,
    model: &Model,
    schema: &Schema,
    at: Place,
) -> Conditions {
    match filters.reader.see(at).expr {
        Expr::Object(_) | Expr::Choice(_) => filters.conditions(model, at),
        Expr::Array(_) => by_key(model, schema, PredicateOp::In),
        _ if is_list(program, at) => by_key(model, schema, PredicateOp::In),
        _ if matches!(program.eval(at), Value::Object(_)) => filters.conditions(model, at),
        _ => by_key(model, schema, PredicateOp::Equal),
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

pub(super) fn is_list(program: &Program, at: Place) -> bool {
    matches!(program.eval(at), Value::Items(_) | Value::List(_) | Value::Rows { many: true, .. })
}

/// Relations, columns, order, limit and offset.
pub(super) fn page(reader: &Reader<'_>, model: &Model, options: &Object<'_>, shape: &mut QueryShape) {
    let mut joined = BTreeSet::new();
    for at in options.get("relations").places() {
        relations(reader, model, *at, &mut joined);
    }
    shape.joined = joined.into_iter().collect();
    (shape.order, shape.order_known) = order_of(reader, model, &options.get("order"));
    shape.limit = reader.bound(&options.get("take"));
    shape.offset = reader.bound(&options.get("skip"));
    if !options.is_complete && shape.limit == Bound::Absent {
        shape.limit = Bound::Unknown;
    }
    shape.columns = match options.get("select") {
        Given::Absent => Columns::All,
        Given::Sure(at) => selected(reader, model, at),
        _ => Columns::Unknown,
    };
}

fn selected(reader: &Reader<'_>, model: &Model, at: Place) -> Columns {
    let seen = reader.see(at);
    let names: Vec<&str> = match seen.expr {
        Expr::Array(list) => reader
            .list(seen.place.file, list)
            .filter_map(|item| match reader.see(item) {
                Seen { expr: Expr::Str(name), place, .. } => Some(reader.name(place, name)),
                _ => None,
            })
            .collect(),
        Expr::Object(_) => reader.object(at).entries.iter().map(|entry| entry.name).collect(),
        _ => return Columns::Unknown,
    };
    let mut columns: Vec<String> =
        names.iter().filter_map(|name| model.column(name)).map(str::to_owned).collect();
    columns.sort();
    columns.dedup();
    Columns::Some(columns)
}

/// `['author', 'author.team']`, or `{ author: { team: true } }`.
fn relations(reader: &Reader<'_>, model: &Model, at: Place, joined: &mut BTreeSet<String>) {
    reader.deeper(|| {
        let seen = reader.see(at);
        match seen.expr {
            Expr::Array(list) => {
                for item in reader.list(seen.place.file, list) {
                    if let Seen { expr: Expr::Str(name), place, .. } = reader.see(item) {
                        follow_path(reader, model, reader.name(place, name), joined);
                    }
                }
            }
            Expr::Object(_) => {
                for entry in &reader.object(at).entries {
                    if let Some(FieldKind::Relation(relation)) = model.field(entry.name).map(|it| &it.kind) {
                        let target = reader.target(relation);
                        joined.insert(target.table.clone());
                        relations(reader, target, entry.value, joined);
                    }
                }
            }
            _ => {}
        }
    });
}

fn follow_path(reader: &Reader<'_>, model: &Model, path: &str, joined: &mut BTreeSet<String>) {
    let mut model = model;
    for name in path.split('.') {
        let Some(relation) = model.relation(name) else { return };
        model = reader.target(relation);
        joined.insert(model.table.clone());
    }
}

/// `In([…])`, `MoreThan(…)`, `Not(…)`.
pub(super) struct FindOperators<'p> {
    pub program: &'p Program,
}

impl Operators for FindOperators<'_> {
    fn connective(&self, _: &Entry<'_>) -> Option<Connective> {
        None
    }

    fn comparison(&self, reader: &Reader<'_>, value: Seen) -> Option<Comparison> {
        let Expr::Call(call) = value.expr else { return None };
        let facts = reader.facts(value.place.file);
        let callee = Place { file: value.place.file, expr: facts.call(call).callee };
        let Value::Api(api) = self.program.eval(callee) else { return None };
        if !super::is_own(&api.package) {
            return None;
        }
        Some(match api.last() {
            "In" | "Any" => Comparison::one(PredicateOp::In),
            "Equal" => Comparison::one(PredicateOp::Equal),
            "IsNull" => Comparison::one(PredicateOp::IsNull),
            "LessThan" | "LessThanOrEqual" | "MoreThan" | "MoreThanOrEqual" | "Between" => {
                Comparison::one(PredicateOp::Range)
            }
            "Like" => Comparison::one(like(
                reader,
                facts.args(call).first().map(|expr| Place { file: value.place.file, expr: *expr }),
            )),
            "ILike" | "ArrayContains" | "ArrayContainedBy" | "ArrayOverlap" | "JsonContains" => {
                Comparison::one(PredicateOp::Contains)
            }
            "Not" => Comparison::one(PredicateOp::NotEqual),
            _ => Comparison::unknown(),
        })
    }
}

/// A pattern that starts with a known letter is a prefix.
fn like(reader: &Reader<'_>, at: Option<Place>) -> PredicateOp {
    let starts = at.map(|at| reader.see(at)).is_some_and(|seen| match seen.expr {
        Expr::Str(text) => !reader.name(seen.place, text).starts_with('%'),
        _ => false,
    });
    if starts { PredicateOp::Prefix } else { PredicateOp::Contains }
}
