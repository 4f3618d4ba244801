//! What a migration says of one table: `table.string('name').notNullable().index()`, `table.foreign(…)`, `dropColumn`.

use tuneup_model::{Column, ColumnType, ForeignKey, Index, IndexMethod, Location, ReferentialAction, Table};

use super::Reading;
use crate::facts::Expr;
use crate::orm::column_types::named_type;
use crate::orm::{CallAt, method_name};
use crate::place::Place;

impl<'r, 'p: 'r> Reading<'r, 'p, '_> {
    /// One chain on the table, its first call first.
    pub(super) fn column(&mut self, table: usize, steps: &[CallAt]) {
        let Some((first, rest)) = steps.split_first() else { return };
        let method = method_name(self.program, *first);
        let facts = self.program.facts(first.file);
        let location = self.location(Place { file: first.file, expr: facts.call(first.call).expr });
        let names = self.args(*first).first().map(|at| self.texts_at(*at)).unwrap_or_default();
        if let Some(kind) = self.kind(*first, method) {
            let is_serial = matches!(method, "increments" | "bigIncrements" | "bigincrements");
            let Some(name) = names.first().cloned().or_else(|| is_serial.then(|| "id".to_owned())) else {
                return;
            };
            self.add(table, &name, kind, location.clone());
            if is_serial {
                self.catalog.tables[table].primary_key = vec![name.clone()];
            }
            self.modify(table, &[name], rest, &location);
            return;
        }
        match method {
            "timestamps" => {
                let camel = self.is_true(*first, 2) || self.options_say_camel(*first);
                for name in if camel { ["createdAt", "updatedAt"] } else { ["created_at", "updated_at"] } {
                    self.add(table, name, ColumnType::Timestamp, location.clone());
                }
            }
            "index" | "unique" => self.index(table, *first, names, method == "unique"),
            "primary" => self.catalog.tables[table].primary_key = names,
            "foreign" => self.modify(table, &names, rest, &location),
            _ => self.drop(table, *first, method, &names),
        }
    }

    fn kind(&self, at: CallAt, method: &str) -> Option<ColumnType> {
        Some(match method {
            "increments" | "integer" | "int" | "tinyint" | "smallint" | "mediumint" => ColumnType::Int,
            "bigIncrements" | "bigincrements" | "bigInteger" | "bigint" => ColumnType::BigInt,
            "string" | "text" | "char" => ColumnType::Text,
            "float" | "double" => ColumnType::Float,
            "decimal" | "numeric" => ColumnType::Decimal,
            "boolean" | "bool" => ColumnType::Bool,
            "date" => ColumnType::Date,
            "datetime" | "timestamp" => ColumnType::Timestamp,
            "json" | "jsonb" => ColumnType::Json,
            "uuid" => ColumnType::Uuid,
            "binary" => ColumnType::Bytes,
            "enum" | "enu" => ColumnType::Enum(String::new()),
            "specificType" => named_type(self.text(at, 1).unwrap_or_default()),
            "time" | "geometry" | "geography" | "point" => ColumnType::Other(method.to_owned()),
            _ => return None,
        })
    }

    fn add(&mut self, table: usize, name: &str, kind: ColumnType, location: Location) {
        let columns = &mut self.catalog.tables[table].columns;
        match columns.iter_mut().find(|column| column.name == name) {
            // `alter()` changes what is there.
            Some(column) => column.kind = kind,
            None => columns.push(Column {
                name: name.to_owned(),
                field: name.to_owned(),
                kind,
                nullable: true,
                location,
            }),
        }
    }

    /// What follows a column or `foreign(…)`: keys, indexes, references.
    fn modify(&mut self, table: usize, names: &[String], rest: &[CallAt], location: &Location) {
        let mut references: Option<(Option<String>, Vec<String>)> = None;
        let mut on_delete = ReferentialAction::NoAction;
        for step in rest {
            let texts = self.args(*step).first().map(|at| self.texts_at(*at)).unwrap_or_default();
            let it = &mut self.catalog.tables[table];
            match method_name(self.program, *step) {
                "primary" => it.primary_key = names.to_vec(),
                "unique" => push_index(it, None, names.to_vec(), true),
                "index" => push_index(it, texts.first().cloned(), names.to_vec(), false),
                "notNullable" | "notNull" => set_nullable(it, names, false),
                "nullable" => set_nullable(it, names, true),
                "references" => references = Some(referred(&texts)),
                "inTable" | "on" => {
                    if let Some((to, _)) = &mut references {
                        *to = texts.first().cloned();
                    }
                }
                "onDelete" => on_delete = action(texts.first().map_or("", String::as_str)),
                _ => {}
            }
        }
        if let Some((Some(to), columns)) = references {
            let key = ForeignKey {
                columns: names.to_vec(),
                references: to,
                referenced_columns: columns,
                on_delete,
                field: None,
                opposite_field: None,
                location: location.clone(),
            };
            self.catalog.tables[table].foreign_keys.push(key);
        }
    }

