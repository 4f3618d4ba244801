//! Which name in a statement means which table.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast::{Expr, Ident, ObjectName, TableAlias};
use tuneup_model::{ColumnRef, Dialect};

use crate::names::ident;
use crate::template::is_marked;

/// A table, subquery or function in FROM.
#[derive(Debug, Clone)]
struct Source {
    /// How columns refer to it.
    alias: String,
    /// Absent for what is not a table of the database.
    table: Option<String>,
}

/// The names visible in one SELECT, and what the whole statement has read so far.
#[derive(Debug)]
pub(super) struct Scope {
    dialect: Dialect,
    sources: Vec<Source>,
    /// Names of WITH queries: they hide tables of the same name.
    with: BTreeSet<String>,
    /// How often each table is read in the statement.
    read: BTreeMap<String, usize>,
    /// Columns that conditions compare only after a function or cast, with its text.
    pub(super) wrapped: Vec<(ColumnRef, String)>,
    /// True where rows are put in an order by chance.
    pub(super) shuffles: bool,
}

impl Scope {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            sources: Vec::new(),
            with: BTreeSet::new(),
            read: BTreeMap::new(),
            wrapped: Vec::new(),
            shuffles: false,
        }
    }

    /// A scope inside this one: the same WITH queries, no sources yet.
    pub(super) fn inner(&self) -> Self {
        Self { with: self.with.clone(), ..Self::new(self.dialect) }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Notes all tables that an inner scope has read.
    pub(super) fn absorb(&mut self, inner: Scope) {
        for (table, times) in inner.read {
            *self.read.entry(table).or_default() += times;
        }
    }

    pub(super) fn add_with(&mut self, name: &Ident) {
        self.with.insert(ident(name, self.dialect));
    }

    pub(super) fn is_with(&self, name: &ObjectName) -> bool {
        name.0.len() == 1
            && super::table_name(name, self.dialect).is_some_and(|name| self.with.contains(&name))
    }

    /// Notes a table that is read, unless it is a WITH query.
    pub(super) fn read(&mut self, name: &ObjectName) {
        if !self.is_with(name) {
            self.note(super::table_name(name, self.dialect));
        }
    }

    fn note(&mut self, table: Option<String>) {
        if let Some(table) = table {
            *self.read.entry(table).or_default() += 1;
        }
    }

    /// Adds a table of FROM under its alias or its own name.
    pub(super) fn add_table(&mut self, name: &ObjectName, alias: Option<&TableAlias>) {
        let table = if self.is_with(name) { None } else { super::table_name(name, self.dialect) };
        let own = name.0.last().and_then(|part| part.as_ident()).map(|name| ident(name, self.dialect));
        let alias = alias.map(|alias| ident(&alias.name, self.dialect)).or(own).unwrap_or_default();
        self.note(table.clone());
        self.sources.push(Source { alias, table });
    }

    /// Adds a subquery or function of FROM.
    pub(super) fn add_other(&mut self, alias: Option<&TableAlias>) {
        let alias = alias.map(|alias| ident(&alias.name, self.dialect)).unwrap_or_default();
        self.sources.push(Source { alias, table: None });
    }

    /// The table behind an alias or a table's own name.
    pub(super) fn table_of(&self, alias: &str) -> Option<&str> {
        self.sources.iter().find(|source| source.alias == alias)?.table.as_deref()
    }

    /// The column that an expression is, where it is a plain one of a known table.
    pub(super) fn column(&self, expr: &Expr) -> Option<ColumnRef> {
        let (table, column) = match expr {
            Expr::Nested(inner) => return self.column(inner),
            Expr::Identifier(column) => {
                let [source] = &self.sources[..] else { return None };
                (source.table.clone()?, column)
            }
            Expr::CompoundIdentifier(parts) => {
                let [.., table, column] = &parts[..] else { return None };
                (self.table_of(&ident(table, self.dialect))?.to_owned(), column)
            }
            _ => return None,
        };
        let column = ident(column, self.dialect);
        (!is_marked(&column)).then_some(ColumnRef { table, column })
    }

    /// Tables read beside the main one; that one too where it is read again.
    pub(super) fn joined(&self, main: Option<&str>) -> Vec<String> {
        let beside = |&(table, &times): &(&String, &usize)| Some(table.as_str()) != main || times > 1;
        self.read.iter().filter(beside).map(|(table, _)| table.clone()).collect()
    }
}
