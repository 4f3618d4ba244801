//! Methods that associations give to rows: `getBooks`, `addAuthor`, `countMembers`.

use tuneup_model::{Bound, ColumnRef, Operation, Predicate, PredicateOp, QueryApi, QueryShape, TableRef};

use super::find::{Finding, by_key, finish};
use crate::objects::{Conditions, Object, Reader};
use crate::orm::naming::{capitalized, singularize};
use crate::orm::{Answer, CallAt, ModelRef};
use crate::place::Place;
use crate::program::Program;
use crate::schema::{Model, Relation, Schema};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Get,
    Count,
    Has,
    Set,
    Add,
    Remove,
    Create,
}

const VERBS: &[(&str, Verb)] = &[
    ("get", Verb::Get),
    ("count", Verb::Count),
    ("has", Verb::Has),
    ("set", Verb::Set),
    ("add", Verb::Add),
    ("remove", Verb::Remove),
    ("create", Verb::Create),
];

/// A method of a row by its association.
#[derive(Debug, Clone, Copy)]
struct Accessor<'p> {
    verb: Verb,
    relation: &'p Relation,
}

fn accessor<'p>(model: &'p Model, name: &str) -> Option<Accessor<'p>> {
    let (rest, verb) = VERBS.iter().find_map(|(prefix, verb)| Some((name.strip_prefix(prefix)?, *verb)))?;
    model.fields.iter().find_map(|field| {
        let relation = model.relation(&field.name)?;
        let plural = capitalized(&field.name);
        let fits = if relation.list {
            let singular = capitalized(&singularize(&field.name));
            match verb {
                Verb::Get | Verb::Count | Verb::Set => rest == plural,
                Verb::Create => rest == singular,
                Verb::Has | Verb::Add | Verb::Remove => rest == plural || rest == singular,
            }
        } else {
            rest == plural && matches!(verb, Verb::Get | Verb::Set | Verb::Create)
        };
        fits.then_some(Accessor { verb, relation })
    })
}

/// The verb of a method of which only the beginning is known.
fn computed(name: &str) -> Option<Verb> {
    let start = name.strip_suffix(crate::orm::COMPUTED)?;
    VERBS.iter().find(|(prefix, _)| *prefix == start).map(|(_, verb)| *verb)
}

pub(super) fn answer(model: &Model, name: &str) -> Option<Answer> {
    if computed(name).is_some() {
        return Some(Answer::Nothing);
    }
    let it = accessor(model, name)?;
    Some(match it.verb {
        Verb::Get if it.relation.list => Answer::Rows,
        Verb::Get | Verb::Create => Answer::Row,
        Verb::Count | Verb::Has => Answer::Number,
        Verb::Set | Verb::Add | Verb::Remove => Answer::Nothing,
    })
}

/// The model of what `getBooks` gives.
pub(super) fn rows(model: &Model, schema: u32, name: &str) -> Option<ModelRef> {
    accessor(model, name).map(|it| ModelRef { schema, model: it.relation.model as u32 })
}

