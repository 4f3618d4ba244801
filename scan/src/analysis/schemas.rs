//! Schemas of a tree: Prisma folders, what their generators write, and the catalog with what migrations add.

use std::collections::BTreeMap;

use tuneup_model::{Catalog, Dialect, ScanStats, Warning};

use super::sources::extension;
use super::sql_files::{self, SqlFile};
use crate::prisma::schema::{self, SchemaFile};
use crate::resolve::{SchemaOutput, path};
use crate::schema::{Migrations, Schema};
use crate::source::SourceTree;

/// Schemas with the folder each lies in.
pub(super) fn read_schemas(
    tree: &dyn SourceTree,
    files: &[String],
    warnings: &mut Vec<Warning>,
) -> (Vec<(String, Schema)>, ScanStats) {
    let mut stats = ScanStats::default();
    let mut folders: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for path in files.iter().filter(|path| extension(path) == "prisma") {
        match tree.read(path) {
            Ok(text) => {
                stats.files += 1;
                stats.lines += text.lines().count();
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
                folders.entry(folder).or_default().push((path.clone(), text));
            }
            Err(error) => warnings.push(Warning { file: path.clone(), message: format!("skipped: {error}") }),
        }
    }
    merge_partial_folders(&mut folders);
    let mut schemas = Vec::new();
    for (folder, texts) in folders {
        let parts: Vec<SchemaFile<'_>> = texts.iter().map(|(path, text)| SchemaFile { path, text }).collect();
        let mut schema = schema::parse(&parts);
        warnings.append(&mut schema.warnings);
        schemas.push((folder, schema));
    }
    // The largest schema first: it answers for a client of no stated schema.
    schemas.sort_by(|a, b| b.1.models.len().cmp(&a.1.models.len()).then_with(|| a.0.cmp(&b.0)));
    (schemas, stats)
}

/// A folder without a `datasource` belongs to the schema of the folder above that has one.
fn merge_partial_folders(folders: &mut BTreeMap<String, Vec<(String, String)>>) {
    let has_source = |texts: &[(String, String)]| texts.iter().any(|(_, text)| text.contains("datasource"));
    let whole: Vec<String> =
        folders.iter().filter(|(_, texts)| has_source(texts)).map(|(folder, _)| folder.clone()).collect();
    let partial: Vec<String> = folders.keys().filter(|folder| !whole.contains(folder)).cloned().collect();
    for folder in partial {
        let parent = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        let home = whole.iter().find(|whole| folder.starts_with(&format!("{whole}/"))).or_else(|| {
            whole.iter().find(|whole| !parent.is_empty() && whole.starts_with(&format!("{parent}/")))
        });
        if let Some(home) = home {
            let texts = folders.remove(&folder).unwrap_or_default();
            folders.entry(home.clone()).or_default().extend(texts);
        }
    }
}

/// Where the generators of a schema write: as stated, or the usual folder beside the schema.
pub(super) fn schema_outputs(schemas: &[(String, Schema)]) -> Vec<SchemaOutput> {
    let mut outputs = Vec::new();
    for (n, (folder, schema)) in schemas.iter().enumerate() {
        for generator in &schema.generators {
            let is_client = generator.provider.starts_with("prisma-client");
            let output = match &generator.output {
                Some(output) => output,
                None if is_client => continue,
                None => "generated",
            };
            // Outside the tree nothing can import it.
            outputs.extend(path::join(folder, output).map(|dir| SchemaOutput { schema: n as u32, dir }));
        }
    }
    outputs
}

/// Tables of all schemas; indexes that only migrations declare are added, and without a schema the migrations speak.
pub(super) fn catalog_of(
    tree: &dyn SourceTree,
    files: &[String],
    schemas: &[(String, Schema)],
    stats: &mut ScanStats,
    warnings: &mut Vec<Warning>,
) -> (Catalog, Migrations) {
    let dialect = schemas.first().map_or(Dialect::Postgresql, |(_, schema)| schema.provider);
    let mut migrated = Catalog { dialect, ..Catalog::default() };
    let mut passed = Vec::new();
    let mut left_out = Vec::new();
    let mut migrations = Migrations::default();
    for SqlFile { path, text } in sql_files::migrations(tree, files, &mut passed) {
        stats.files += 1;
        stats.lines += text.lines().count();
        // Only MySQL, and SQLite after it, quote names so.
        let quotes = schemas.is_empty() && text.contains('`');
        let dialect = if quotes { Dialect::Mysql } else { dialect };
        migrations.files.push(path.to_owned());
        migrations.holds.extend(tuneup_sql::holds(path, &text, dialect));
        left_out.extend(tuneup_sql::apply_ddl(&mut migrated, path, &text, dialect));
    }
    // With a Prisma schema the migrations only add; what they hold beside tables is no concern.
    if schemas.is_empty() {
        warnings.extend(passed);
        warnings.extend(sql_files::fold(left_out));
    }
    if schemas.is_empty() {
        return (migrated, migrations);
    }
    let mut catalog = Catalog { dialect, ..Catalog::default() };
    for (_, schema) in schemas {
        for table in &schema.catalog.tables {
            let mut table = table.clone();
            if let Some(found) = migrated.table(&table.name) {
                let extra = found
                    .indexes
                    .iter()
                    .filter(|index| !table.indexes.iter().any(|known| known.columns == index.columns));
                let extra: Vec<_> = extra.cloned().collect();
                table.indexes.extend(extra);
            }
            if catalog.table(&table.name).is_none() {
                catalog.tables.push(table);
            }
        }
        catalog.enums.extend(schema.catalog.enums.iter().cloned());
    }
    catalog.tables.sort_by(|a, b| a.name.cmp(&b.name));
    (catalog, migrations)
}
