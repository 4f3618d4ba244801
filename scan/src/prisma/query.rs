//! Calls of the Prisma client as [`QueryShape`]s.
//!
//! The argument object is followed through variables, spreads and conditions. What cannot be followed is said in the
//! shape (`has_unknown`, `order_known`, `Unknown`), never guessed. The one assumption: a value that cannot be followed
//! and stands where a scalar is compared (`where: { id: params.id }`) is a scalar that is given.

mod columns;
mod filter;
mod order;
mod writes;

use std::collections::BTreeSet;

use tuneup_model::{Bound, Filter, Operation, QueryApi, QueryShape, TableRef};

use crate::facts::CallId;
use crate::objects::{Follow, Object, Reader};
use crate::place::Place;
use crate::schema::{Model, Schema};

/// True for the methods of a model's delegate that run a query.
pub(crate) fn is_query_method(method: &str) -> bool {
    operation(method).is_some()
}

/// The operation of a method; nothing where it is not one that runs a query.
fn operation(method: &str) -> Option<Operation> {
    Some(match method {
        "findUnique" | "findUniqueOrThrow" | "findFirst" | "findFirstOrThrow" => Operation::ReadOne,
        "findMany" => Operation::ReadMany,
        "count" => Operation::Count,
        "aggregate" | "groupBy" => Operation::Aggregate,
        "create" => Operation::Insert,
        "createMany" | "createManyAndReturn" => Operation::InsertMany,
        "update" => Operation::Update,
        "updateMany" | "updateManyAndReturn" => Operation::UpdateMany,
        "upsert" => Operation::Upsert,
        "delete" => Operation::Delete,
        "deleteMany" => Operation::DeleteMany,
        "findRaw" | "aggregateRaw" => Operation::Other,
        _ => return None,
    })
}

/// What `client.model.method(…)` asks of the database.
pub(crate) fn model_query(
    follow: &dyn Follow,
    schema: &Schema,
    model: &Model,
    method: &str,
    file: u32,
    call: CallId,
) -> QueryShape {
    let reader = Reader::new(follow, schema);
    let args = arguments(&reader, file, call);
    let operation = operation(method).unwrap_or(Operation::Other);
    let table = TableRef::Known(model.table.clone());
    let mut shape = QueryShape::new(QueryApi::Prisma, method, operation, table);
    if method.ends_with("Raw") {
        return shape.opaque();
    }
    let mut joined = BTreeSet::new();
    shape.columns = reader.columns(model, method, &args, &mut joined);
    let conditions = reader.given_conditions(model, &args.get("where"));
    joined.extend(conditions.joined);
    shape.filter = Filter { all_of: conditions.all_of, has_unknown: conditions.has_unknown };
    match shape.operation {
        Operation::ReadOne if method.starts_with("findUnique") => {}
        Operation::ReadOne | Operation::ReadMany | Operation::Count | Operation::Aggregate => {
            fill_page(&reader, model, &args, &mut shape, &mut joined);
        }
        Operation::UpdateMany | Operation::DeleteMany => shape.limit = reader.bound(&args.get("limit")),
        _ => {}
    }
    for part in ["data", "create", "update"] {
        if shape.operation.is_write() {
            reader.written(model, &args.get(part), &mut joined);
        }
    }
    joined.remove(&model.table);
    shape.joined = joined.into_iter().collect();
    shape
}

/// Order, limit and offset of a read.
fn fill_page(
    reader: &Reader<'_>,
    model: &Model,
    args: &Object<'_>,
    shape: &mut QueryShape,
    joined: &mut BTreeSet<String>,
) {
    let order = reader.order(model, &args.get("orderBy"));
    joined.extend(order.joined);
    shape.order = order.terms;
    shape.order_known = order.is_known;
    shape.keyset = reader.is_given(&args.get("cursor"));
    let skip = args.get("skip");
    // `skip: 1` beside a cursor only leaves out the row that the cursor names.
    let skips_cursor = shape.keyset && reader.skips_at_most_one(&skip);
    shape.offset = if skips_cursor { Bound::Absent } else { reader.bound(&skip) };
    let is_first = shape.operation == Operation::ReadOne;
    shape.limit = if is_first { Bound::Constant(1) } else { reader.bound(&args.get("take")) };
}

/// The argument object of a call.
fn arguments<'a>(reader: &Reader<'a>, file: u32, call: CallId) -> Object<'a> {
    match reader.facts(file).args(call) {
        [] => Object::default(),
        [expr, ..] => reader.object(Place { file, expr: *expr }),
    }
}

#[cfg(test)]
mod tests;
