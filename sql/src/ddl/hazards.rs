//! What a migration does to a live PostgreSQL table that holds up those who use it.
//!
//! Each file is read by itself: what it does to tables that it creates itself harms nobody, nor do keys on columns that
//! it adds.

use std::collections::BTreeSet;

use sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation, CreateIndex, DataType, Statement, TableConstraint,
};
use sqlparser::tokenizer::{Location as Place, Span};
use tuneup_model::{Dialect, Location};

use super::positions::Positions;
use crate::split::{Piece, pieces};
use crate::{names, parse};

/// What waits, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hazard {
    /// Writes, until an index is built.
    Index,
    /// Writes to both tables, until all references are checked.
    ForeignKey,
    /// All use, until all rows are checked.
    Check,
    /// All use, until all rows and indexes are written anew.
    TypeChange,
    /// All use, until all rows are looked through.
    NotNull,
}

/// A statement that holds up a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub hazard: Hazard,
    pub table: String,
    /// The first line of the statement.
    pub location: Location,
    /// Where `CONCURRENTLY ` is missing, with nothing between begin and end.
    pub concurrently: Option<Location>,
    /// Statements of the file that change something.
    pub statements: usize,
}

/// The statements of a migration that hold up tables which were there before.
pub fn holds(path: &str, text: &str, dialect: Dialect) -> Vec<Hold> {
    if dialect != Dialect::Postgresql {
        return Vec::new();
    }
    let positions = Positions::new(text);
    let mut reading =
        Reading { path, text, positions, own: BTreeSet::new(), added: BTreeSet::new(), found: Vec::new() };
    let pieces = pieces(text, dialect);
    for piece in &pieces {
        let body = &text[piece.start()..piece.end()];
        let Ok(statements) = parse::parse(body, &piece.tokens, dialect) else { continue };
        for statement in &statements {
            reading.statement(statement, piece);
        }
    }
    reading.found.iter_mut().for_each(|it| it.statements = pieces.len());
    reading.found
}

struct Reading<'t> {
    path: &'t str,
    text: &'t str,
    positions: Positions<'t>,
    /// Tables that the file creates.
    own: BTreeSet<String>,
    /// Columns that it adds.
    added: BTreeSet<(String, String)>,
    found: Vec<Hold>,
}

impl Reading<'_> {
    fn statement(&mut self, statement: &Statement, piece: &Piece<'_>) {
        match statement {
            Statement::CreateTable(create) => {
                self.own.extend(names::table(&create.name, Dialect::Postgresql));
            }
            Statement::CreateIndex(create) => self.index(create, piece),
            Statement::AlterTable(alter) => self.alter(alter, piece),
            _ => {}
        }
    }

    fn index(&mut self, create: &CreateIndex, piece: &Piece<'_>) {
        let Some(table) = names::table(&create.table_name, Dialect::Postgresql) else { return };
        if create.concurrently {
            return;
        }
        let after = piece.tokens.iter().find(|token| token.is_word("index"));
        let place = after.map(|token| token.start + token.text.len());
        let concurrently = place.map(|at| self.place(at, at));
        self.add(Hazard::Index, table, piece, concurrently);
    }

    fn alter(&mut self, alter: &AlterTable, piece: &Piece<'_>) {
        let Some(table) = names::table(&alter.name, Dialect::Postgresql) else { return };
        for operation in &alter.operations {
            let hazard = match operation {
                AlterTableOperation::AddColumn { column_def, .. } => {
                    let column = names::ident(&column_def.name, Dialect::Postgresql);
                    self.added.insert((table.clone(), column));
                    None
                }
                AlterTableOperation::AddConstraint { not_valid: false, constraint } => {
                    self.constraint(&table, constraint)
                }
                AlterTableOperation::AlterColumn { column_name, op } => {
                    let column = names::ident(column_name, Dialect::Postgresql);
                    let is_new = self.added.contains(&(table.clone(), column));
                    change(op).filter(|_| !is_new)
                }
                _ => None,
            };
            if let Some(hazard) = hazard {
                self.add(hazard, table.clone(), piece, None);
            }
        }
    }

    fn constraint(&self, table: &str, constraint: &TableConstraint) -> Option<Hazard> {
        match constraint {
            TableConstraint::ForeignKey(key) => {
                let is_new = key.columns.iter().all(|column| {
                    let column = names::ident(column, Dialect::Postgresql);
                    self.added.contains(&(table.to_owned(), column))
                });
                (!is_new).then_some(Hazard::ForeignKey)
            }
            TableConstraint::Check(_) => Some(Hazard::Check),
            _ => None,
        }
    }

    fn add(&mut self, hazard: Hazard, table: String, piece: &Piece<'_>, concurrently: Option<Location>) {
        if self.own.contains(&table) {
            return;
        }
        let body = &self.text[piece.start()..piece.end()];
        let first = body.lines().next().unwrap_or_default().len();
        let location = self.place(piece.start(), piece.start() + first);
        self.found.push(Hold { hazard, table, location, concurrently, statements: 0 });
    }

    fn place(&self, from: usize, to: usize) -> Location {
        let here = Place::new(1, 1);
        let end = self.positions.location(self.path, to, Span::new(here, here));
        let start = self.positions.location(self.path, from, Span::new(here, here));
        Location { end_line: end.line, end_column: end.column, ..start }
    }
}

