//! Migrations to a Catalog: CREATE, ALTER and DROP of tables, indexes and enum types, applied in order.
//!
//! Each statement is parsed by itself, so that one we cannot read costs a warning and no more. Statements that do not
//! change tables, indexes or types are passed over. `DO` blocks, the usual way to make a migration repeatable, are
//! opened and their statements applied as if they always ran.

mod alter;
mod hazards;
mod positions;
mod table;
mod types;

use std::borrow::Cow;
use std::collections::HashMap;

use sqlparser::ast::{
    AlterTypeOperation, CreateIndex, ObjectName, ObjectType, Statement, UserDefinedTypeRepresentation,
};
use tuneup_model::{Catalog, Dialect, EnumType, Location, Table, Warning};

use crate::lexer::{Kind, Token};
use crate::split::{Piece, pieces};
use crate::{SqlError, names, parse};
use positions::Positions;

pub use hazards::{Hazard, Hold, holds};

/// Warnings given for one file.
const MAX_WARNINGS: usize = 10;

/// Applies one file of statements to a catalog. To apply several, [`Migrations`] also remembers constraint names.
pub fn apply_ddl(catalog: &mut Catalog, path: &str, text: &str, dialect: Dialect) -> Vec<Warning> {
    let mut migrations = Migrations::onto(std::mem::take(catalog), dialect);
    let warnings = migrations.apply(path, text);
    *catalog = migrations.finish();
    warnings
}

/// A catalog under construction from files of statements.
#[derive(Debug)]
pub struct Migrations {
    dialect: Dialect,
    /// In order of creation; dropped tables leave a hole.
    tables: Vec<Option<Table>>,
    by_name: HashMap<String, usize>,
    /// The table of each named index.
    index_tables: HashMap<String, usize>,
    /// Columns of the foreign keys whose constraint has a name, by table and name.
    foreign_keys: HashMap<(usize, String), Vec<String>>,
    enums: Vec<EnumType>,
}

/// What is being read: for locations and warnings.
struct Source<'t> {
    path: &'t str,
    positions: Positions<'t>,
    /// Byte offset of the statement.
    start: usize,
    warnings: Vec<Warning>,
    /// Warnings beyond those given.
    hidden: usize,
}

impl Migrations {
    pub fn new(dialect: Dialect) -> Self {
        Self::onto(Catalog::default(), dialect)
    }

    /// Continues from a catalog.
    pub fn onto(catalog: Catalog, dialect: Dialect) -> Self {
        let mut migrations = Self {
            dialect,
            tables: Vec::new(),
            by_name: HashMap::new(),
            index_tables: HashMap::new(),
            foreign_keys: HashMap::new(),
            enums: catalog.enums,
        };
        catalog.tables.into_iter().for_each(|table| migrations.insert(table));
        migrations
    }

    /// Applies the statements of one file.
    pub fn apply(&mut self, path: &str, text: &str) -> Vec<Warning> {
        let positions = Positions::new(text);
        let mut source = Source { path, positions, start: 0, warnings: Vec::new(), hidden: 0 };
        for piece in pieces(text, self.dialect) {
            if let Some((body, offset)) = do_body(&piece) {
                for mut inner in pieces(body, self.dialect) {
                    inner.tokens.drain(..first_schema_word(&inner.tokens));
                    self.statement(
                        &body[inner.start()..inner.end()],
                        &inner,
                        offset + inner.start(),
                        &mut source,
                    );
                }
            } else {
                self.statement(&text[piece.start()..piece.end()], &piece, piece.start(), &mut source);
            }
        }
        if source.hidden > 0 {
            let message = format!("{} more statements could not be applied", source.hidden);
            source.warnings.push(Warning { file: path.to_owned(), message });
        }
        source.warnings
    }

