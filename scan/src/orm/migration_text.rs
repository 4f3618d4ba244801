//! SQL text that migrations run, applied to the tables: what it declares stands where the program writes the text.

use tuneup_model::{Catalog, Dialect, Location};
use tuneup_sql::Migrations;

/// Statements of several migrations, applied in order.
#[derive(Debug)]
pub(crate) struct TextMigrations {
    migrations: Migrations,
    /// Where each text stands; texts go by their number until the end.
    places: Vec<Location>,
}

impl TextMigrations {
    pub(crate) fn onto(catalog: Catalog) -> Self {
        let dialect: Dialect = catalog.dialect;
        Self { migrations: Migrations::onto(catalog, dialect), places: Vec::new() }
    }

    pub(crate) fn apply(&mut self, text: &str, place: Location) {
        // Texts that cannot be read declare nothing; the program says elsewhere that they run.
        self.migrations.apply(&marker(self.places.len()), text);
        self.places.push(place);
    }

    pub(crate) fn finish(self) -> Catalog {
        let mut catalog = self.migrations.finish();
        let named: Vec<String> = (0..self.places.len()).map(marker).collect();
        for table in &mut catalog.tables {
            let columns = table.columns.iter_mut().map(|it| &mut it.location);
            let keys = table.foreign_keys.iter_mut().map(|it| &mut it.location);
            for it in std::iter::once(&mut table.location).chain(columns).chain(keys) {
                if let Some(n) = named.iter().position(|name| *name == it.file) {
                    it.clone_from(&self.places[n]);
                }
            }
        }
        catalog
    }
}

/// No path of a tree looks so.
fn marker(n: usize) -> String {
    format!("(text {n})")
}