pub(super) fn shape(program: &Program, row: ModelRef, name: &str, at: CallAt) -> Option<QueryShape> {
    if let Some(verb) = computed(name) {
        let operation = match verb {
            Verb::Get => Operation::ReadOne,
            Verb::Count => Operation::Count,
            Verb::Has => Operation::ReadMany,
            Verb::Create => Operation::Insert,
            Verb::Set | Verb::Add | Verb::Remove => Operation::UpdateMany,
        };
        return Some(QueryShape::new(QueryApi::Sequelize, name, operation, TableRef::Unknown).opaque());
    }
    let schema = &program.schemas[row.schema as usize];
    let own = &schema.models[row.model as usize];
    let it = accessor(own, name)?;
    let target = &schema.models[it.relation.model];
    let reader = Reader::new(program, schema);
    let through = if it.relation.list { through_table(schema, own, target) } else { None };
    let held_here = !it.relation.columns.is_empty();
    let (operation, table) = match (it.verb, through) {
        (Verb::Get, _) if it.relation.list => (Operation::ReadMany, &target.table),
        (Verb::Get, _) => (Operation::ReadOne, &target.table),
        (Verb::Count, _) => (Operation::Count, &target.table),
        (Verb::Has, _) => (Operation::ReadMany, &target.table),
        (Verb::Create, _) => (Operation::Insert, &target.table),
        (Verb::Set | Verb::Add, Some(table)) => (Operation::InsertMany, table),
        (Verb::Remove, Some(table)) => (Operation::DeleteMany, table),
        (Verb::Set, None) if held_here => (Operation::Update, &own.table),
        (Verb::Set | Verb::Add | Verb::Remove, None) => (Operation::UpdateMany, &target.table),
    };
    let table = TableRef::Known(table.clone());
    let mut shape = QueryShape::new(QueryApi::Sequelize, name, operation, table);
    if !matches!(it.verb, Verb::Get | Verb::Count | Verb::Has) {
        return Some(shape);
    }
    let finding = Finding { program, reader: &reader, schema, model: target };
    let position = usize::from(it.verb == Verb::Has);
    let given = program.facts(at.file).args(at.call).get(position);
    let options =
        given.map_or_else(Object::default, |expr| reader.object(Place { file: at.file, expr: *expr }));
    let mut conditions = reached(schema, own, it.relation, through);
    finding.options(&options, &mut shape, &mut conditions);
    let mut shape = finish(shape, conditions, target);
    if !it.relation.list {
        shape.limit = Bound::Constant(1);
    }
    Some(shape)
}

/// The rows that an association leads to from one row.
fn reached(schema: &Schema, own: &Model, relation: &Relation, through: Option<&String>) -> Conditions {
    let target = &schema.models[relation.model];
    match through {
        Some(table) => {
            let mut conditions = Conditions::default();
            conditions.joined.insert(table.clone());
            match key_of(schema, table, own) {
                Some(column) => conditions.push(equal(table, &column)),
                None => conditions.has_unknown = true,
            }
            conditions
        }
        None if !relation.columns.is_empty() => by_key(schema, target, PredicateOp::Equal),
        None => match key_of(schema, &target.table, own) {
            Some(column) => {
                let mut conditions = Conditions::default();
                conditions.push(equal(&target.table, &column));
                conditions
            }
            None => Conditions::unknown(),
        },
    }
}

fn equal(table: &str, column: &str) -> Predicate {
    let column = ColumnRef { table: table.to_owned(), column: column.to_owned() };
    Predicate { column, op: PredicateOp::Equal }
}

/// The one column of a table that refers to a model.
fn key_of(schema: &Schema, table: &str, to: &Model) -> Option<String> {
    let holder = schema.models.iter().find(|model| model.table == table)?;
    let stated = holder.fields.iter().filter_map(|field| holder.relation(&field.name));
    let mut columns: Vec<&Vec<String>> = stated
        .filter(|relation| schema.models[relation.model].table == to.table)
        .map(|relation| &relation.columns)
        .chain(
            schema
                .catalog
                .table(table)?
                .foreign_keys
                .iter()
                .filter(|it| it.references == to.table)
                .map(|it| &it.columns),
        )
        .filter(|columns| !columns.is_empty())
        .collect();
    columns.sort();
    columns.dedup();
    match columns[..] {
        [only] => only.first().cloned(),
        _ => None,
    }
}

/// The one table between two models that no key of the target ties directly.
pub(super) fn through_table<'s>(schema: &'s Schema, own: &Model, target: &Model) -> Option<&'s String> {
    let refers = |table: &tuneup_model::Table, to: &Model| {
        table.foreign_keys.iter().any(|key| key.references == to.table)
    };
    let is_direct = schema.catalog.table(&target.table).is_some_and(|table| refers(table, own));
    if is_direct {
        return None;
    }
    let mut between = schema
        .catalog
        .tables
        .iter()
        .filter(|table| table.name != own.table && table.name != target.table)
        .filter(|table| refers(table, own) && refers(table, target));
    let only = between.next()?;
    between.next().is_none().then_some(&only.name)
}
