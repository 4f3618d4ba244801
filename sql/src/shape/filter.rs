//! Conditions as a conjunction of predicates on columns.
//!
//! What is joined by AND is taken apart; a part that is not a plain comparison of one column with a value (OR,
//! function of a column, subquery, column with column) sets `has_unknown`.

use sqlparser::ast::{BinaryOperator, DataType, Expr, FunctionArguments, UnaryOperator, Value};
use tuneup_model::{ColumnRef, Filter, Predicate, PredicateOp};

use super::scope::Scope;
use super::walk;

/// Adds a WHERE condition.
pub(super) fn add(filter: &mut Filter, condition: &Expr, scope: &mut Scope) {
    for part in conjunction(condition) {
        walk::expr(part, scope);
        if let Some(found) = predicates(part, scope) {
            filter.all_of.extend(found);
            continue;
        }
        filter.has_unknown |= !is_true(part);
        let hidden = wrapped(part, scope);
        scope.wrapped.extend(hidden);
    }
}

/// The column of `lower(column) = value` or `column::date >= value`, with what stands around it.
fn wrapped(part: &Expr, scope: &Scope) -> Option<(ColumnRef, String)> {
    let Expr::BinaryOp { left, op, right } = part else { return None };
    let compares = matches!(
        op,
        BinaryOperator::Eq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
    );
    let around = if is_value(right) { left } else { right };
    if !compares || !(is_value(left) || is_value(right)) {
        return None;
    }
    let column = match &**around {
        Expr::Cast { expr, data_type: DataType::Date, .. } => scope.column(expr)?,
        Expr::Function(function) if hides_a_column(&function.name.to_string()) => {
            let FunctionArguments::List(list) = &function.args else { return None };
            let columns: Vec<ColumnRef> =
                list.args.iter().filter_map(walk::argument).filter_map(|it| scope.column(it)).collect();
            let [only] = columns.as_slice() else { return None };
            only.clone()
        }
        _ => return None,
    };
    Some((column, around.to_string()))
}

/// Functions whose result a plain index of their argument does not find.
fn hides_a_column(function: &str) -> bool {
    ["lower", "upper", "trim", "btrim", "date", "date_trunc", "to_char", "substring", "left", "md5"]
        .iter()
        .any(|it| function.eq_ignore_ascii_case(it))
}

/// Adds what the ON condition of an inner join says of single columns; what it says of two is the join itself.
pub(super) fn add_join(filter: &mut Filter, condition: &Expr, scope: &mut Scope) {
    for part in conjunction(condition) {
        walk::expr(part, scope);
        filter.all_of.extend(predicates(part, scope).unwrap_or_default());
    }
}

/// The parts of a condition joined by AND, in order.
fn conjunction(condition: &Expr) -> Vec<&Expr> {
    let mut parts = Vec::new();
    let mut open = vec![condition];
    while let Some(next) = open.pop() {
        match next {
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => open.extend([&**right, &**left]),
            Expr::Nested(inner) => open.push(inner),
            part => parts.push(part),
        }
    }
    parts
}

/// `TRUE` and `1 = 1`.
fn is_true(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => value.value == Value::Boolean(true),
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            matches!((&**left, &**right), (Expr::Value(a), Expr::Value(b)) if a.value == b.value)
        }
        _ => false,
    }
}

/// The predicates that one part stands for; nothing where it is not that simple.
fn predicates(part: &Expr, scope: &Scope) -> Option<Vec<Predicate>> {
    let one =
        |column: &Expr, op: PredicateOp| scope.column(column).map(|column| vec![Predicate { column, op }]);
    match part {
        Expr::BinaryOp { left, op, right } => comparison(left, op, right, scope),
        Expr::InList { expr, list, negated } if list.iter().all(is_value) => {
            let op = if *negated { PredicateOp::Other } else { PredicateOp::In };
            if let Expr::Tuple(columns) = &**expr { tuple(columns, op, scope) } else { one(expr, op) }
        }
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } if is_value(right) => {
            one(left, PredicateOp::In)
        }
        Expr::Between { expr, negated, low, high } if is_value(low) && is_value(high) => {
            one(expr, if *negated { PredicateOp::Other } else { PredicateOp::Range })
        }
        Expr::Like { negated: false, any: false, expr, pattern, .. } if is_value(pattern) => {
            one(expr, like(pattern))
        }
        // A b-tree does not serve patterns that ignore case.
        Expr::ILike { negated: false, any: false, expr, pattern, .. } if is_value(pattern) => {
            one(expr, PredicateOp::Contains)
        }
        Expr::Like { negated: true, expr, .. } | Expr::ILike { negated: true, expr, .. } => {
            one(expr, PredicateOp::Other)
        }
        Expr::IsNull(column) => one(column, PredicateOp::IsNull),
        Expr::IsNotNull(column) | Expr::IsNotTrue(column) | Expr::IsNotFalse(column) => {
            one(column, PredicateOp::NotEqual)
        }
        Expr::IsTrue(column) | Expr::IsFalse(column) => one(column, PredicateOp::Equal),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => one(expr, PredicateOp::Equal),
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => one(part, PredicateOp::Equal),
        _ => None,
    }
}

