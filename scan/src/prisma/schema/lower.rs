//! From blocks as written to a Catalog and models: names are looked up across all files.
//!
//! First every declared name is collected, then each model becomes a [`Model`] and a table with its keys and
//! indexes, and at last `relations` adds what needs both sides. Maps are for looking up only; every list keeps the
//! order of declaration, tables are sorted by name.

use std::collections::{BTreeMap, HashMap, HashSet};

use tuneup_model::{
    Catalog, Column, ColumnType, Dialect, EnumType, Index, IndexMethod, Location, Table, Warning,
};

use super::SchemaFile;
use super::syntax::{self, Attribute, Block, BlockKind, Complaint, Range, Value};
use super::{relations, types};
use crate::schema::{Field, FieldKind, Generator, Model, Relation, RelationMode, Schema, UniqueKey};

/// Complaints shown of one file; a file that is not a schema would drown the rest.
const MAX_WARNINGS: usize = 8;

/// A model block with the file it stands in.
pub(super) struct Declared<'t> {
    pub(super) path: &'t str,
    pub(super) block: Block,
}

/// All that a field's type can mean.
struct Names {
    /// Index into the models by name.
    models: HashMap<String, usize>,
    /// Name in the database by name.
    enums: HashMap<String, String>,
    composites: HashSet<String>,
}

