//! Shapes of INSERT, UPDATE and DELETE.

use sqlparser::ast::{
    Delete, FromTable, Insert, ObjectName, OnConflictAction, OnInsert, SelectItem, SetExpr, TableFactor,
    TableObject, TableWithJoins, Update, UpdateTableFromKind,
};
use tuneup_model::{Columns, Operation, QueryShape, TableRef};

use super::scope::Scope;
use super::{bound, filter, query, table_ref, walk};
use crate::names::ident;

pub(super) fn insert(shape: &mut QueryShape, insert: &Insert, scope: &mut Scope) {
    let mut rows = 1;
    if let Some(source) = &insert.source {
        walk::query(source, scope);
        rows = if let SetExpr::Values(values) = &*source.body { values.rows.len() } else { usize::MAX };
    }
    let updates = match &insert.on {
        Some(OnInsert::DuplicateKeyUpdate(_)) => true,
        Some(OnInsert::OnConflict(conflict)) => matches!(conflict.action, OnConflictAction::DoUpdate(_)),
        _ => insert.replace_into,
    };
    shape.operation = match (rows, updates) {
        (0 | 1, true) => Operation::Upsert,
        (0 | 1, false) => Operation::Insert,
        _ => Operation::InsertMany,
    };
    // The table is written, not read: it joins the scope only for RETURNING.
    let mut returned = scope.inner();
    if let TableObject::TableName(name) = &insert.table {
        shape.table = table_ref(name, scope.dialect());
        returned.add_table(name, None);
    }
    shape.columns = returning(insert.returning.as_deref(), shape, &returned);
}

pub(super) fn update(shape: &mut QueryShape, update: &Update, scope: &mut Scope) {
    shape.operation = Operation::UpdateMany;
    main(shape, &update.table.relation, scope);
    let from = match &update.from {
        Some(UpdateTableFromKind::BeforeSet(tables) | UpdateTableFromKind::AfterSet(tables)) => &tables[..],
        None => &[],
    };
    others(std::slice::from_ref(&update.table), from, scope);
    for assignment in &update.assignments {
        walk::expr(&assignment.value, scope);
    }
    if let Some(condition) = &update.selection {
        filter::add(&mut shape.filter, condition, scope);
    }
    query::join_conditions(shape, std::slice::from_ref(&update.table), scope);
    if let Some(limit) = &update.limit {
        shape.limit = bound(limit);
    }
    shape.columns = returning(update.returning.as_deref(), shape, scope);
}

pub(super) fn delete(shape: &mut QueryShape, delete: &Delete, scope: &mut Scope) {
    shape.operation = Operation::DeleteMany;
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    if let Some(first) = from.first() {
        main(shape, &first.relation, scope);
    }
    others(from, delete.using.as_deref().unwrap_or_default(), scope);
    if let [target] = &delete.tables[..] {
        // `DELETE p FROM posts p JOIN …` names the alias of what it deletes.
        shape.table =
            aliased(target, scope).map_or_else(|| table_ref(target, scope.dialect()), TableRef::Known);
    }
    if let Some(condition) = &delete.selection {
        filter::add(&mut shape.filter, condition, scope);
    }
    query::join_conditions(shape, from, scope);
    if let Some(limit) = &delete.limit {
        shape.limit = bound(limit);
    }
    shape.columns = returning(delete.returning.as_deref(), shape, scope);
}

fn main(shape: &mut QueryShape, table: &TableFactor, scope: &mut Scope) {
    if let TableFactor::Table { name, .. } = table {
        shape.table = table_ref(name, scope.dialect());
    }
    query::source(table, scope);
}

/// Tables beside the main one, which stands first in `written` and is in scope already.
fn others(written: &[TableWithJoins], read: &[TableWithJoins], scope: &mut Scope) {
    let joined = written.iter().chain(read).flat_map(|table| &table.joins).map(|join| &join.relation);
    let listed = written.iter().skip(1).chain(read).map(|table| &table.relation);
    listed.chain(joined).for_each(|table| query::source(table, scope));
}

fn aliased(target: &ObjectName, scope: &Scope) -> Option<String> {
    let alias = target.0.last()?.as_ident()?;
    scope.table_of(&ident(alias, scope.dialect())).map(str::to_owned)
}

fn returning(items: Option<&[SelectItem]>, shape: &QueryShape, scope: &Scope) -> Columns {
    items.map_or(Columns::Some(Vec::new()), |items| query::columns(items, shape.table.name(), scope))
}
