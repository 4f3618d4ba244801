//! ALTER TABLE, and renaming and dropping of indexes.

use sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation, ColumnOption, DataType, Ident, RenameTableNameKind,
};
use tuneup_model::{ColumnType, Table};

use super::{Migrations, Source, table, types};
use crate::names;

pub(super) fn alter(migrations: &mut Migrations, alter: &AlterTable, source: &mut Source<'_>) {
    let Some(mut name) = migrations.name(&alter.name) else { return };
    if !migrations.by_name.contains_key(&name) {
        if !alter.if_exists {
            source.warn(&format!("a change was left out of the schema: its table `{name}` is not known"));
        }
        return;
    }
    for operation in &alter.operations {
        if let AlterTableOperation::RenameTable { table_name } = operation {
            let (RenameTableNameKind::As(new) | RenameTableNameKind::To(new)) = table_name;
            let Some(new) = migrations.name(new) else { continue };
            // A new name without a schema stays in the old one.
            let new = match name.split_once('.') {
                Some((schema, _)) if !new.contains('.') => format!("{schema}.{new}"),
                _ => new,
            };
            rename_table(migrations, &name, &new);
            name = new;
        } else {
            operate(migrations, &name, operation, source);
        }
    }
}

fn operate(
    migrations: &mut Migrations,
    table: &str,
    operation: &AlterTableOperation,
    source: &mut Source<'_>,
) {
    let dialect = migrations.dialect;
    let ident = |ident: &Ident| names::ident(ident, dialect);
    match operation {
        AlterTableOperation::AddColumn { column_def, .. } => {
            table::add_column(migrations, table, column_def, source);
        }
        AlterTableOperation::AddConstraint { constraint, .. } => {
            table::add_constraint(migrations, table, constraint, source);
        }
        AlterTableOperation::DropColumn { column_names, .. } => {
            for column in column_names {
                drop_column(migrations, table, &ident(column));
            }
        }
        AlterTableOperation::RenameColumn { old_column_name, new_column_name } => {
            rename_column(migrations, table, &ident(old_column_name), &ident(new_column_name));
        }
        AlterTableOperation::DropConstraint { name, .. }
        | AlterTableOperation::DropForeignKey { name, .. } => {
            drop_constraint(migrations, table, &ident(name));
        }
        AlterTableOperation::RenameConstraint { old_name, new_name } => {
            rename_constraint(migrations, table, &ident(old_name), &ident(new_name));
        }
        AlterTableOperation::DropPrimaryKey { .. } => {
            if let Some((_, table)) = migrations.table(table) {
                table.primary_key.clear();
            }
        }
        AlterTableOperation::DropIndex { name } => drop_index(migrations, &ident(name), Some(table)),
        AlterTableOperation::AlterColumn { column_name, op } => match op {
            AlterColumnOperation::SetNotNull => set_nullable(migrations, table, &ident(column_name), false),
            AlterColumnOperation::DropNotNull => set_nullable(migrations, table, &ident(column_name), true),
            AlterColumnOperation::SetDataType { data_type, .. } => {
                set_type(migrations, table, &ident(column_name), data_type);
            }
            _ => {}
        },
        AlterTableOperation::ModifyColumn { col_name, data_type, options, .. } => {
            redefine(migrations, table, &ident(col_name), data_type, options);
        }
        AlterTableOperation::ChangeColumn { old_name, new_name, data_type, options, .. } => {
            rename_column(migrations, table, &ident(old_name), &ident(new_name));
            redefine(migrations, table, &ident(new_name), data_type, options);
        }
        _ => {}
    }
}

pub(super) fn rename_table(migrations: &mut Migrations, old: &str, new: &str) {
    let Some(position) = migrations.by_name.remove(old) else { return };
    if let Some(replaced) = migrations.by_name.insert(new.to_owned(), position) {
        migrations.tables[replaced] = None;
    }
    if let Some(table) = &mut migrations.tables[position] {
        new.clone_into(&mut table.name);
        new.clone_into(&mut table.model);
    }
    for table in migrations.tables.iter_mut().flatten() {
        for key in table.foreign_keys.iter_mut().filter(|key| key.references == old) {
            new.clone_into(&mut key.references);
        }
    }
}

fn drop_column(migrations: &mut Migrations, table: &str, column: &str) {
    let Some((_, table)) = migrations.table(table) else { return };
    let uses = |columns: &[String]| columns.iter().any(|used| used == column);
    table.columns.retain(|known| known.name != column);
    table.indexes.retain(|index| !uses(&index.columns));
    table.foreign_keys.retain(|key| !uses(&key.columns));
    if uses(&table.primary_key) {
        table.primary_key.clear();
    }
}

