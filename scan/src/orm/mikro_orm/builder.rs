//! The query builder: `em.createQueryBuilder(User, 'u').leftJoin('u.posts', 'p').where({ … }).getResult()`.

use tuneup_model::{Bound, Columns, Operation, QueryApi, QueryShape, TableRef};

use super::find::{MikroOperators, named_model, order};
use crate::facts::Expr;
use crate::objects::{Given, Reader};
use crate::orm::filter::Filters;
use crate::orm::text_conditions::{column, conditions_of_text};
use crate::orm::{Answer, CallAt, Handle, HandleKind, ModelRef, Outcome, Step, Steps};
use crate::program::{Program, Value};
use crate::schema::{Model, Schema};

pub(super) fn outcome(method: &str, begin: CallAt, model: Option<ModelRef>, at: CallAt) -> Outcome {
    let kind = HandleKind::Builder(begin, model);
    match method {
        "getResult" | "getResultList" | "execute" | "stream" => Outcome::Query(Answer::Rows),
        "getSingleResult" => Outcome::Query(Answer::Row),
        "getResultAndCount" => Outcome::Query(Answer::RowsAndCount),
        "getCount" => Outcome::Query(Answer::Number),
        "getQuery" | "getFormattedQuery" | "toString" | "toQuery" | "getKnexQuery" => {
            Outcome::Value(Value::SqlOf(Handle { api: QueryApi::MikroOrm, kind }, at))
        }
        "getParams" | "as" | "getNativeQuery" => Outcome::Nothing,
        _ => Outcome::Handle(kind),
    }
}

pub(super) fn built(program: &Program, model: Option<ModelRef>, steps: &Steps<'_>) -> QueryShape {
    let named = steps.named(&["from", "update", "insert", "delete", "into"]);
    let named = named.filter_map(|step| named_model(program, step.at)).last();
    let end = steps.all.last().map_or("", |step| step.method);
    let operation = operation(steps, end);
    let Some(at) = named.or(model) else {
        return QueryShape::new(QueryApi::MikroOrm, end, operation, TableRef::Unknown).opaque();
    };
    let schema = &program.schemas[at.schema as usize];
    let model = &schema.models[at.model as usize];
    let mut shape = QueryShape::new(QueryApi::MikroOrm, end, operation, TableRef::Known(model.table.clone()));
    let mut aliases = vec![(alias(steps), model)];
    joins(schema, steps, &mut aliases, &mut shape);
    for step in steps.named(&["where", "andWhere", "orWhere", "having", "andHaving", "delete"]) {
        condition(program, schema, steps, step, &aliases, &mut shape);
    }
    page(program, schema, steps, model, &mut shape);
    shape.joined.sort();
    shape.joined.dedup();
    shape.joined.retain(|table| *table != model.table);
    shape
}

fn operation(steps: &Steps<'_>, end: &str) -> Operation {
    let verb = steps.last(&["update", "insert", "delete", "truncate", "count"]).map(|step| step.method);
    match (verb, end) {
        (Some("update"), _) => Operation::UpdateMany,
        (Some("insert"), _) if steps.last(&["onConflict"]).is_some() => Operation::Upsert,
        (Some("insert"), _) => Operation::InsertMany,
        (Some("delete" | "truncate"), _) => Operation::DeleteMany,
        (Some("count"), _) | (_, "getCount") => Operation::Count,
        (_, "getSingleResult") => Operation::ReadOne,
        _ => Operation::ReadMany,
    }
}

/// The second argument of the call that begins the query; the library's own alias where there is none.
fn alias<'p>(steps: &Steps<'p>) -> &'p str {
    let begin = steps.all.first();
    let named = begin.and_then(|step| steps.text(step, 1).or_else(|| steps.text(step, 0)));
    let from = steps.named(&["from"]).last().and_then(|step| steps.text(step, 1));
    from.or(named).unwrap_or("e0")
}

/// `leftJoinAndSelect('u.posts', 'p')`.
fn joins<'p>(
    schema: &'p Schema,
    steps: &Steps<'p>,
    aliases: &mut Vec<(&'p str, &'p Model)>,
    shape: &mut QueryShape,
) {
    const JOINS: &[&str] =
        &["join", "innerJoin", "leftJoin", "joinAndSelect", "innerJoinAndSelect", "leftJoinAndSelect"];
    for step in steps.named(JOINS) {
        let main = aliases[0].1;
        let path = steps.text(step, 0);
        let target = path.and_then(|path| match path.split_once('.') {
            Some((from, field)) => {
                let from = aliases.iter().find(|(alias, _)| *alias == from).map(|(_, model)| *model)?;
                from.relation(field)
            }
            None => main.relation(path),
        });
        if let Some(target) = target.map(|relation| &schema.models[relation.model]) {
            shape.joined.push(target.table.clone());
            if let Some(alias) = steps.text(step, 1) {
                aliases.push((alias, target));
            }
        }
        if !step.method.starts_with("left") {
            shape.filter.has_unknown = true;
        }
    }
}

/// One step of the WHERE clause: an object of fields, or a text.
fn condition(
    program: &Program,
    schema: &Schema,
    steps: &Steps<'_>,
    step: &Step<'_>,
    aliases: &[(&str, &Model)],
    shape: &mut QueryShape,
) {
    let Some(at) = steps.args(step).first().copied() else { return };
    if step.method == "orWhere" || step.method.to_ascii_lowercase().contains("having") {
        shape.filter.all_of.clear();
        shape.filter.has_unknown = true;
        return;
    }
    let reader = Reader::new(program, schema);
    let found = match (steps.text(step, 0), reader.see(at).expr) {
        (Some(text), _) => conditions_of_text(text, aliases),
        (None, Expr::Object(_)) => {
            let filters = Filters { reader: &reader, operators: &MikroOperators };
            let conditions = filters.conditions(aliases[0].1, at);
            shape.joined.extend(conditions.joined);
            Some((conditions.all_of, conditions.has_unknown))
        }
        _ => None,
    };
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

fn page(program: &Program, schema: &Schema, steps: &Steps<'_>, model: &Model, shape: &mut QueryShape) {
    let reader = Reader::new(program, schema);
    for step in &steps.all {
        let first = steps.args(step).first().copied();
        let bound = |given: Given| if step.is_certain { reader.bound(&given) } else { Bound::Unknown };
        match (step.method, first) {
            ("limit", Some(at)) => {
                shape.limit = bound(Given::Sure(at));
                if let Some(offset) = steps.args(step).get(1) {
                    shape.offset = bound(Given::Sure(*offset));
                }
            }
            ("offset", Some(at)) => shape.offset = bound(Given::Sure(at)),
            ("orderBy" | "andOrderBy", Some(at)) => {
                let (terms, is_known) = order(&reader, model, &Given::Sure(at));
                shape.order.extend(terms);
                shape.order_known &= is_known && step.is_certain;
            }
            ("select" | "addSelect", Some(at)) => {
                shape.columns = match steps.text(step, 0) {
                    Some("*") => Columns::All,
                    Some(name) => column(model, name).map_or(Columns::Unknown, |it| Columns::Some(vec![it])),
                    None => match reader.see(at).expr {
                        Expr::Array(_) => Columns::Unknown,
                        _ => shape.columns.clone(),
                    },
                };
            }
            _ => {}
        }
    }
    if shape.operation == Operation::ReadOne {
        shape.limit = Bound::Constant(1);
    }
}
