//! The tables of the program's databases: what libraries declare, beside what SQL files say, each of its own database.

use tuneup_model::Table;

use super::{Program, Query};
use crate::orm::{self, ModelRef, Named};
use crate::place::Place;
use crate::report::Texts;
use crate::schema::Schema;

impl Program {
    /// Asks each library for the tables that the program declares, and adds them to the catalog.
    pub(super) fn declare_tables(&mut self, texts: &mut Texts<'_>) {
        for orm in orm::ORMS {
            for declared in orm.databases(self, texts) {
                let schema = self.schemas.len() as u32;
                self.entities.add(schema, &declared.names);
                // What declares the tables knows the database; SQL files only guess.
                if self.schemas.is_empty() {
                    self.catalog.dialect = declared.schema.provider;
                }
                for table in &declared.schema.catalog.tables {
                    self.add_table(table);
                }
                self.schemas.push(declared.schema);
            }
        }
        let place = |it: &Table| (it.name.clone(), it.location.file.clone(), it.location.line);
        self.catalog.tables.sort_by_key(place);
    }

    /// Adds a table to the catalog; what migrations in SQL say of it adds its indexes.
    fn add_table(&mut self, table: &Table) {
        let is_sql = |it: &Table| it.location.file.rsplit_once('.').is_some_and(|(_, end)| end == "sql");
        let known = self.catalog.tables.iter_mut().find(|it| it.name == table.name && is_sql(it));
        let mut table = table.clone();
        match known {
            Some(known) => {
                let extra = known.indexes.iter().filter(|it| {
                    !table.indexes.iter().any(|own| own.columns == it.columns || own.name == it.name)
                });
                let extra: Vec<_> = extra.cloned().collect();
                table.indexes.extend(extra);
                *known = table;
            }
            None => self.catalog.tables.push(table),
        }
    }

    /// The table that a query names so.
    pub(crate) fn table_for(&self, query: &Query, name: &str) -> Option<&Table> {
        let schema = query.schema.or(query.model.map(|(schema, _)| schema));
        // A builder names tables of the database that it speaks to, which is then not known.
        if schema.is_none() && query.built.is_some() {
            return None;
        }
        self.table(name, schema)
    }

    /// The table of that name in the database of a schema; nothing where several databases have one.
    pub(crate) fn table(&self, name: &str, schema: Option<u32>) -> Option<&Table> {
        let mut named = self.catalog.tables.iter().filter(|it| it.name == name);
        let first = named.next()?;
        if named.next().is_none() {
            return Some(first);
        }
        let own = self.schemas.get(schema? as usize)?.catalog.table(name)?;
        self.catalog.tables.iter().find(|it| it.name == name && it.location == own.location)
    }

    /// The schema that declares a table.
    pub(crate) fn schema_of_table(&self, table: &Table) -> Option<&Schema> {
        self.schemas
            .iter()
            .find(|schema| schema.catalog.table(&table.name).is_some_and(|it| it.location == table.location))
    }

    /// The model that an expression of the program makes: `pgTable(…)`.
    pub(crate) fn model_made(&self, at: Place) -> Option<ModelRef> {
        self.entities.get(Named::Made(at))
    }
}
