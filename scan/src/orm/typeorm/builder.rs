//! The query builder: `createQueryBuilder('a').leftJoin(…).where('a.id = :id', …).getMany()`.
//!
//! The steps are written out as one SQL text in the entities' own names and parsed; the names then become those of the
//! database. Conditional steps make the filter partly unknown.

use tuneup_model::{Bound, Columns, Operation, OrderBy, QueryApi, QueryShape, TableRef};

use super::find;
use crate::facts::Expr;
use crate::objects::{Given, Reader};
use crate::orm::filter::Filters;
use crate::orm::text_conditions::{column, conditions_of_text};
use crate::orm::{Answer, CallAt, HandleKind, ModelRef, Outcome, Step, Steps, chain_of, method_name};
use crate::program::Program;
use crate::schema::{Model, Schema};

pub(super) fn outcome(
    program: &Program,
    method: &str,
    at: CallAt,
    (begin, model): (CallAt, Option<ModelRef>),
) -> Outcome {
    let on_relation = || {
        chain_of(program, at).iter().any(|call| method_name(program, CallAt { call: *call, ..at }) == "of")
    };
    match method {
        "getMany" | "getRawMany" | "stream" | "loadMany" => Outcome::Query(Answer::Rows),
        "getOne" | "getOneOrFail" | "getRawOne" | "getRawAndEntities" | "loadOne" => {
            Outcome::Query(Answer::Row)
        }
        "getManyAndCount" => Outcome::Query(Answer::RowsAndCount),
        "getCount" | "getExists" => Outcome::Query(Answer::Number),
        "add" | "remove" | "set" | "addAndRemove" if on_relation() => Outcome::Query(Answer::Nothing),
        "execute" => Outcome::Query(Answer::Nothing),
        // Text for another query, or a query within this one.
        "getQuery" | "getSql" | "getParameters" | "subQuery" | "getQueryAndParameters" => Outcome::Nothing,
        _ => Outcome::Handle(HandleKind::Builder(begin, model)),
    }
}

pub(super) fn built(program: &Program, model: Option<ModelRef>, steps: &Steps<'_>) -> QueryShape {
    let named = steps.named(&["from", "update", "into", "delete", "insert", "select", "relation"]);
    let named = named.filter_map(|step| program.model_among(step.at.file, step.at.call)).last();
    let model = named.or(model);
    let end = steps.all.last().map_or("", |step| step.method);
    let operation = operation(steps, end);
    let Some(at) = model else {
        return QueryShape::new(QueryApi::Typeorm, end, operation, TableRef::Unknown).opaque();
    };
    let schema = &program.schemas[at.schema as usize];
    let model = &schema.models[at.model as usize];
    if let Some(step) = steps.last(&["relation"]) {
        return relation(schema, model, steps, step, end);
    }
    let mut shape = QueryShape::new(QueryApi::Typeorm, end, operation, TableRef::Known(model.table.clone()));
    let mut aliases = vec![(alias(steps, model), model)];
    joins(schema, steps, &mut aliases, &mut shape);
    for step in steps.named(&["where", "andWhere", "whereInIds", "orWhere", "having", "andHaving"]) {
        condition(program, schema, steps, step, &aliases, &mut shape);
    }
    page(program, schema, steps, &aliases, &mut shape);
    if matches!(shape.operation, Operation::ReadOne) {
        shape.limit = Bound::Constant(1);
    }
    shape.joined.sort();
    shape.joined.dedup();
    shape.joined.retain(|table| *table != model.table);
    shape
}

/// `.relation(Post, 'tags').of(post).add(tag)`: the other side's table, or a join table that is not declared.
fn relation(schema: &Schema, model: &Model, steps: &Steps<'_>, step: &Step<'_>, end: &str) -> QueryShape {
    let field = steps.text(step, 1).or_else(|| steps.text(step, 0));
    let relation = field.and_then(|field| model.relation(field));
    let operation = match end {
        "loadMany" => Operation::ReadMany,
        "loadOne" => Operation::ReadOne,
        "set" => Operation::Update,
        _ => Operation::UpdateMany,
    };
    let reads = operation.is_read();
    let table = relation.and_then(|relation| {
        let target = &schema.models[relation.model];
        let holds = !relation.columns.is_empty();
        let opposite = relation.opposite.as_deref().and_then(|field| target.relation(field));
        if reads {
            Some(target.table.clone())
        } else if holds {
            Some(model.table.clone())
        } else {
            // One-to-many is kept by the other side; many-to-many by a table of its own.
            opposite.filter(|it| !it.columns.is_empty()).map(|_| target.table.clone())
        }
    });
    QueryShape::new(QueryApi::Typeorm, end, operation, table.map_or(TableRef::Unknown, TableRef::Known))
        .opaque()
}

fn operation(steps: &Steps<'_>, end: &str) -> Operation {
    let verb = steps.last(&["update", "insert", "delete", "softDelete", "restore"]).map(|step| step.method);
    match (verb, end) {
        (Some("update" | "softDelete" | "restore"), _) => Operation::UpdateMany,
        (Some("insert"), _) => Operation::InsertMany,
        (Some("delete"), _) => Operation::DeleteMany,
        (_, "getCount") => Operation::Count,
        (_, "getOne" | "getOneOrFail" | "getExists" | "getRawOne") => Operation::ReadOne,
        _ => Operation::ReadMany,
    }
}

