//! CREATE TABLE and its constraints.

use std::collections::HashSet;

use sqlparser::ast::{
    ColumnDef, ColumnOption, CreateIndex, CreateTable, CreateTableLikeKind, Expr, ForeignKeyConstraint,
    Ident, IndexColumn, IndexType, ReferentialAction as SqlAction, Spanned, TableConstraint,
};
use tuneup_model::{Column, Dialect, ForeignKey, Index, IndexMethod, Location, ReferentialAction, Table};

use super::{Migrations, Source, types};
use crate::names;

/// No database that indexes foreign keys by itself allows more columns in a key.
const MAX_KEY_COLUMNS: usize = 16;

pub(super) fn create(migrations: &mut Migrations, create: &CreateTable, source: &mut Source<'_>) {
    let Some(name) = migrations.name(&create.name) else { return };
    // A partition holds rows of its parent, under the parent's indexes.
    let is_known = create.if_not_exists && migrations.by_name.contains_key(&name);
    if is_known || create.temporary || create.partition_of.is_some() {
        return;
    }
    let mut table = Table::empty(&name, source.location(create.name.span()));
    if let Some(CreateTableLikeKind::Parenthesized(like) | CreateTableLikeKind::Plain(like)) = &create.like
        && let Some(model) = migrations.name(&like.name)
        && let Some((_, model)) = migrations.table(&model)
    {
        table.columns.clone_from(&model.columns);
    }
    // Named foreign keys are known by the table's position, which it gets on entering.
    migrations.insert(table);
    for column in &create.columns {
        add_column(migrations, &name, column, source);
    }
    for constraint in &create.constraints {
        add_constraint(migrations, &name, constraint, source);
    }
}

/// Adds a column with the constraints written at it.
pub(super) fn add_column(migrations: &mut Migrations, table: &str, def: &ColumnDef, source: &mut Source<'_>) {
    let dialect = migrations.dialect;
    let name = names::ident(&def.name, dialect);
    let kind = types::column_type(&def.data_type, &migrations.enums, dialect);
    let location = source.location(def.name.span);
    let not_null =
        |option: &ColumnOption| matches!(option, ColumnOption::NotNull | ColumnOption::PrimaryKey(_));
    let nullable =
        !types::is_serial(&def.data_type) && !def.options.iter().any(|option| not_null(&option.option));
    let Some((position, owner)) = migrations.table(table) else { return };
    if owner.columns.iter().any(|column| column.name == name) {
        return;
    }
    owner.columns.push(Column {
        name: name.clone(),
        field: name.clone(),
        kind,
        nullable,
        location: location.clone(),
    });
    let mut named = Vec::new();
    for option in &def.options {
        let constraint = option.name.as_ref().map(|name| names::ident(name, dialect));
        match &option.option {
            ColumnOption::PrimaryKey(_) => owner.primary_key = vec![name.clone()],
            ColumnOption::Unique(_) => owner.indexes.push(unique(constraint, vec![name.clone()])),
            ColumnOption::ForeignKey(key) => {
                named.extend(constraint.map(|constraint| ((position, constraint), vec![name.clone()])));
                owner.foreign_keys.extend(foreign_key(key, vec![name.clone()], location.clone(), dialect));
            }
            _ => {}
        }
    }
    migrations.foreign_keys.extend(named);
}

fn unique(name: Option<String>, columns: Vec<String>) -> Index {
    Index { name, columns, unique: true, method: IndexMethod::Btree, partial: false, tuned: false }
}

fn foreign_key(
    key: &ForeignKeyConstraint,
    columns: Vec<String>,
    location: Location,
    dialect: Dialect,
) -> Option<ForeignKey> {
    Some(ForeignKey {
        columns,
        references: names::table(&key.foreign_table, dialect)?,
        referenced_columns: idents(&key.referred_columns, dialect),
        on_delete: match key.on_delete {
            Some(SqlAction::Cascade) => ReferentialAction::Cascade,
            Some(SqlAction::Restrict) => ReferentialAction::Restrict,
            Some(SqlAction::SetNull) => ReferentialAction::SetNull,
            Some(SqlAction::SetDefault) => ReferentialAction::SetDefault,
            Some(SqlAction::NoAction) | None => ReferentialAction::NoAction,
        },
        field: None,
        opposite_field: None,
        location,
    })
}

fn idents(list: &[Ident], dialect: Dialect) -> Vec<String> {
    list.iter().map(|ident| names::ident(ident, dialect)).collect()
}

