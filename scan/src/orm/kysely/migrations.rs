//! Migrations: `db.schema.createTable('post').addColumn(…).execute()`, applied in the order of files, `up` only.
//!
//! Each folder of migrations is a database of its own.

use std::collections::BTreeMap;

use tuneup_model::{
    Catalog, Column, ColumnType, ForeignKey, Index, IndexMethod, QueryApi, ReferentialAction, Table,
};

use super::builder::texts;
use super::databases::declared;
use super::statements::{Statement, dialect_of, statements};
use crate::facts::Expr;
use crate::objects::{Follow as _, sql_query};
use crate::orm::column_types::named_type;
use crate::orm::tables::location_of;
use crate::orm::{CallAt, Declared, argument, chain_of, method_name, text_at};
use crate::place::Place;
use crate::program::{Program, Role};
use crate::report::Texts;

pub(super) fn databases(program: &Program, texts: &mut Texts<'_>) -> Vec<Declared> {
    let mut folders: BTreeMap<&str, Vec<Statement>> = BTreeMap::new();
    let mut files: Vec<u32> = (0..program.files.len() as u32).collect();
    files.sort_by_key(|file| program.facts(*file).path.as_str());
    for file in files {
        if program.roles[file as usize] == Role::Test {
            continue;
        }
        let found = statements(program, file);
        if !found.is_empty() {
            let path = program.facts(file).path.as_str();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            folders.entry(folder).or_default().extend(found);
        }
    }
    let mut databases = Vec::new();
    for (folder, statements) in folders {
        let dialect = dialect_of(program, folder);
        let mut applied = Applied { program, texts, catalog: Catalog { dialect, ..Catalog::default() } };
        for statement in &statements {
            applied.apply(&statement.steps);
        }
        if !applied.catalog.tables.is_empty() {
            databases.push(declared(applied.catalog));
        }
    }
    databases
}

/// The database as the statements so far leave it.
struct Applied<'p, 't, 'x> {
    program: &'p Program,
    texts: &'t mut Texts<'x>,
    catalog: Catalog,
}

impl<'p> Applied<'p, '_, '_> {
    fn apply(&mut self, steps: &[CallAt]) {
        let Some(first) = steps.first().copied() else { return };
        let name = self.text(first, 0);
        match (method_name(self.program, first), name) {
            ("createTable", Some(name)) => self.create_table(name, first, steps),
            ("alterTable", Some(name)) => self.alter_table(name, steps),
            ("createIndex", Some(name)) => self.create_index(name, steps),
            ("dropTable", Some(name)) => self.catalog.tables.retain(|it| it.name != name),
            ("dropIndex", Some(name)) => {
                for table in &mut self.catalog.tables {
                    table.indexes.retain(|it| it.name.as_deref() != Some(name));
                }
            }
            ("", _) => self.raw(first),
            _ => {}
        }
    }