/// What a change of a column does; a type that only widens a text costs nothing.
fn change(operation: &AlterColumnOperation) -> Option<Hazard> {
    match operation {
        AlterColumnOperation::SetDataType { data_type, using, .. } => {
            let widens = using.is_none()
                && matches!(data_type, DataType::Text | DataType::Varchar(_) | DataType::CharacterVarying(_));
            (!widens).then_some(Hazard::TypeChange)
        }
        AlterColumnOperation::SetNotNull => Some(Hazard::NotNull),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tuneup_model::Dialect;

    use super::{Hazard, holds};

    fn found(text: &str) -> Vec<(Hazard, String, u32)> {
        let all = holds("m.sql", text, Dialect::Postgresql);
        all.into_iter().map(|it| (it.hazard, it.table, it.location.line)).collect()
    }

    #[test]
    fn what_holds_up_a_table_that_was_there() {
        let text = "CREATE INDEX i ON orders (a);\nALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES b (id);\n\
                    ALTER TABLE orders ADD CONSTRAINT c CHECK (a > 0);\nALTER TABLE orders ALTER COLUMN a TYPE bigint;\n\
                    ALTER TABLE orders ALTER COLUMN a SET NOT NULL;";
        let kinds: Vec<Hazard> = found(text).into_iter().map(|(kind, ..)| kind).collect();
        assert_eq!(
            kinds,
            [Hazard::Index, Hazard::ForeignKey, Hazard::Check, Hazard::TypeChange, Hazard::NotNull]
        );
        let first = &holds("m.sql", text, Dialect::Postgresql)[0];
        let place = first.concurrently.as_ref().unwrap();
        assert_eq!((place.line, place.column, place.end_column), (1, 13, 13));
    }

    #[test]
    fn tables_and_columns_of_the_file_itself_and_what_waits_for_nobody() {
        let text = "CREATE TABLE orders (id int);\nCREATE INDEX i ON orders (id);\n\
                    CREATE INDEX CONCURRENTLY j ON posts (id);\nALTER TABLE posts ADD COLUMN a int;\n\
                    ALTER TABLE posts ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES b (id);\n\
                    ALTER TABLE posts ADD CONSTRAINT g FOREIGN KEY (c) REFERENCES b (id) NOT VALID;\n\
                    ALTER TABLE posts ALTER COLUMN t TYPE text;";
        assert_eq!(found(text), []);
    }
}