/// Adds a constraint of a table.
pub(super) fn add_constraint(
    migrations: &mut Migrations,
    table: &str,
    constraint: &TableConstraint,
    source: &mut Source<'_>,
) {
    let dialect = migrations.dialect;
    let given = |name: &Option<Ident>| name.as_ref().map(|name| names::ident(name, dialect));
    let Some((position, owner)) = migrations.table(table) else { return };
    match constraint {
        TableConstraint::PrimaryKey(key) => set_primary_key(owner, keys(&key.columns, dialect)),
        TableConstraint::PrimaryKeyUsingIndex(using) => {
            let name = Some(names::ident(&using.index_name, dialect));
            if let Some(at) = owner.indexes.iter().position(|index| index.name == name) {
                let index = owner.indexes.remove(at);
                set_primary_key(owner, index.columns);
            }
        }
        TableConstraint::ForeignKey(key) => {
            let columns = idents(&key.columns, dialect);
            let span = key.columns.first().map_or_else(|| key.foreign_table.span(), |column| column.span);
            owner.foreign_keys.extend(foreign_key(key, columns.clone(), source.location(span), dialect));
            migrations.foreign_keys.extend(given(&key.name).map(|name| ((position, name), columns)));
        }
        TableConstraint::Unique(key) => {
            let index = unique(given(&key.name).or(given(&key.index_name)), keys(&key.columns, dialect));
            add_index(migrations, position, index);
        }
        TableConstraint::Index(key) => {
            let index = Index {
                name: given(&key.name),
                columns: keys(&key.columns, dialect),
                unique: false,
                method: method(key.index_type.as_ref()),
                partial: false,
                tuned: false,
            };
            add_index(migrations, position, index);
        }
        TableConstraint::FulltextOrSpatial(key) => {
            let index = Index {
                name: given(&key.opt_index_name),
                columns: keys(&key.columns, dialect),
                unique: false,
                method: IndexMethod::Other,
                partial: false,
                tuned: false,
            };
            add_index(migrations, position, index);
        }
        TableConstraint::UniqueUsingIndex(_) | TableConstraint::Check(_) | TableConstraint::Exclude(_) => {}
    }
}

fn add_index(migrations: &mut Migrations, position: usize, index: Index) {
    migrations.index_tables.extend(index.name.clone().map(|name| (name, position)));
    if let Some(table) = &mut migrations.tables[position] {
        table.indexes.push(index);
    }
}

fn set_primary_key(table: &mut Table, columns: Vec<String>) {
    for column in table.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
        column.nullable = false;
    }
    table.primary_key = columns;
}

fn keys(columns: &[IndexColumn], dialect: Dialect) -> Vec<String> {
    columns.iter().map(|column| key(&column.column.expr, dialect)).collect()
}

fn key(expr: &Expr, dialect: Dialect) -> String {
    match expr {
        Expr::Identifier(column) => names::ident(column, dialect),
        Expr::Nested(_) => expr.to_string(),
        _ => format!("({expr})"),
    }
}

/// The index that a CREATE INDEX makes.
pub(super) fn index_of(create: &CreateIndex, dialect: Dialect) -> Index {
    let name = create.name.as_ref().and_then(|name| names::table(name, dialect));
    Index {
        name,
        columns: keys(&create.columns, dialect),
        unique: create.unique,
        method: method(create.using.as_ref()),
        partial: create.predicate.is_some(),
        tuned: !create.include.is_empty()
            || create.columns.iter().any(|it| {
                it.operator_class.is_some()
                    || matches!(it.column.options.sort, Some(sqlparser::ast::OrderBySort::Desc))
            }),
    }
}

fn method(using: Option<&IndexType>) -> IndexMethod {
    match using {
        None | Some(IndexType::BTree) => IndexMethod::Btree,
        Some(IndexType::Hash) => IndexMethod::Hash,
        Some(IndexType::GIN) => IndexMethod::Gin,
        Some(IndexType::GiST) => IndexMethod::Gist,
        Some(IndexType::BRIN) => IndexMethod::Brin,
        Some(IndexType::SPGiST | IndexType::Bloom | IndexType::Custom(_)) => IndexMethod::Other,
    }
}

/// What can be said only when all statements are applied: keys that references leave out, and the indexes that a
/// database makes for foreign keys by itself.
pub(super) fn complete(migrations: &mut Migrations) {
    let primary_key = |migrations: &Migrations, name: &str| {
        let position = migrations.by_name.get(name)?;
        migrations.tables[*position].as_ref().map(|table| table.primary_key.clone())
    };
    for position in 0..migrations.tables.len() {
        let Some(mut table) = migrations.tables[position].take() else { continue };
        for key in table.foreign_keys.iter_mut().filter(|key| key.referenced_columns.is_empty()) {
            let of = if key.references == table.name {
                Some(table.primary_key.clone())
            } else {
                primary_key(migrations, &key.references)
            };
            key.referenced_columns = of.unwrap_or_default();
        }
        if migrations.dialect == Dialect::Mysql {
            index_foreign_keys(&mut table);
        }
        migrations.tables[position] = Some(table);
    }
}

/// Adds the index that the database makes for each foreign key unless a key already starts with its columns.
fn index_foreign_keys(table: &mut Table) {
    let mut leads: HashSet<Vec<String>> = HashSet::new();
    let keys = table.indexes.iter().map(|index| &index.columns).chain([&table.primary_key]);
    for key in keys {
        leads.extend((1..=key.len().min(MAX_KEY_COLUMNS)).map(|length| key[..length].to_vec()));
    }
    for key in &table.foreign_keys {
        if leads.insert(key.columns.clone()) {
            table.indexes.push(Index {
                name: None,
                columns: key.columns.clone(),
                unique: false,
                method: IndexMethod::Btree,
                partial: false,
                tuned: false,
            });
        }
    }
}
