//! Any text may be applied as a migration; the catalog stays sorted and every place is in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tuneup_model::{Catalog, Dialect};
use tuneup_sql::apply_ddl;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let lines = text.split('\n').count();
    for dialect in [Dialect::Postgresql, Dialect::Mysql, Dialect::Sqlite, Dialect::Other] {
        let mut catalog = Catalog::default();
        apply_ddl(&mut catalog, "migration.sql", &text, dialect);
        assert!(catalog.tables.is_sorted_by(|a, b| a.name < b.name));
        for table in &catalog.tables {
            assert!(table.location.line as usize <= lines);
        }
    }
});