fn comparison(left: &Expr, op: &BinaryOperator, right: &Expr, scope: &Scope) -> Option<Vec<Predicate>> {
    if is_value(left) && !is_value(right) {
        return comparison(right, flipped(op)?, left, scope);
    }
    if !is_value(right) {
        return None;
    }
    let op = match op {
        BinaryOperator::Eq | BinaryOperator::Spaceship => PredicateOp::Equal,
        BinaryOperator::NotEq => PredicateOp::NotEqual,
        BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq => {
            PredicateOp::Range
        }
        BinaryOperator::AtArrow
        | BinaryOperator::ArrowAt
        | BinaryOperator::AtAt
        | BinaryOperator::AtQuestion
        | BinaryOperator::Question
        | BinaryOperator::QuestionAnd
        | BinaryOperator::QuestionPipe
        | BinaryOperator::PGOverlap
        | BinaryOperator::PGRegexMatch
        | BinaryOperator::PGRegexIMatch
        | BinaryOperator::PGLikeMatch
        | BinaryOperator::PGILikeMatch
        | BinaryOperator::Regexp => PredicateOp::Contains,
        _ => return None,
    };
    match left {
        // `(a, b) > (…)` is a position in an index on a, b; only the first column bounds it alone.
        Expr::Tuple(columns) if op == PredicateOp::Range => tuple(columns.get(..1)?, op, scope),
        Expr::Tuple(columns) if op == PredicateOp::Equal => tuple(columns, op, scope),
        _ => scope.column(left).map(|column| vec![Predicate { column, op }]),
    }
}

fn tuple(columns: &[Expr], op: PredicateOp, scope: &Scope) -> Option<Vec<Predicate>> {
    columns.iter().map(|column| scope.column(column).map(|column| Predicate { column, op })).collect()
}

/// The operator with its sides exchanged.
fn flipped(op: &BinaryOperator) -> Option<&BinaryOperator> {
    match op {
        BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::Lt
        | BinaryOperator::LtEq
        | BinaryOperator::Gt
        | BinaryOperator::GtEq
        | BinaryOperator::PGOverlap
        | BinaryOperator::AtAt => Some(op),
        _ => None,
    }
}

/// True where an expression reads no column: the same for every row.
fn is_value(expr: &Expr) -> bool {
    let mut open = vec![expr];
    let mut unused = Scope::new(tuneup_model::Dialect::Other);
    while let Some(next) = open.pop() {
        match next {
            Expr::Value(_) | Expr::TypedString(_) | Expr::Interval(_) => {}
            Expr::Nested(_)
            | Expr::UnaryOp { .. }
            | Expr::Cast { .. }
            | Expr::BinaryOp { .. }
            | Expr::Tuple(_)
            | Expr::Array(_)
            | Expr::Case { .. }
            | Expr::Extract { .. }
            | Expr::AtTimeZone { .. } => walk::children(next, &mut open, &mut unused),
            Expr::Function(function) if takes_list(function) => walk::children(next, &mut open, &mut unused),
            _ => return false,
        }
    }
    true
}

fn takes_list(function: &sqlparser::ast::Function) -> bool {
    !matches!(function.args, FunctionArguments::Subquery(_))
}

/// What a LIKE pattern asks for, by where its first wildcard is.
fn like(pattern: &Expr) -> PredicateOp {
    match pattern {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => like(inner),
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, .. } => {
            if starts_with_wildcard(left) {
                PredicateOp::Contains
            } else {
                PredicateOp::Prefix
            }
        }
        Expr::Value(value) => match value.clone().into_string() {
            Some(text) if text.starts_with(['%', '_']) => PredicateOp::Contains,
            Some(text) if text.contains(['%', '_']) => PredicateOp::Prefix,
            Some(_) => PredicateOp::Equal,
            None => PredicateOp::Other,
        },
        Expr::Function(function) => {
            let FunctionArguments::List(list) = &function.args else {
                return PredicateOp::Other;
            };
            let first = list.args.first().and_then(walk::argument);
            if first.is_some_and(starts_with_wildcard) { PredicateOp::Contains } else { PredicateOp::Other }
        }
        _ => PredicateOp::Other,
    }
}

fn starts_with_wildcard(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => starts_with_wildcard(inner),
        Expr::BinaryOp { left, .. } => starts_with_wildcard(left),
        Expr::Value(value) => value.clone().into_string().is_some_and(|text| text.starts_with(['%', '_'])),
        _ => false,
    }
}
