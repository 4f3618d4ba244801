//! Shapes of SELECT, with WITH, UNION and subqueries in FROM.

use sqlparser::ast::{
    Distinct, Expr, Function, GroupByExpr, JoinOperator, LimitClause, ObjectName, OrderByKind, OrderBySort,
    Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableFactor, TableWithJoins,
};
use tuneup_model::{Bound, ColumnRef, Columns, Operation, OrderBy, QueryShape, TableRef};

use super::scope::Scope;
use super::{bound, filter, table_name, walk};
use crate::names::ident;

/// Fills the shape from a query.
pub(super) fn fill(shape: &mut QueryShape, query: &Query, scope: &mut Scope) {
    walk::with_queries(query, scope);
    shape.operation = Operation::ReadMany;
    body(shape, &query.body, query, scope);
    tail(shape, query, scope);
    if shape.operation == Operation::ReadMany && shape.limit == Bound::Constant(1) {
        shape.operation = Operation::ReadOne;
    }
}

fn body(shape: &mut QueryShape, body: &SetExpr, query: &Query, scope: &mut Scope) {
    match body {
        SetExpr::Select(inner) => select(shape, inner, query, scope),
        SetExpr::Query(inner) => fill(shape, inner, scope),
        SetExpr::SetOperation { left, right, .. } => {
            self::body(shape, left, query, scope);
            let mut other = scope.inner();
            walk::set_expr(right, &mut other);
            scope.absorb(other);
            shape.filter.has_unknown = true;
            // The ORDER BY of a union names its columns, not those of a table.
            shape.order_known &= query.order_by.is_none();
        }
        SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
            super::fill(shape, statement, scope);
        }
        SetExpr::Values(_) | SetExpr::Merge(_) => shape.operation = Operation::Other,
        SetExpr::Table(table) => {
            let parts: Vec<String> = table.schema_name.iter().chain(&table.table_name).cloned().collect();
            shape.table = crate::names::qualified(&parts).map_or(TableRef::Unknown, TableRef::Known);
            shape.columns = Columns::All;
        }
    }
}

/// ORDER BY, LIMIT and OFFSET of the outermost query.
fn tail(shape: &mut QueryShape, query: &Query, scope: &mut Scope) {
    let limits = match &query.limit_clause {
        Some(LimitClause::LimitOffset { limit, offset, .. }) => {
            (limit.as_ref(), offset.as_ref().map(|offset| &offset.value))
        }
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
        None => (None, None),
    };
    let fetch = query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref());
    if let Some(limit) = limits.0.or(fetch) {
        shape.limit = bound(limit);
    }
    if let Some(offset) = limits.1 {
        shape.offset = bound(offset);
    }
    let Some(order_by) = &query.order_by else { return };
    if !matches!(&*query.body, SetExpr::Select(_)) {
        shape.order_known = false;
        return;
    }
    let OrderByKind::Expressions(terms) = &order_by.kind else {
        shape.order_known = false;
        return;
    };
    shape.order.clear();
    let projection = if let SetExpr::Select(select) = &*query.body { &select.projection[..] } else { &[] };
    for term in terms {
        let descending = matches!(term.options.sort, Some(OrderBySort::Desc));
        let Some(column) = ordered_column(&term.expr, projection, scope) else {
            // Terms behind an unknown one do not order by themselves.
            shape.order_known = false;
            scope.shuffles |= is_chance(&term.expr);
            return;
        };
        shape.order.push(OrderBy { column, descending });
    }
}

/// `random()` and `rand()`.
fn is_chance(term: &Expr) -> bool {
    let Expr::Function(function) = term else { return false };
    let name = function.name.to_string();
    name.eq_ignore_ascii_case("random") || name.eq_ignore_ascii_case("rand")
}