    fn text(&self, at: CallAt, n: usize) -> Option<&'p str> {
        text_at(self.program, argument(self.program, at, n)?)
    }

    fn list(&self, at: CallAt, n: usize) -> Vec<String> {
        let found = argument(self.program, at, n).and_then(|at| texts(self.program, at));
        found.unwrap_or_default().into_iter().map(|text| column_of(text).to_owned()).collect()
    }

    fn create_table(&mut self, name: &str, at: CallAt, steps: &[CallAt]) {
        // `if not exists` leaves what is there.
        if self.catalog.table(name).is_some() {
            return;
        }
        let Some(place) = argument(self.program, at, 0) else { return };
        let mut table = Table::empty(name, location_of(self.program, self.texts, place));
        for step in steps {
            self.change(&mut table, *step);
        }
        self.catalog.tables.push(table);
    }

    fn alter_table(&mut self, name: &str, steps: &[CallAt]) {
        let Some(n) = self.catalog.tables.iter().position(|it| it.name == name) else { return };
        let mut table = self.catalog.tables.remove(n);
        for step in steps {
            self.change(&mut table, *step);
        }
        self.catalog.tables.push(table);
    }

    /// One step of a table's statement.
    fn change(&mut self, table: &mut Table, step: CallAt) {
        match method_name(self.program, step) {
            "addColumn" => self.add_column(table, step),
            "addPrimaryKeyConstraint" => table.primary_key = self.list(step, 1),
            "addUniqueConstraint" => {
                let name = self.text(step, 0).map(str::to_owned);
                add_index(table, name, self.list(step, 1), true);
            }
            "addForeignKeyConstraint" => {
                let Some(target) = self.text(step, 2) else { return };
                let (columns, referenced) = (self.list(step, 1), self.list(step, 3));
                let on_delete = argument(self.program, step, 4).map_or(ReferentialAction::NoAction, |at| {
                    on_delete(self.program, &callback(self.program, at))
                });
                self.refer(table, step, columns, target, referenced, on_delete);
            }
            "dropColumn" => {
                let Some(name) = self.text(step, 0) else { return };
                table.columns.retain(|it| it.name != name);
                table.indexes.retain(|it| !it.columns.iter().any(|column| column == name));
                table.foreign_keys.retain(|it| !it.columns.iter().any(|column| column == name));
            }
            "renameColumn" => {
                if let (Some(from), Some(to)) = (self.text(step, 0), self.text(step, 1)) {
                    rename_column(table, from, to);
                }
            }
            "renameTo" => {
                if let Some(to) = self.text(step, 0) {
                    let from = std::mem::replace(&mut table.name, to.to_owned());
                    to.clone_into(&mut table.model);
                    let keys = self.catalog.tables.iter_mut().flat_map(|it| &mut it.foreign_keys);
                    keys.filter(|key| key.references == from)
                        .for_each(|key| to.clone_into(&mut key.references));
                }
            }
            "dropConstraint" => {
                let Some(name) = self.text(step, 0) else { return };
                table.indexes.retain(|it| it.name.as_deref() != Some(name));
            }
            "alterColumn" => {
                let Some(name) = self.text(step, 0) else { return };
                let changes = argument(self.program, step, 1).map(|at| callback(self.program, at));
                for change in changes.unwrap_or_default() {
                    let Some(column) = table.columns.iter_mut().find(|it| it.name == name) else { return };
                    match method_name(self.program, change) {
                        "setNotNull" => column.nullable = false,
                        "dropNotNull" => column.nullable = true,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn add_column(&mut self, table: &mut Table, step: CallAt) {
        let (Some(name), Some(at)) = (self.text(step, 0), argument(self.program, step, 0)) else { return };
        let constraints =
            argument(self.program, step, 2).map(|at| callback(self.program, at)).unwrap_or_default();
        let has = |wanted: &str| constraints.iter().any(|it| method_name(self.program, *it) == wanted);
        let is_primary = has("primaryKey");
        if table.column(name).is_none() {
            table.columns.push(Column {
                name: name.to_owned(),
                field: name.to_owned(),
                kind: argument(self.program, step, 1)
                    .map_or(ColumnType::Other(String::new()), |at| self.kind(at)),
                nullable: !is_primary && !has("notNull"),
                location: location_of(self.program, self.texts, at),
            });
        }
        if is_primary {
            table.primary_key = vec![name.to_owned()];
        }
        if has("unique") {
            add_index(table, None, vec![name.to_owned()], true);
        }
        let reference = constraints.iter().find(|it| method_name(self.program, **it) == "references");
        let target = reference.and_then(|it| self.text(*it, 0)).and_then(|text| text.rsplit_once('.'));
        if let Some((target, column)) = target {
            let on_delete = on_delete(self.program, &constraints);
            self.refer(table, step, vec![name.to_owned()], target, vec![column.to_owned()], on_delete);
        }
    }

    fn refer(
        &mut self,
        table: &mut Table,
        at: CallAt,
        columns: Vec<String>,
        target: &str,
        referenced_columns: Vec<String>,
        on_delete: ReferentialAction,
    ) {
        let expr = self.program.facts(at.file).args(at.call).first().copied();
        let Some(expr) = expr.filter(|_| !columns.is_empty()) else { return };
        table.foreign_keys.push(ForeignKey {
            columns,
            references: target.to_owned(),
            referenced_columns,
            on_delete,
            field: None,
            opposite_field: None,
            location: location_of(self.program, self.texts, Place { file: at.file, expr }),
        });
    }

    /// The type of a column: a name, or SQL.
    fn kind(&self, at: Place) -> ColumnType {
        let stated = text_at(self.program, at).or_else(|| {
            let at = self.program.follow(at)?;
            let facts = self.program.facts(at.file);
            let Expr::Call(call) = facts.expr(at.expr) else { return None };
            text_at(self.program, argument(self.program, CallAt { file: at.file, call }, 0)?)
        });
        let stated = stated.unwrap_or_default();
        if stated.ends_with("[]") {
            return ColumnType::Array(Box::new(named_type(stated.trim_end_matches("[]"))));
        }
        named_type(stated.split('(').next().unwrap_or(stated).trim())
    }

    fn create_index(&mut self, name: &str, steps: &[CallAt]) {
        let step = |wanted: &str| steps.iter().copied().find(|it| method_name(self.program, *it) == wanted);
        let Some(table) = step("on").and_then(|at| self.text(at, 0)) else { return };
        let mut columns = Vec::new();
        for it in steps {
            match method_name(self.program, *it) {
                "column" | "columns" => columns.extend(self.list(*it, 0)),
                "expression" => {
                    let column = self.expression(*it).filter(|name| {
                        self.catalog.table(table).is_some_and(|table| table.column(name).is_some())
                    });
                    columns.push(column.map_or_else(|| "(expression)".to_owned(), str::to_owned));
                }
                _ => {}
            }
        }
        let method = IndexMethod::named(step("using").and_then(|at| self.text(at, 0)).unwrap_or("btree"));
        // Rows that equality finds are not null: such an index serves it as a full one does.
        let (unique, condition) = (step("unique").is_some(), step("where"));
        let partial = condition.is_some_and(|at| {
            self.text(at, 0) != columns.first().map(String::as_str) || self.text(at, 1) != Some("is not")
        });
        if let Some(table) = self.catalog.tables.iter_mut().find(|it| it.name == table) {
            let name = Some(name.to_owned());
            let tuned = condition.is_some() || step("expression").is_some();
            table.indexes.push(Index { name, columns, unique, method, partial, tuned });
        }
    }

    /// The column that an expression in SQL begins with: `` sql`code desc` ``.
    fn expression(&self, at: CallAt) -> Option<&'p str> {
        let at = self.program.follow(argument(self.program, at, 0)?)?;
        let Expr::Call(call) = self.program.facts(at.file).expr(at.expr) else { return None };
        let text = text_at(self.program, argument(self.program, CallAt { file: at.file, call }, 0)?)?;
        text.split([' ', ')']).next().map(|name| name.trim_matches('"'))
    }

    /// A statement in SQL; what it creates stands where the text does.
    fn raw(&mut self, at: CallAt) {
        let Some(place) = argument(self.program, at, 0) else { return };
        let shape = sql_query(self.program, QueryApi::Sql, self.catalog.dialect, "sql", Some(place));
        let Some(text) = shape.sql else { return };
        let location = location_of(self.program, self.texts, place);
        let known: Vec<String> = self.catalog.tables.iter().map(|it| it.name.clone()).collect();
        let dialect = self.catalog.dialect;
        // What the text holds beside tables and indexes is no concern here.
        let _ = tuneup_sql::apply_ddl(&mut self.catalog, &location.file, &text, dialect);
        for table in self.catalog.tables.iter_mut().filter(|it| !known.contains(&it.name)) {
            table.location = location.clone();
            table.columns.iter_mut().for_each(|column| column.location = location.clone());
        }
    }
}

/// The calls that a callback chains to its parameter: `(col) => col.notNull().unique()`.
fn callback(program: &Program, at: Place) -> Vec<CallAt> {
    let Some(at) = program.follow(at) else { return Vec::new() };
    let facts = program.facts(at.file);
    let Expr::Function(function) = facts.expr(at.expr) else { return Vec::new() };
    let calls = facts.function(function).returns.iter().filter_map(|it| match facts.expr(it.value) {
        Expr::Call(call) => Some(chain_of(program, CallAt { file: at.file, call })),
        _ => None,
    });
    calls.flatten().map(|call| CallAt { file: at.file, call }).collect()
}

fn on_delete(program: &Program, steps: &[CallAt]) -> ReferentialAction {
    let step = steps.iter().find(|it| method_name(program, **it) == "onDelete");
    let stated = step.and_then(|it| text_at(program, argument(program, *it, 0)?));
    match stated {
        Some("cascade") => ReferentialAction::Cascade,
        Some("restrict") => ReferentialAction::Restrict,
        Some("set null") => ReferentialAction::SetNull,
        Some("set default") => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}

/// `createdAt desc` → `createdAt`.
fn column_of(text: &str) -> &str {
    text.split(' ').next().unwrap_or(text)
}

fn add_index(table: &mut Table, name: Option<String>, columns: Vec<String>, unique: bool) {
    if !columns.is_empty() {
        table.indexes.push(Index {
            name,
            columns,
            unique,
            method: IndexMethod::Btree,
            partial: false,
            tuned: false,
        });
    }
}

fn rename_column(table: &mut Table, from: &str, to: &str) {
    for column in table.columns.iter_mut().filter(|it| it.name == from) {
        to.clone_into(&mut column.name);
        to.clone_into(&mut column.field);
    }
    let keys = table.indexes.iter_mut().flat_map(|it| &mut it.columns).chain(&mut table.primary_key);
    let keys = keys.chain(table.foreign_keys.iter_mut().flat_map(|it| &mut it.columns));
    keys.filter(|it| *it == from).for_each(|it| to.clone_into(it));
}
