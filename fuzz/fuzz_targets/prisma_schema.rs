//! Any text is a schema: reading it never panics, and every place it names is in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;

// The parser's own files, so that fuzzing it does not build all of `scan`.
#[allow(dead_code, reason = "the target calls what a reader of schemas calls")]
#[path = "../../scan/src/prisma"]
mod prisma {
    pub(super) mod schema;
}

use prisma::schema::{SchemaFile, parse};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    // Two files where a zero byte parts them.
    let files: Vec<SchemaFile<'_>> =
        text.split('\0').take(2).map(|text| SchemaFile { path: "schema.prisma", text }).collect();
    let schema = parse(&files);
    let lines = files.iter().map(|file| file.text.split('\n').count()).max().unwrap_or(0);
    for model in &schema.models {
        assert!(model.location.line as usize <= lines);
        assert!(model.is_view || schema.catalog.tables.iter().any(|table| table.name == model.table));
    }
});