fn alias<'p>(steps: &Steps<'p>, model: &'p Model) -> &'p str {
    let begin = steps.all.first();
    let named = begin.and_then(|step| (0..2).find_map(|n| steps.text(step, n)));
    let from = steps.named(&["from"]).last().and_then(|step| steps.text(step, 1));
    from.or(named).unwrap_or(&model.name)
}

/// `leftJoinAndSelect('a.author', 'author')`, `innerJoin(Author, 'author', 'author.id = a.authorId')`.
fn joins<'p>(
    schema: &'p Schema,
    steps: &Steps<'p>,
    aliases: &mut Vec<(&'p str, &'p Model)>,
    shape: &mut QueryShape,
) {
    const JOINS: &[&str] = &[
        "leftJoin",
        "innerJoin",
        "leftJoinAndSelect",
        "innerJoinAndSelect",
        "leftJoinAndMapMany",
        "leftJoinAndMapOne",
    ];
    for step in steps.named(JOINS) {
        let offset = usize::from(step.method.contains("Map"));
        let path = steps.text(step, offset).and_then(|path| path.split_once('.'));
        let target = match path {
            Some((from, field)) => {
                let from = aliases.iter().find(|(alias, _)| *alias == from).map(|(_, model)| *model);
                from.and_then(|model| model.relation(field)).map(|relation| &schema.models[relation.model])
            }
            None => steps.program.model_among(step.at.file, step.at.call).map(|at| steps.program.model(at)),
        };
        if let Some(target) = target {
            shape.joined.push(target.table.clone());
            if let Some(alias) = steps.text(step, offset + 1) {
                aliases.push((alias, target));
            }
        }
        if step.method.starts_with("inner") {
            shape.filter.has_unknown = true;
        }
    }
}

/// One step of the WHERE clause: a text, an object of fields, or what a function adds.
fn condition(
    program: &Program,
    schema: &Schema,
    steps: &Steps<'_>,
    step: &Step<'_>,
    aliases: &[(&str, &Model)],
    shape: &mut QueryShape,
) {
    let alternative = step.method == "orWhere" || step.method.to_ascii_lowercase().contains("having");
    let Some(at) = steps.args(step).first().copied() else { return };
    let reader = Reader::new(program, schema);
    let found = match (steps.text(step, 0), reader.see(at).expr) {
        (Some(text), _) => conditions_of_text(text, aliases),
        (None, Expr::Object(_)) => {
            let filters = Filters { reader: &reader, operators: &find::FindOperators { program } };
            let conditions = filters.conditions(aliases[0].1, at);
            shape.joined.extend(conditions.joined);
            Some((conditions.all_of, conditions.has_unknown))
        }
        _ => None,
    };
    if alternative {
        shape.filter.all_of.clear();
        shape.filter.has_unknown = true;
        return;
    }
    match found {
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

fn page(
    program: &Program,
    schema: &Schema,
    steps: &Steps<'_>,
    aliases: &[(&str, &Model)],
    shape: &mut QueryShape,
) {
    let reader = Reader::new(program, schema);
    for step in steps.named(&["setFindOptions"]) {
        if let Some(at) = steps.args(step).first() {
            let options = reader.object(*at);
            let filters = Filters { reader: &reader, operators: &find::FindOperators { program } };
            find::page(&reader, aliases[0].1, &options, shape);
            let conditions = filters.given(aliases[0].1, &options.get("where"));
            shape.filter.all_of.extend(conditions.all_of);
            shape.filter.has_unknown |= conditions.has_unknown || !step.is_certain;
            shape.joined.extend(conditions.joined);
        }
    }
    for (methods, is_limit) in [(["take", "limit"], true), (["skip", "offset"], false)] {
        let Some(step) = steps.last(&methods) else { continue };
        let given = steps.args(step).first().map_or(Given::Absent, |at| Given::Sure(*at));
        let bound = if step.is_certain { reader.bound(&given) } else { Bound::Unknown };
        *(if is_limit { &mut shape.limit } else { &mut shape.offset }) = bound;
    }
    for step in steps.named(&["orderBy", "addOrderBy"]) {
        let term = steps.text(step, 0).and_then(|text| text.split_once('.')).and_then(|(alias, field)| {
            let (_, model) = aliases.iter().find(|(known, _)| *known == alias)?;
            Some((model.table.clone(), column(model, field)?))
        });
        match term {
            Some((table, column)) if step.is_certain => {
                let descending = steps.text(step, 1).is_some_and(|text| text.eq_ignore_ascii_case("desc"));
                let column = tuneup_model::ColumnRef { table, column };
                shape.order.push(OrderBy { column, descending });
            }
            _ => shape.order_known = false,
        }
    }
    if steps.named(&["select", "addSelect"]).next().is_some() {
        shape.columns = Columns::Unknown;
    }
}