    /// The catalog, tables and enums sorted by name.
    pub fn finish(mut self) -> Catalog {
        table::complete(&mut self);
        let mut tables: Vec<Table> = self.tables.into_iter().flatten().collect();
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        self.enums.sort_by(|a, b| a.name.cmp(&b.name));
        Catalog { dialect: self.dialect, tables, enums: self.enums }
    }

    fn statement(&mut self, text: &str, piece: &Piece<'_>, start: usize, source: &mut Source<'_>) {
        if !changes_schema(&piece.tokens) {
            return;
        }
        source.start = start;
        match parse::parse(&without_concurrently(text, piece), &piece.tokens, self.dialect) {
            Ok(statements) => statements.iter().for_each(|statement| self.change(statement, source)),
            Err(SqlError::TooDeep) => {
                source.warn("the statement nests too deep and was left out of the schema");
            }
            Err(SqlError::Syntax(message)) => {
                let short: String = message.chars().take(120).collect();
                source.warn(&format!("the statement was left out of the schema: {short}"));
            }
        }
    }

    fn change(&mut self, statement: &Statement, source: &mut Source<'_>) {
        match statement {
            Statement::CreateTable(create) => table::create(self, create, source),
            Statement::CreateIndex(create) => self.create_index(create, source),
            Statement::CreateType {
                name,
                representation: Some(UserDefinedTypeRepresentation::Enum { labels }),
            } => {
                if let Some(name) = self.name(name) {
                    let values = labels.iter().map(|label| label.value.clone()).collect();
                    self.enums.retain(|known| known.name != name);
                    self.enums.push(EnumType { name, values });
                }
            }
            Statement::AlterType(alter) => self.alter_type(&alter.name, &alter.operation),
            Statement::AlterTable(alter) => alter::alter(self, alter, source),
            Statement::AlterIndex { name, operation } => {
                let sqlparser::ast::AlterIndexOperation::RenameIndex { index_name } = operation;
                if let (Some(old), Some(new)) = (self.name(name), self.name(index_name)) {
                    alter::rename_index(self, &old, &new);
                }
            }
            Statement::RenameTable(renames) => {
                for rename in renames {
                    if let (Some(old), Some(new)) = (self.name(&rename.old_name), self.name(&rename.new_name))
                    {
                        alter::rename_table(self, &old, &new);
                    }
                }
            }
            Statement::Drop { object_type, names, table, .. } => {
                self.drop(*object_type, names, table.as_ref());
            }
            _ => {}
        }
    }

    fn name(&self, name: &ObjectName) -> Option<String> {
        names::table(name, self.dialect)
    }

    fn insert(&mut self, table: Table) {
        let position = self.tables.len();
        let named = table.indexes.iter().filter_map(|index| index.name.clone());
        self.index_tables.extend(named.map(|name| (name, position)));
        if let Some(old) = self.by_name.insert(table.name.clone(), position) {
            self.tables[old] = None;
        }
        self.tables.push(Some(table));
    }

    fn table(&mut self, name: &str) -> Option<(usize, &mut Table)> {
        let position = *self.by_name.get(name)?;
        self.tables[position].as_mut().map(|table| (position, table))
    }

    fn create_index(&mut self, create: &CreateIndex, source: &mut Source<'_>) {
        let index = table::index_of(create, self.dialect);
        let Some(name) = self.name(&create.table_name) else { return };
        let Some((position, table)) = self.table(&name) else {
            source.warn(&format!("an index was left out of the schema: its table `{name}` is not known"));
            return;
        };
        let is_there = index.name.is_some() && table.indexes.iter().any(|known| known.name == index.name);
        if !is_there {
            table.indexes.push(index.clone());
            self.index_tables.extend(index.name.map(|name| (name, position)));
        }
    }