pub(super) fn lower(files: &[SchemaFile<'_>]) -> Schema {
    let mut schema = Schema::default();
    let mut declared = Vec::new();
    let mut complaints: Vec<Vec<Complaint>> = Vec::new();
    let mut has_datasource = false;
    let mut names = Names { models: HashMap::new(), enums: HashMap::new(), composites: HashSet::new() };
    for file in files {
        let read = syntax::read(file.text);
        let mut own = read.complaints;
        for block in read.blocks {
            match block.kind {
                BlockKind::Datasource => {
                    has_datasource = true;
                    datasource(&block, &mut schema);
                }
                BlockKind::Generator => schema.generators.push(generator(&block, file.path)),
                BlockKind::Enum => enumeration(&block, &mut schema.catalog, &mut names),
                BlockKind::Composite => {
                    names.composites.insert(block.name);
                }
                BlockKind::Model | BlockKind::View => {
                    if names.models.contains_key(&block.name) {
                        let message = format!("`{}` is declared twice; the first one counts", block.name);
                        own.push(Complaint { line: block.range.start.line, message });
                        continue;
                    }
                    names.models.insert(block.name.clone(), declared.len());
                    declared.push(Declared { path: file.path, block });
                }
            }
        }
        complaints.push(own);
    }
    schema.catalog.dialect = schema.provider;
    let mut tables: Vec<Table> = declared.iter().map(|each| table(each, &names, schema.provider)).collect();
    schema.models = declared.iter().map(|each| model(each, &names)).collect();
    relations::connect(&mut schema, &mut tables, &declared);
    finish(&mut schema, tables);
    warn(&mut schema, files, complaints, &declared, &names);
    if !has_datasource && !declared.is_empty() {
        let message = "the schema has no datasource block; its database is taken to be PostgreSQL".to_owned();
        schema.warnings.push(Warning { file: files[0].path.to_owned(), message });
    }
    schema
}

fn finish(schema: &mut Schema, tables: Vec<Table>) {
    let indexable = tables.into_iter().zip(&schema.models).filter(|(_, model)| !model.is_view);
    schema.catalog.tables = indexable.map(|(table, _)| table).collect();
    schema.catalog.tables.sort_by(|a, b| a.name.cmp(&b.name));
    schema.catalog.enums.sort_by(|a, b| a.name.cmp(&b.name));
    let visible = schema.models.iter().enumerate().filter(|(_, model)| !model.is_ignored);
    schema.by_accessor =
        visible.map(|(index, model)| (model.accessor.clone(), index)).collect::<BTreeMap<_, _>>();
}

fn warn(
    schema: &mut Schema,
    files: &[SchemaFile<'_>],
    complaints: Vec<Vec<Complaint>>,
    declared: &[Declared<'_>],
    names: &Names,
) {
    for (file, mut own) in files.iter().zip(complaints) {
        let blocks = declared.iter().filter(|each| each.path == file.path);
        for field in blocks.flat_map(|each| &each.block.fields) {
            if !names.knows(&field.type_name) {
                let message = format!("type `{}` of field `{}` is not declared", field.type_name, field.name);
                own.push(Complaint { line: field.range.start.line, message });
            }
        }
        own.sort_by_key(|complaint| complaint.line);
        let hidden = own.len().saturating_sub(MAX_WARNINGS);
        for complaint in own.into_iter().take(MAX_WARNINGS) {
            let message = format!("line {}: {}", complaint.line, complaint.message);
            schema.warnings.push(Warning { file: file.path.to_owned(), message });
        }
        if hidden > 0 {
            let message = format!("{hidden} more lines were not understood");
            schema.warnings.push(Warning { file: file.path.to_owned(), message });
        }
    }
}

impl Names {
    fn knows(&self, name: &str) -> bool {
        types::is_builtin(name)
            || self.models.contains_key(name)
            || self.enums.contains_key(name)
            || self.composites.contains(name)
    }
}

fn datasource(block: &Block, schema: &mut Schema) {
    for (key, value) in &block.settings {
        match (key.as_str(), value.text()) {
            ("provider", Some(provider)) => schema.provider = types::dialect(provider),
            ("relationMode" | "referentialIntegrity", Some("prisma")) => {
                schema.relation_mode = RelationMode::Prisma;
            }
            _ => {}
        }
    }
}

fn generator(block: &Block, path: &str) -> Generator {
    let setting = |key: &str| {
        let value = block.settings.iter().find(|(name, _)| name == key);
        value.and_then(|(_, value)| value.text()).map(str::to_owned)
    };
    Generator {
        name: block.name.clone(),
        provider: setting("provider").unwrap_or_default(),
        output: setting("output"),
        location: location(path, block.range),
    }
}

fn enumeration(block: &Block, catalog: &mut Catalog, names: &mut Names) {
    let name = mapped(&block.attributes).unwrap_or(&block.name).to_owned();
    let values = block.fields.iter().map(|value| mapped(&value.attributes).unwrap_or(&value.name).to_owned());
    if names.enums.insert(block.name.clone(), name.clone()).is_none() {
        catalog.enums.push(EnumType { name, values: values.collect() });
    }
}

pub(super) fn location(path: &str, range: Range) -> Location {
    Location {
        file: path.to_owned(),
        line: range.start.line,
        column: range.start.column,
        end_line: range.end.line,
        end_column: range.end.column,
    }
}

/// The name in the database given by `@map` or `@@map`.
fn mapped(attributes: &[Attribute]) -> Option<&str> {
    attribute(attributes, "map")?.argument("name", Some(0))?.text()
}

pub(super) fn attribute<'b>(attributes: &'b [Attribute], name: &str) -> Option<&'b Attribute> {
    attributes.iter().find(|attribute| attribute.name == name)
}

pub(super) fn column_name(field: &syntax::Field) -> &str {
    mapped(&field.attributes).unwrap_or(&field.name)
}

fn table_name(block: &Block) -> String {
    let name = mapped(&block.attributes).unwrap_or(&block.name);
    let schema =
        attribute(&block.attributes, "schema").and_then(|schema| schema.argument("name", Some(0))?.text());
    match schema {
        Some(schema) if schema != "public" => format!("{schema}.{name}"),
        _ => name.to_owned(),
    }
}

fn model(declared: &Declared<'_>, names: &Names) -> Model {
    let block = &declared.block;
    let is_view = block.kind == BlockKind::View;
    let visible = block.fields.iter().filter(|field| attribute(&field.attributes, "ignore").is_none());
    let fields = visible.map(|field| {
        let kind = match names.models.get(&field.type_name) {
            Some(&model) => FieldKind::Relation(Relation {
                model,
                list: field.list,
                optional: field.optional,
                columns: Vec::new(),
                references: Vec::new(),
                opposite: None,
            }),
            None => FieldKind::Scalar {
                column: column_name(field).to_owned(),
                optional: field.optional,
                list: field.list,
            },
        };
        Field { name: field.name.clone(), kind, location: location(declared.path, field.range) }
    });
    Model {
        name: block.name.clone(),
        accessor: accessor(&block.name),
        table: table_name(block),
        is_view,
        is_ignored: attribute(&block.attributes, "ignore").is_some(),
        fields: fields.collect(),
        unique_keys: if is_view { Vec::new() } else { unique_keys(block) },
        location: location(declared.path, block.range),
        closing: block.closing.map(|range| location(declared.path, range)),
    }
}

/// First letter lower-cased, the rest as written: `API` is `aPI`.
fn accessor(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Fields of a block by name.
pub(super) type FieldsByName<'b> = HashMap<&'b str, &'b syntax::Field>;

pub(super) fn fields_by_name(block: &Block) -> FieldsByName<'_> {
    block.fields.iter().map(|field| (field.name.as_str(), field)).collect()
}

/// Field names of a list of keys such as `[a, b(sort: Desc)]`, or of a single key without brackets.
pub(super) fn key_fields(value: &Value) -> Vec<&str> {
    match value {
        Value::List(items) => items.iter().filter_map(key_field).collect(),
        single => key_field(single).into_iter().collect(),
    }
}

fn key_field(value: &Value) -> Option<&str> {
    match value {
        Value::Word(name) | Value::Call(name) => Some(name),
        Value::Text(_) | Value::List(_) | Value::Unknown => None,
    }
}

pub(super) fn to_columns(fields: &[&str], names: &FieldsByName<'_>) -> Vec<String> {
    fields.iter().map(|&name| names.get(name).map_or(name, |field| column_name(field)).to_owned()).collect()
}

/// Fields of a `@@id`, `@@unique`, `@@index` or `@@fulltext`.
fn block_key(attribute: &Attribute) -> Vec<&str> {
    attribute.argument("fields", Some(0)).map(key_fields).unwrap_or_default()
}

fn unique_keys(block: &Block) -> Vec<UniqueKey> {
    let names = fields_by_name(block);
    let single = |wanted: &'static str| {
        let fields = block.fields.iter().filter(move |field| attribute(&field.attributes, wanted).is_some());
        fields.map(|field| (field.name.clone(), vec![field.name.as_str()]))
    };
    let compound = |wanted: &'static str| {
        let attributes = block.attributes.iter().filter(move |attribute| attribute.name == wanted);
        attributes.map(|attribute| {
            let fields = block_key(attribute);
            let given = attribute.argument("name", None).and_then(Value::text);
            (given.map_or_else(|| fields.join("_"), str::to_owned), fields)
        })
    };
    let all = single("id").chain(compound("id")).chain(single("unique")).chain(compound("unique"));
    all.map(|(accessor, fields)| UniqueKey {
        accessor,
        columns: to_columns(&fields, &names),
        fields: fields.into_iter().map(str::to_owned).collect(),
    })
    .filter(|key| !key.fields.is_empty())
    .collect()
}

