//! Tables read by subqueries, wherever in an expression they stand.

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, JoinConstraint, JoinOperator, Query, Select,
    SelectItem, SetExpr, TableFactor, TableWithJoins,
};

use super::scope::Scope;

/// Notes every table of a subquery as read.
pub(super) fn query(query: &Query, scope: &mut Scope) {
    let mut inner = scope.inner();
    with_queries(query, &mut inner);
    set_expr(&query.body, &mut inner);
    scope.absorb(inner);
}

/// Notes the tables of WITH queries, whose names hide tables from where they are defined.
pub(super) fn with_queries(of: &Query, scope: &mut Scope) {
    let Some(with) = &of.with else { return };
    for one in &with.cte_tables {
        if with.recursive {
            scope.add_with(&one.alias.name);
        }
        query(&one.query, scope);
        scope.add_with(&one.alias.name);
    }
}

pub(super) fn set_expr(body: &SetExpr, scope: &mut Scope) {
    match body {
        SetExpr::Select(inner) => select(inner, scope),
        SetExpr::Query(inner) => query(inner, scope),
        SetExpr::SetOperation { left, right, .. } => {
            set_expr(left, scope);
            set_expr(right, scope);
        }
        SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
            let mut shape = super::blank("");
            let mut inner = scope.inner();
            super::fill(&mut shape, statement, &mut inner);
            scope.absorb(inner);
        }
        SetExpr::Values(_) | SetExpr::Merge(_) | SetExpr::Table(_) => {}
    }
}

fn select(select: &Select, scope: &mut Scope) {
    select.from.iter().for_each(|table| tables(table, scope));
    select.selection.iter().chain(&select.having).for_each(|condition| expr(condition, scope));
    projection(&select.projection, scope);
}

pub(super) fn projection(items: &[SelectItem], scope: &mut Scope) {
    for item in items {
        if let SelectItem::UnnamedExpr(inner) | SelectItem::ExprWithAlias { expr: inner, .. } = item {
            expr(inner, scope);
        }
    }
}

/// Notes the tables of one item of FROM with its joins.
pub(super) fn tables(table: &TableWithJoins, scope: &mut Scope) {
    factor(&table.relation, scope);
    for join in &table.joins {
        factor(&join.relation, scope);
        if let Some(condition) = condition(&join.join_operator) {
            expr(condition, scope);
        }
    }
}

fn factor(table: &TableFactor, scope: &mut Scope) {
    match table {
        TableFactor::Table { name, args: None, .. } => scope.read(name),
        TableFactor::Derived { subquery, .. } => query(subquery, scope),
        TableFactor::NestedJoin { table_with_joins, .. } => tables(table_with_joins, scope),
        _ => {}
    }
}

/// The ON condition of a join.
pub(super) fn condition(operator: &JoinOperator) -> Option<&Expr> {
    let (JoinOperator::Join(constraint)
    | JoinOperator::Inner(constraint)
    | JoinOperator::Left(constraint)
    | JoinOperator::LeftOuter(constraint)
    | JoinOperator::Right(constraint)
    | JoinOperator::RightOuter(constraint)
    | JoinOperator::FullOuter(constraint)
    | JoinOperator::StraightJoin(constraint)) = operator
    else {
        return None;
    };
    if let JoinConstraint::On(condition) = constraint { Some(condition) } else { None }
}

/// Notes the tables of every subquery inside an expression.
pub(super) fn expr(root: &Expr, scope: &mut Scope) {
    let mut open = vec![root];
    while let Some(next) = open.pop() {
        match next {
            Expr::Subquery(inner) | Expr::Exists { subquery: inner, .. } => query(inner, scope),
            Expr::InSubquery { expr, subquery, .. } => {
                open.push(expr);
                query(subquery, scope);
            }
            other => children(other, &mut open, scope),
        }
    }
}

/// Opens what an expression is made of, as far as subqueries are commonly found there.
pub(super) fn children<'e>(parent: &'e Expr, open: &mut Vec<&'e Expr>, scope: &mut Scope) {
    match parent {
        Expr::Nested(inner)
        | Expr::UnaryOp { expr: inner, .. }
        | Expr::Cast { expr: inner, .. }
        | Expr::Collate { expr: inner, .. }
        | Expr::Extract { expr: inner, .. }
        | Expr::AtTimeZone { timestamp: inner, .. }
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::IsTrue(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::IsNotFalse(inner) => open.push(inner),
        Expr::BinaryOp { left, right, .. }
        | Expr::AnyOp { left, right, .. }
        | Expr::AllOp { left, right, .. }
        | Expr::IsDistinctFrom(left, right)
        | Expr::IsNotDistinctFrom(left, right) => open.extend([&**left, &**right]),
        Expr::Like { expr, pattern, .. } | Expr::ILike { expr, pattern, .. } => {
            open.extend([&**expr, &**pattern]);
        }
        Expr::Between { expr, low, high, .. } => open.extend([&**expr, &**low, &**high]),
        Expr::InList { expr, list, .. } => {
            open.push(expr);
            open.extend(list);
        }
        Expr::Tuple(items) => open.extend(items),
        Expr::Array(array) => open.extend(&array.elem),
        Expr::Case { operand, conditions, else_result, .. } => {
            open.extend(operand.iter().chain(else_result).map(|inner| &**inner));
            open.extend(conditions.iter().flat_map(|when| [&when.condition, &when.result]));
        }
        Expr::Function(function) => match &function.args {
            FunctionArguments::Subquery(inner) => query(inner, scope),
            FunctionArguments::List(list) => open.extend(list.args.iter().filter_map(argument)),
            FunctionArguments::None => {}
        },
        _ => {}
    }
}

pub(super) fn argument(argument: &FunctionArg) -> Option<&Expr> {
    match argument {
        FunctionArg::Named { arg: FunctionArgExpr::Expr(expr), .. }
        | FunctionArg::ExprNamed { arg: FunctionArgExpr::Expr(expr), .. }
        | FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    }
}