    /// `index(['a', 'b'], 'name', 'gin')`, `index('a', 'name', { indexType, predicate })`.
    fn index(&mut self, table: usize, at: CallAt, columns: Vec<String>, unique: bool) {
        let mut name = self.text(at, 1).map(str::to_owned);
        let mut method = IndexMethod::Btree;
        let mut partial = false;
        for arg in self.args(at).into_iter().skip(1) {
            if !matches!(self.reader.see(arg).expr, Expr::Object(_)) {
                continue;
            }
            let options = self.reader.object(arg);
            name = name.or_else(|| self.option(&options, "indexName").map(str::to_owned));
            method = self
                .option(&options, "indexType")
                .map_or(method, |kind| IndexMethod::named(&kind.to_ascii_lowercase()));
            partial |= options.entries.iter().any(|entry| entry.name == "predicate");
        }
        if !unique && let Some(kind) = self.text(at, 2) {
            method = IndexMethod::named(&kind.to_ascii_lowercase());
        }
        let complete = self.args(at).first().is_some_and(|first| match self.reader.see(*first).expr {
            Expr::Array(list) => list.len as usize == columns.len(),
            _ => true,
        });
        if complete && !columns.is_empty() {
            self.catalog.tables[table].indexes.push(Index {
                name,
                columns,
                unique,
                method,
                partial,
                tuned: false,
            });
        }
    }

    fn drop(&mut self, table: usize, at: CallAt, method: &str, names: &[String]) {
        let all: Vec<String> = self.args(at).into_iter().flat_map(|arg| self.texts_at(arg)).collect();
        let second = self.text(at, 1).map(str::to_owned);
        let it = &mut self.catalog.tables[table];
        match method {
            "dropColumn" | "dropColumns" => drop_columns(it, &all),
            "dropTimestamps" => {
                drop_columns(it, &["created_at", "updated_at", "createdAt", "updatedAt"].map(str::to_owned));
            }
            "renameColumn" => {
                if let [from, to] = all.as_slice() {
                    rename_column(it, from, to);
                }
            }
            "dropIndex" | "dropUnique" => it.indexes.retain(|index| {
                let is_named = second.is_some() && index.name == second;
                !is_named && (index.columns != names || index.unique != (method == "dropUnique"))
            }),
            "dropForeign" => it.foreign_keys.retain(|key| key.columns != names),
            "dropPrimary" => it.primary_key.clear(),
            "setNullable" => set_nullable(it, names, true),
            "dropNullable" => set_nullable(it, names, false),
            _ => {}
        }
    }

    fn is_true(&self, at: CallAt, n: usize) -> bool {
        self.args(at).get(n).is_some_and(|arg| matches!(self.reader.see(*arg).expr, Expr::Bool(true)))
    }

    fn options_say_camel(&self, at: CallAt) -> bool {
        let Some(first) = self.args(at).first().copied() else { return false };
        let options = self.reader.object(first);
        let places = options.get("useCamelCase");
        places.places().iter().any(|it| matches!(self.reader.see(*it).expr, Expr::Bool(true)))
    }
}

fn push_index(table: &mut Table, name: Option<String>, columns: Vec<String>, unique: bool) {
    table.indexes.push(Index {
        name,
        columns,
        unique,
        method: IndexMethod::Btree,
        partial: false,
        tuned: false,
    });
}

fn set_nullable(table: &mut Table, names: &[String], nullable: bool) {
    for column in table.columns.iter_mut().filter(|column| names.contains(&column.name)) {
        column.nullable = nullable;
    }
}

fn drop_columns(table: &mut Table, names: &[String]) {
    table.columns.retain(|column| !names.contains(&column.name));
    table.primary_key.retain(|column| !names.contains(column));
    table.indexes.retain(|index| !index.columns.iter().any(|column| names.contains(column)));
    table.foreign_keys.retain(|key| !key.columns.iter().any(|column| names.contains(column)));
}

fn rename_column(table: &mut Table, from: &str, to: &str) {
    let own = table.columns.iter_mut().flat_map(|column| [&mut column.name, &mut column.field]);
    let indexed = table.indexes.iter_mut().flat_map(|index| &mut index.columns);
    let keyed = table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns);
    for name in own.chain(indexed).chain(keyed).chain(&mut table.primary_key) {
        if name == from {
            to.clone_into(name);
        }
    }
}

/// `references('id')`, `references('users.id')`.
fn referred(texts: &[String]) -> (Option<String>, Vec<String>) {
    match texts {
        [only] => match only.rsplit_once('.') {
            Some((table, column)) => (Some(table.to_owned()), vec![column.to_owned()]),
            None => (None, texts.to_vec()),
        },
        _ => (None, texts.to_vec()),
    }
}

fn action(name: &str) -> ReferentialAction {
    match name.to_ascii_uppercase().as_str() {
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "RESTRICT" => ReferentialAction::Restrict,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}