/// The column that an ORDER BY term means; an alias of the SELECT list goes first.
fn ordered_column(term: &Expr, projection: &[SelectItem], scope: &Scope) -> Option<ColumnRef> {
    if let Expr::Identifier(name) = term {
        let name = ident(name, scope.dialect());
        for item in projection {
            if let SelectItem::ExprWithAlias { expr, alias } = item
                && ident(alias, scope.dialect()) == name
            {
                return scope.column(expr);
            }
        }
    }
    scope.column(term)
}

fn select(shape: &mut QueryShape, select: &Select, query: &Query, scope: &mut Scope) {
    let Some(first) = select.from.first() else { return without_table(shape, select, scope) };
    main_table(shape, &first.relation, query, scope);
    joins(shape, first, scope);
    for other in &select.from[1..] {
        source(&other.relation, scope);
        joins(shape, other, scope);
    }
    if let Some(condition) = &select.selection {
        filter::add(&mut shape.filter, condition, scope);
    }
    join_conditions(shape, &select.from, scope);
    select.having.iter().for_each(|condition| walk::expr(condition, scope));
    walk::projection(&select.projection, scope);
    shape.operation = operation(select);
    shape.columns = match shape.operation {
        Operation::Count => Columns::Some(Vec::new()),
        Operation::Aggregate => Columns::Unknown,
        _ => columns(&select.projection, shape.table.name(), scope),
    };
    if matches!(select.distinct, Some(Distinct::On(_))) {
        // One row per group: what the filter lets through is not what comes back.
        shape.filter.has_unknown = true;
    }
}

/// `SELECT EXISTS (…)` asks what its subquery asks, for one row; any other SELECT without FROM has no table.
fn without_table(shape: &mut QueryShape, select: &Select, scope: &mut Scope) {
    if let [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] = &select.projection[..]
        && let Expr::Exists { subquery, .. } = expr
    {
        fill(shape, subquery, scope);
        shape.limit = Bound::Constant(1);
        shape.columns = Columns::Some(Vec::new());
    } else {
        walk::projection(&select.projection, scope);
    }
    shape.operation = Operation::ReadOne;
}

/// The first item of FROM: a table, or what a subquery or WITH query reads.
fn main_table(shape: &mut QueryShape, first: &TableFactor, query: &Query, scope: &mut Scope) {
    let subquery = match first {
        TableFactor::Derived { subquery, .. } => Some(&**subquery),
        TableFactor::Table { name, .. } if scope.is_with(name) => with_query(name, query, scope),
        _ => None,
    };
    if let Some(subquery) = subquery {
        let mut inner_shape = super::blank("");
        // Its tables are noted where it enters the scope.
        fill(&mut inner_shape, subquery, &mut scope.inner());
        shape.table = inner_shape.table;
        // What bounds the inner rows bounds the outer ones.
        shape.limit = inner_shape.limit;
        shape.filter.has_unknown = true;
    } else if let TableFactor::Table { name, args: None, .. } = first
        && !scope.is_with(name)
    {
        shape.table = super::table_ref(name, scope.dialect());
    }
    source(first, scope);
}

/// The WITH query of this name, unless it reads itself.
fn with_query<'q>(name: &ObjectName, query: &'q Query, scope: &Scope) -> Option<&'q Query> {
    let with = query.with.as_ref().filter(|with| !with.recursive)?;
    let wanted = table_name(name, scope.dialect())?;
    let found = with.cte_tables.iter().find(|with| ident(&with.alias.name, scope.dialect()) == wanted)?;
    Some(&found.query)
}