fn table(declared: &Declared<'_>, declared_names: &Names, dialect: Dialect) -> Table {
    let block = &declared.block;
    let scalars = block.fields.iter().filter(|field| !declared_names.models.contains_key(&field.type_name));
    let columns = scalars.map(|field| {
        let mut kind = match declared_names.enums.get(&field.type_name) {
            Some(name) => ColumnType::Enum(name.clone()),
            None => types::scalar(field, dialect),
        };
        if field.list {
            kind = ColumnType::Array(Box::new(kind));
        }
        Column {
            name: column_name(field).to_owned(),
            field: field.name.clone(),
            kind,
            nullable: field.optional,
            location: location(declared.path, field.range),
        }
    });
    let names = fields_by_name(block);
    Table {
        name: table_name(block),
        model: block.name.clone(),
        columns: columns.collect(),
        primary_key: primary_key(block, &names),
        indexes: indexes(block, &names),
        foreign_keys: Vec::new(),
        location: location(declared.path, block.range),
    }
}

fn primary_key(block: &Block, names: &FieldsByName<'_>) -> Vec<String> {
    if let Some(field) = block.fields.iter().find(|field| attribute(&field.attributes, "id").is_some()) {
        return vec![column_name(field).to_owned()];
    }
    attribute(&block.attributes, "id").map(|id| to_columns(&block_key(id), names)).unwrap_or_default()
}

fn indexes(block: &Block, names: &FieldsByName<'_>) -> Vec<Index> {
    let single = block.fields.iter().filter_map(|field| {
        let unique = attribute(&field.attributes, "unique")?;
        Some(index(unique, vec![column_name(field).to_owned()]))
    });
    let declared = block
        .attributes
        .iter()
        .filter(|attribute| matches!(attribute.name.as_str(), "unique" | "index" | "fulltext"));
    let compound = declared.map(|attribute| index(attribute, to_columns(&block_key(attribute), names)));
    single.chain(compound).filter(|index| !index.columns.is_empty()).collect()
}

fn index(attribute: &Attribute, columns: Vec<String>) -> Index {
    let unique = attribute.name == "unique";
    // On a plain index `name` is the old spelling of `map`; on a unique key it names the client's property.
    let old_name = || if unique { None } else { attribute.argument("name", None) };
    let name = attribute.argument("map", None).or_else(old_name).and_then(Value::text);
    Index {
        name: name.map(str::to_owned),
        columns,
        unique,
        method: method(attribute),
        partial: attribute.argument("where", None).is_some(),
        tuned: matches!(attribute.argument("fields", Some(0)), Some(Value::List(items))
            if items.iter().any(|item| matches!(item, Value::Call(_)))),
    }
}

fn method(attribute: &Attribute) -> IndexMethod {
    if attribute.name == "fulltext" {
        return IndexMethod::Other;
    }
    match attribute.argument("type", None).and_then(Value::word) {
        None | Some("BTree") => IndexMethod::Btree,
        Some("Hash") => IndexMethod::Hash,
        Some("Gin") => IndexMethod::Gin,
        Some("Gist") => IndexMethod::Gist,
        Some("Brin") => IndexMethod::Brin,
        Some(_) => IndexMethod::Other,
    }
}