    fn alter_type(&mut self, name: &ObjectName, operation: &AlterTypeOperation) {
        let Some(name) = self.name(name) else { return };
        let Some(known) = self.enums.iter_mut().find(|known| known.name == name) else { return };
        match operation {
            AlterTypeOperation::AddValue(add) => {
                if !known.values.contains(&add.value.value) {
                    known.values.push(add.value.value.clone());
                }
            }
            AlterTypeOperation::RenameValue(rename) => {
                for value in known.values.iter_mut().filter(|value| **value == rename.from.value) {
                    value.clone_from(&rename.to.value);
                }
            }
            AlterTypeOperation::Rename(rename) => {
                let new = names::ident(&rename.new_name, self.dialect);
                known.name.clone_from(&new);
                let columns = self.tables.iter_mut().flatten().flat_map(|table| &mut table.columns);
                columns.for_each(|column| types::rename_enum(&mut column.kind, &name, &new));
            }
        }
    }

    fn drop(&mut self, kind: ObjectType, names: &[ObjectName], on: Option<&ObjectName>) {
        let dialect = self.dialect;
        for name in names.iter().filter_map(|name| names::table(name, dialect)) {
            match kind {
                ObjectType::Table => {
                    if let Some(position) = self.by_name.remove(&name) {
                        self.tables[position] = None;
                    }
                }
                ObjectType::Index => {
                    let on = on.and_then(|on| names::table(on, dialect));
                    alter::drop_index(self, &name, on.as_deref());
                }
                ObjectType::Type => self.enums.retain(|known| known.name != name),
                _ => {}
            }
        }
    }
}

impl Source<'_> {
    fn warn(&mut self, message: &str) {
        if self.warnings.len() >= MAX_WARNINGS {
            self.hidden += 1;
            return;
        }
        let message = format!("line {}: {message}", self.positions.line(self.start));
        self.warnings.push(Warning { file: self.path.to_owned(), message });
    }

    fn location(&self, span: sqlparser::tokenizer::Span) -> Location {
        self.positions.location(self.path, self.start, span)
    }
}

/// True for statements that create, alter or drop tables, indexes or types.
fn changes_schema(tokens: &[Token<'_>]) -> bool {
    const PASSED_OVER: [&str; 12] = [
        "or",
        "replace",
        "unique",
        "fulltext",
        "spatial",
        "unlogged",
        "global",
        "local",
        "temp",
        "temporary",
        "foreign",
        "cached",
    ];
    let Some((verb, rest)) = tokens.split_first() else { return false };
    if !verb.is_any_word(&["create", "alter", "drop", "rename"]) {
        return false;
    }
    let object = rest.iter().find(|token| !token.is_any_word(&PASSED_OVER));
    object.is_some_and(|token| token.is_any_word(&["table", "index", "type"]))
}

/// `DROP INDEX CONCURRENTLY`, which the grammar lacks, with the last word blank; places stay.
fn without_concurrently<'t>(text: &'t str, piece: &Piece<'_>) -> Cow<'t, str> {
    let [drop, index, word, ..] = &piece.tokens[..] else { return Cow::Borrowed(text) };
    if !(drop.is_word("drop") && index.is_word("index") && word.is_word("concurrently")) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replacen(word.text, &" ".repeat(word.text.len()), 1))
}

/// The text of a `DO $$ … $$` block and its offset.
fn do_body<'t>(piece: &Piece<'t>) -> Option<(&'t str, usize)> {
    let (verb, rest) = piece.tokens.split_first()?;
    let body = rest.iter().find(|token| token.kind == Kind::Text && token.text.starts_with('$'))?;
    let fence = body.text[1..].find('$')? + 2;
    let inner = body.text.get(fence..body.text.len().checked_sub(fence)?)?;
    verb.is_word("do").then_some((inner, body.start + fence))
}

/// Where in a statement of a block the statement itself begins: behind `BEGIN`, `IF … THEN` and the like.
fn first_schema_word(tokens: &[Token<'_>]) -> usize {
    let is_start = |at: usize| {
        tokens[at].is_any_word(&["create", "alter", "drop"])
            && (at == 0 || tokens[at - 1].is_any_word(&["begin", "then", "else", "loop"]))
    };
    (0..tokens.len()).find(|&at| is_start(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