/// Adds an item of FROM to the names in scope.
pub(super) fn source(table: &TableFactor, scope: &mut Scope) {
    match table {
        TableFactor::Table { name, alias, args: None, .. } => scope.add_table(name, alias.as_ref()),
        TableFactor::Derived { subquery, alias, .. } => {
            walk::query(subquery, scope);
            scope.add_other(alias.as_ref());
        }
        TableFactor::NestedJoin { table_with_joins, alias: None } => {
            source(&table_with_joins.relation, scope);
            table_with_joins.joins.iter().for_each(|join| source(&join.relation, scope));
        }
        TableFactor::NestedJoin { table_with_joins, alias } => {
            walk::tables(table_with_joins, scope);
            scope.add_other(alias.as_ref());
        }
        TableFactor::Table { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::TableFunction { alias, .. }
        | TableFactor::UNNEST { alias, .. } => scope.add_other(alias.as_ref()),
        _ => scope.add_other(None),
    }
}

fn joins(shape: &mut QueryShape, table: &TableWithJoins, scope: &mut Scope) {
    for join in &table.joins {
        source(&join.relation, scope);
        // A right join returns rows that the main table does not have.
        let turns_around = matches!(
            join.join_operator,
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_)
        );
        shape.filter.has_unknown |= turns_around;
    }
}

/// Conditions on single columns in ON of inner joins, once all names are known.
pub(super) fn join_conditions(shape: &mut QueryShape, from: &[TableWithJoins], scope: &mut Scope) {
    for join in from.iter().flat_map(|table| &table.joins) {
        let Some(condition) = walk::condition(&join.join_operator) else { continue };
        if matches!(join.join_operator, JoinOperator::Join(_) | JoinOperator::Inner(_)) {
            filter::add_join(&mut shape.filter, condition, scope);
        } else {
            walk::expr(condition, scope);
        }
    }
}

fn operation(select: &Select) -> Operation {
    let is_grouped = !matches!(&select.group_by, GroupByExpr::Expressions(terms, _) if terms.is_empty());
    let mut counts = true;
    let mut aggregates = !select.projection.is_empty();
    for item in &select.projection {
        let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else {
            aggregates = false;
            break;
        };
        counts &= is_count(expr);
        aggregates &= is_aggregate(expr);
    }
    match (is_grouped, aggregates, counts) {
        (true, ..) | (false, true, false) => Operation::Aggregate,
        (false, true, true) => Operation::Count,
        (false, false, _) => Operation::ReadMany,
    }
}

const AGGREGATES: [&str; 18] = [
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "count",
    "every",
    "group_concat",
    "json_agg",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_object_agg",
    "max",
    "min",
    "stddev",
    "string_agg",
    "sum",
];

fn function_name(function: &Function) -> String {
    let name = function.name.0.last().and_then(|part| part.as_ident());
    name.map(|name| name.value.to_lowercase()).unwrap_or_default()
}

fn is_count(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => is_count(inner),
        Expr::Function(function) => function.over.is_none() && function_name(function) == "count",
        _ => false,
    }
}

/// True where an aggregate stands anywhere in the expression, so that one row comes back.
fn is_aggregate(expr: &Expr) -> bool {
    let mut unused = Scope::new(tuneup_model::Dialect::Other);
    let mut open = vec![expr];
    while let Some(next) = open.pop() {
        if let Expr::Function(function) = next
            && function.over.is_none()
            && AGGREGATES.contains(&function_name(function).as_str())
        {
            return true;
        }
        walk::children(next, &mut open, &mut unused);
    }
    false
}

/// The columns of the main table that come back.
pub(super) fn columns(projection: &[SelectItem], main: Option<&str>, scope: &Scope) -> Columns {
    let Some(main) = main else { return Columns::Unknown };
    let mut names = Vec::new();
    for item in projection {
        match item {
            SelectItem::Wildcard(_) => return Columns::All,
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let alias = name.0.last().and_then(|part| part.as_ident());
                match alias.and_then(|alias| scope.table_of(&ident(alias, scope.dialect()))) {
                    Some(table) if table == main => return Columns::All,
                    Some(_) => {}
                    None => return Columns::Unknown,
                }
            }
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                match scope.column(expr) {
                    Some(column) if column.table == main => names.push(column.column),
                    Some(_) => {}
                    None => return Columns::Unknown,
                }
            }
            _ => return Columns::Unknown,
        }
    }
    names.sort();
    names.dedup();
    Columns::Some(names)
}