fn rename_column(migrations: &mut Migrations, table: &str, old: &str, new: &str) {
    let rename = |columns: &mut Vec<String>| {
        columns.iter_mut().filter(|column| *column == old).for_each(|column| new.clone_into(column));
    };
    if let Some((_, table)) = migrations.table(table) {
        for column in table.columns.iter_mut().filter(|column| column.name == old) {
            new.clone_into(&mut column.name);
            new.clone_into(&mut column.field);
        }
        rename(&mut table.primary_key);
        table.indexes.iter_mut().for_each(|index| rename(&mut index.columns));
        table.foreign_keys.iter_mut().for_each(|key| rename(&mut key.columns));
    }
    if let Some(&position) = migrations.by_name.get(table) {
        let named = migrations.foreign_keys.iter_mut().filter(|((owner, _), _)| *owner == position);
        named.for_each(|(_, columns)| rename(columns));
    }
    let keys = migrations.tables.iter_mut().flatten().flat_map(|table| &mut table.foreign_keys);
    keys.filter(|key| key.references == table).for_each(|key| rename(&mut key.referenced_columns));
}

fn drop_constraint(migrations: &mut Migrations, table: &str, name: &str) {
    let Some(&position) = migrations.by_name.get(table) else { return };
    let named = migrations.foreign_keys.remove(&(position, name.to_owned()));
    let Some(table) = &mut migrations.tables[position] else { return };
    if let Some(columns) = named {
        table.foreign_keys.retain(|key| key.columns != columns);
        return;
    }
    // Constraints without a given name have PostgreSQL's.
    let own = table.name.rsplit('.').next().unwrap_or_default().to_owned();
    let implied = |columns: &[String], suffix: &str| format!("{own}_{}_{suffix}", columns.join("_"));
    let is_unique = |index: &tuneup_model::Index| match &index.name {
        Some(known) => known == name,
        None => index.unique && implied(&index.columns, "key") == name,
    };
    let before = table.indexes.len() + table.foreign_keys.len();
    table.indexes.retain(|index| !is_unique(index));
    table.foreign_keys.retain(|key| implied(&key.columns, "fkey") != name);
    let is_primary = name == format!("{own}_pkey") || name.to_lowercase().starts_with("pk_");
    if before == table.indexes.len() + table.foreign_keys.len() && is_primary {
        table.primary_key.clear();
    }
}

fn rename_constraint(migrations: &mut Migrations, table: &str, old: &str, new: &str) {
    let Some(&position) = migrations.by_name.get(table) else { return };
    if let Some(columns) = migrations.foreign_keys.remove(&(position, old.to_owned())) {
        migrations.foreign_keys.insert((position, new.to_owned()), columns);
    } else {
        rename_index(migrations, old, new);
    }
}

pub(super) fn rename_index(migrations: &mut Migrations, old: &str, new: &str) {
    let Some(position) = migrations.index_tables.remove(old) else { return };
    migrations.index_tables.insert(new.to_owned(), position);
    let indexes = migrations.tables[position].iter_mut().flat_map(|table| &mut table.indexes);
    for index in indexes.filter(|index| index.name.as_deref() == Some(old)) {
        index.name = Some(new.to_owned());
    }
}

pub(super) fn drop_index(migrations: &mut Migrations, name: &str, table: Option<&str>) {
    let position = match table {
        Some(table) => migrations.by_name.get(table).copied(),
        // In PostgreSQL an index lives in the schema of its table, and may be named with it.
        None => migrations
            .index_tables
            .get(name)
            .or_else(|| {
                let (_, own) = name.split_once('.')?;
                migrations.index_tables.get(own)
            })
            .copied(),
    };
    let Some(table) = position.and_then(|position| migrations.tables[position].as_mut()) else { return };
    let own = name.rsplit('.').next();
    table.indexes.retain(|index| index.name.is_none() || index.name.as_deref() != own);
}

fn set_nullable(migrations: &mut Migrations, table: &str, column: &str, nullable: bool) {
    with_column(migrations, table, column, |known| known.nullable = nullable);
}

fn set_type(migrations: &mut Migrations, table: &str, column: &str, declared: &DataType) {
    let kind: ColumnType = types::column_type(declared, &migrations.enums, migrations.dialect);
    with_column(migrations, table, column, |known| known.kind = kind);
}

fn redefine(
    migrations: &mut Migrations,
    table: &str,
    column: &str,
    declared: &DataType,
    options: &[ColumnOption],
) {
    set_type(migrations, table, column, declared);
    let not_null =
        options.iter().any(|option| matches!(option, ColumnOption::NotNull | ColumnOption::PrimaryKey(_)));
    set_nullable(migrations, table, column, !not_null);
}

fn with_column(
    migrations: &mut Migrations,
    table: &str,
    column: &str,
    change: impl FnOnce(&mut tuneup_model::Column),
) {
    let found = migrations.table(table).map(|(_, table): (usize, &mut Table)| table);
    let columns = found.into_iter().flat_map(|table| &mut table.columns);
    if let Some(known) = columns.into_iter().find(|known| known.name == column) {
        change(known);
    }
}
