//! Which database a query asks: the one whose migrations lie nearest, where several have a table of that name.

use tuneup_model::{Catalog, QueryApi, Table};

use crate::orm::{Declared, ModelRef};
use crate::program::Program;
use crate::schema::{Field, Model, RelationMode, Schema};

/// Folders within that of a database.
const INNER: &[&str] = &["migrations", "migration", "db", "database", "kysely"];

/// The table of that name in the database that a file speaks to; nothing where that is open.
pub(super) fn table_for(program: &Program, file: u32, name: &str) -> Option<ModelRef> {
    let path = program.facts(file).path.as_str();
    let package = program.package_folder(path);
    let mut found = Vec::new();
    let mut has_own = false;
    for (n, schema) in program.schemas.iter().enumerate() {
        if schema.api != QueryApi::Kysely {
            continue;
        }
        let Some(first) = schema.models.first() else { continue };
        let is_own = program.package_folder(&first.location.file) == package;
        has_own |= is_own;
        let Some(model) = schema.by_accessor.get(name) else { continue };
        let model = ModelRef { schema: n as u32, model: *model as u32 };
        found.push((model, is_own, home(&first.location.file)));
    }
    let around =
        found.iter().filter(|(.., home)| path.strip_prefix(home).is_some_and(|it| it.starts_with('/')));
    let nearest = around.clone().map(|(.., home)| home.len()).max();
    let nearest: Vec<ModelRef> =
        around.filter(|(.., home)| Some(home.len()) == nearest).map(|(model, ..)| *model).collect();
    if let [only] = nearest[..] {
        return Some(only);
    }
    let own: Vec<ModelRef> =
        found.iter().filter(|(_, is_own, _)| *is_own).map(|(model, ..)| *model).collect();
    match (&own[..], &found[..]) {
        ([only], _) => Some(*only),
        ([], [(only, ..)]) if !has_own => Some(*only),
        _ => None,
    }
}

/// The folder that a database serves: that of its migrations without `db/migrations`.
fn home(file: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    while parts.last().is_some_and(|part| INNER.contains(part)) {
        parts.pop();
    }
    parts.join("/")
}

/// What migrations leave as a schema.
pub(super) fn declared(mut catalog: Catalog) -> Declared {
    catalog.tables.sort_by(|a, b| a.name.cmp(&b.name));
    let models: Vec<Model> = catalog.tables.iter().map(model).collect();
    let by_accessor = models.iter().enumerate().map(|(n, model)| (model.accessor.clone(), n)).collect();
    let schema = Schema {
        api: QueryApi::Kysely,
        provider: catalog.dialect,
        catalog,
        models,
        generators: Vec::new(),
        relation_mode: RelationMode::ForeignKeys,
        warnings: Vec::new(),
        by_accessor,
    };
    Declared { schema, names: Vec::new() }
}

fn model(table: &Table) -> Model {
    let fields = table.columns.iter().map(Field::of_column);
    Model {
        name: table.model.clone(),
        accessor: table.name.clone(),
        table: table.name.clone(),
        is_view: false,
        is_ignored: false,
        fields: fields.collect(),
        unique_keys: Vec::new(),
        location: table.location.clone(),
        closing: None,
    }
}
