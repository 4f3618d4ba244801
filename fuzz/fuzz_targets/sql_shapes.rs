//! Any text may be asked for its shapes, its sketch and its fingerprint; a fingerprint is its own fingerprint.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tuneup_model::Dialect;
use tuneup_sql::{fingerprint, from_template, shapes, sketch};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    // A zero byte stands for an interpolation.
    let quasis: Vec<&str> = text.split('\0').collect();
    let text = from_template(&quasis);
    for dialect in [Dialect::Postgresql, Dialect::Mysql, Dialect::Sqlite, Dialect::Other] {
        if let Ok(found) = shapes(&text, dialect) {
            assert!(found.iter().all(|shape| shape.sql.as_ref().is_some_and(|sql| text.contains(sql.as_str()))));
        }
        sketch(&text, dialect);
    }
    let once = fingerprint(&text);
    assert_eq!(fingerprint(&once), once);
});
