//! WHERE clauses: `where({ … })`, `where('a', '>', 1)`, `whereIn`, `whereRaw` and their like.

use tuneup_model::{Predicate, PredicateOp};

use super::names::Scope;
use crate::facts::{Expr, FileFacts};
use crate::objects::{Reader, Seen, SqlText};
use crate::orm::{Step, Steps, text_at};
use crate::place::Place;
use crate::program::Program;

/// What one step adds; nothing where it cannot be read.
pub(super) type Found = Option<(Vec<Predicate>, bool)>;

/// True for steps of the WHERE clause.
pub(super) fn is_condition(method: &str) -> bool {
    let plain = without_connective(method);
    plain.starts_with("where") || method.starts_with("having") || method.starts_with("orHaving")
}

/// True where the conditions before it need not hold.
pub(super) fn is_alternative(method: &str) -> bool {
    method.starts_with("or")
}

fn without_connective(method: &str) -> String {
    let rest = method.strip_prefix("and").or_else(|| method.strip_prefix("or")).unwrap_or(method);
    let mut chars = rest.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

pub(super) fn condition(
    program: &Program,
    reader: &Reader<'_>,
    scope: &Scope<'_>,
    steps: &Steps<'_>,
    step: &Step<'_>,
) -> Found {
    let args = steps.args(step);
    let method = without_connective(step.method);
    let one = |op: PredicateOp| {
        let column = scope.column(text_at(program, *args.first()?)?)?;
        Some((vec![Predicate { column, op }], false))
    };
    match method.as_str() {
        "where" => plain(program, reader, scope, &args),
        "whereNot" => {
            let (mut found, has_unknown) = plain(program, reader, scope, &args)?;
            for it in &mut found {
                it.op = PredicateOp::NotEqual;
            }
            Some((found, has_unknown))
        }
        "whereIn" => in_list(program, reader, scope, *args.first()?),
        "whereNull" => one(PredicateOp::IsNull),
        "whereNotIn" | "whereNotNull" | "whereNotBetween" | "whereNotLike" => one(PredicateOp::NotEqual),
        "whereBetween" => one(PredicateOp::Range),
        "whereLike" => one(like(program, *args.get(1)?)),
        "whereILike" | "whereJsonSupersetOf" | "whereJsonSubsetOf" => one(PredicateOp::Contains),
        "whereRaw" => raw(reader, scope, *args.first()?, args.get(1).copied()),
        _ => None,
    }
}

fn plain(program: &Program, reader: &Reader<'_>, scope: &Scope<'_>, args: &[Place]) -> Found {
    match args {
        [] => Some((Vec::new(), false)),
        [only] => match reader.see(*only).expr {
            Expr::Object(_) => Some(fields(reader, scope, *only)),
            Expr::Call(call) => {
                let seen = reader.see(*only).place;
                raw_call(program.facts(seen.file), seen.file, call)
                    .and_then(|(text, bindings)| raw(reader, scope, text, bindings))
            }
            _ => None,
        },
        [column, value] => {
            let column = scope.column(text_at(program, *column)?)?;
            Some((vec![Predicate { column, op: value_op(reader, *value)? }], false))
        }
        [column, operator, value, ..] => {
            let column = scope.column(text_at(program, *column)?)?;
            let op = operator_op(program, text_at(program, *operator)?, *value);
            Some((vec![Predicate { column, op }], false))
        }
    }
}

/// `{ id, 'u.active': true }`.
fn fields(reader: &Reader<'_>, scope: &Scope<'_>, at: Place) -> (Vec<Predicate>, bool) {
    let object = reader.object(at);
    let mut found = Vec::new();
    let mut has_unknown = !object.is_complete;
    for entry in &object.entries {
        match (scope.column(entry.name), value_op(reader, entry.value)) {
            (Some(column), Some(op)) if entry.is_certain => found.push(Predicate { column, op }),
            _ => has_unknown = true,
        }
    }
    (found, has_unknown)
}

fn value_op(reader: &Reader<'_>, at: Place) -> Option<PredicateOp> {
    match reader.see(at).expr {
        Expr::Null => Some(PredicateOp::IsNull),
        Expr::Undefined => None,
        Expr::Array(_) => Some(PredicateOp::In),
        _ if reader.may_be_missing(at) => None,
        _ => Some(PredicateOp::Equal),
    }
}

fn operator_op(program: &Program, operator: &str, value: Place) -> PredicateOp {
    match operator.trim().to_ascii_lowercase().as_str() {
        "=" => PredicateOp::Equal,
        "!=" | "<>" | "not in" | "is not" | "not like" | "not ilike" | "not between" => PredicateOp::NotEqual,
        "<" | "<=" | ">" | ">=" | "between" => PredicateOp::Range,
        "in" => PredicateOp::In,
        "is" => PredicateOp::IsNull,
        "like" => like(program, value),
        "ilike" | "@>" | "<@" | "&&" | "?" | "?|" | "?&" | "~" | "~*" | "@@" => PredicateOp::Contains,
        _ => PredicateOp::Other,
    }
}

/// A pattern that starts with a known letter is a prefix.
fn like(program: &Program, at: Place) -> PredicateOp {
    let facts = program.facts(at.file);
    let starts = match facts.expr(at.expr) {
        Expr::Template(list) => facts.list(list).first().map(|first| facts.expr(*first)),
        _ => None,
    };
    let text = match starts {
        Some(Expr::Str(name)) => Some(facts.name(name)),
        _ => text_at(program, at),
    };
    match text {
        Some(text) if !text.is_empty() && !text.starts_with(['%', '_']) => PredicateOp::Prefix,
        _ => PredicateOp::Contains,
    }
}

/// `whereIn('id', ids)`, `whereIn(['a', 'b'], pairs)`.
fn in_list(program: &Program, reader: &Reader<'_>, scope: &Scope<'_>, at: Place) -> Found {
    let seen = reader.see(at);
    let names: Vec<Place> = match seen.expr {
        Expr::Array(list) => reader.list(seen.place.file, list).collect(),
        _ => vec![at],
    };
    let columns: Option<Vec<_>> =
        names.iter().map(|name| text_at(program, *name).and_then(|text| scope.column(text))).collect();
    let found = columns?.into_iter().map(|column| Predicate { column, op: PredicateOp::In });
    Some((found.collect(), false))
}

/// `knex.raw('a = ?', [1])` as text and bindings.
pub(super) fn raw_call(
    facts: &FileFacts,
    file: u32,
    call: crate::facts::CallId,
) -> Option<(Place, Option<Place>)> {
    let Expr::Member { property, .. } = facts.expr(facts.call(call).callee) else { return None };
    if facts.name(property) != "raw" {
        return None;
    }
    let args: Vec<Place> = facts.args(call).iter().map(|expr| Place { file, expr: *expr }).collect();
    args.first().map(|text| (*text, args.get(1).copied()))
}

/// A condition as text, read under the tables of the query.
fn raw(reader: &Reader<'_>, scope: &Scope<'_>, text: Place, bindings: Option<Place>) -> Found {
    let from = scope.tables_text()?;
    let mut sql = SqlText::default();
    sql.literal(&format!("SELECT 1 FROM {from} WHERE "));
    reader.text(text, &mut sql);
    sql.bind(&identifiers(reader, bindings));
    let shape = sql.shape(tuneup_model::Dialect::Postgresql)?;
    Some((shape.filter.all_of, shape.filter.has_unknown))
}

/// The bindings of a raw text that are known: what stands for `??`.
pub(super) fn identifiers(reader: &Reader<'_>, bindings: Option<Place>) -> Vec<Option<String>> {
    let Some(at) = bindings else { return Vec::new() };
    let name = |seen: Seen| match seen.expr {
        Expr::Str(name) => Some(reader.name(seen.place, name).to_owned()),
        _ => None,
    };
    let seen = reader.see(at);
    match seen.expr {
        Expr::Array(list) if !seen.is_mutated => {
            reader.list(seen.place.file, list).map(|item| name(reader.see(item))).collect()
        }
        // A single binding may stand without its list.
        Expr::Str(_) => vec![name(seen)],
        _ => Vec::new(),
    }
}
