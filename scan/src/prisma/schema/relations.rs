//! Both sides of each relation, and the foreign keys they stand for.
//!
//! Prisma pairs two relation fields when they connect the same two models under the same name (or both under
//! none). Fields are grouped by that key in one pass; a group of other than two has no opposite, which also covers
//! schemas that Prisma itself would refuse.

use std::collections::{HashMap, HashSet};

use tuneup_model::{Dialect, ForeignKey, Index, IndexMethod, ReferentialAction, Table};

use super::lower::{Declared, FieldsByName, attribute, fields_by_name, key_fields, location, to_columns};
use super::syntax::{Field, Value};
use crate::schema::{FieldKind, RelationMode, Schema};

/// No database that indexes foreign keys by itself allows more columns in a key.
const MAX_KEY_COLUMNS: usize = 16;

/// A relation field as declared.
#[derive(Clone, Copy)]
struct Side<'b> {
    model: usize,
    target: usize,
    field: &'b Field,
    /// Position among the fields that the client sees; an ignored field has none.
    visible: Option<usize>,
}

/// Fills in columns and opposites of relation fields, foreign keys, and the indexes that come with them.
pub(super) fn connect(schema: &mut Schema, tables: &mut [Table], declared: &[Declared<'_>]) {
    let sides = sides(declared);
    let opposites = opposites(&sides);
    let names: Vec<FieldsByName<'_>> = declared.iter().map(|each| fields_by_name(&each.block)).collect();
    for (side, opposite) in sides.iter().zip(opposites) {
        let path = declared[side.model].path;
        let foreign_key = foreign_key(side, opposite, &names, tables, path);
        let field = side.visible.map(|position| &mut schema.models[side.model].fields[position].kind);
        if let Some(FieldKind::Relation(relation)) = field {
            relation.opposite = opposite.map(|field| field.name.clone());
            if let Some(key) = &foreign_key {
                relation.columns.clone_from(&key.columns);
                relation.references.clone_from(&key.referenced_columns);
            }
        }
        // A view neither holds nor receives constraints.
        let is_view = schema.models[side.model].is_view || schema.models[side.target].is_view;
        if !is_view && schema.relation_mode == RelationMode::ForeignKeys {
            tables[side.model].foreign_keys.extend(foreign_key);
        }
    }
    if schema.provider == Dialect::Mysql {
        tables.iter_mut().for_each(index_foreign_keys);
    }
}

fn sides<'b>(declared: &'b [Declared<'_>]) -> Vec<Side<'b>> {
    let models: HashMap<&str, usize> =
        declared.iter().enumerate().map(|(index, each)| (each.block.name.as_str(), index)).collect();
    let mut sides = Vec::new();
    for (model, each) in declared.iter().enumerate() {
        let mut position = 0;
        for field in &each.block.fields {
            let is_visible = attribute(&field.attributes, "ignore").is_none();
            if let Some(&target) = models.get(field.type_name.as_str()) {
                sides.push(Side { model, target, field, visible: is_visible.then_some(position) });
            }
            position += usize::from(is_visible);
        }
    }
    sides
}

/// The opposite field of each side.
fn opposites<'b>(sides: &[Side<'b>]) -> Vec<Option<&'b Field>> {
    let mut groups: HashMap<(usize, usize, Option<&str>), Vec<usize>> = HashMap::new();
    for (index, side) in sides.iter().enumerate() {
        let pair = (side.model.min(side.target), side.model.max(side.target));
        groups.entry((pair.0, pair.1, relation_name(side.field))).or_default().push(index);
    }
    let opposite = |index: usize| {
        let side = &sides[index];
        let pair = (side.model.min(side.target), side.model.max(side.target));
        let group = groups.get(&(pair.0, pair.1, relation_name(side.field)))?;
        let [a, b] = group[..] else { return None };
        let other = &sides[if a == index { b } else { a }];
        (other.model == side.target && other.target == side.model).then_some(other.field)
    };
    (0..sides.len()).map(opposite).collect()
}

fn relation_name(field: &Field) -> Option<&str> {
    attribute(&field.attributes, "relation")?.argument("name", Some(0))?.text()
}

fn foreign_key(
    side: &Side<'_>,
    opposite: Option<&Field>,
    names: &[FieldsByName<'_>],
    tables: &[Table],
    path: &str,
) -> Option<ForeignKey> {
    let relation = attribute(&side.field.attributes, "relation")?;
    let fields = key_fields(relation.argument("fields", None)?);
    if fields.is_empty() {
        return None;
    }
    let own = &names[side.model];
    let references = relation.argument("references", None).map(key_fields).unwrap_or_default();
    let referenced_columns = if references.is_empty() {
        tables[side.target].primary_key.clone()
    } else {
        to_columns(&references, &names[side.target])
    };
    let is_optional =
        side.field.optional && fields.iter().all(|name| own.get(name).is_none_or(|field| field.optional));
    Some(ForeignKey {
        columns: to_columns(&fields, own),
        references: tables[side.target].name.clone(),
        referenced_columns,
        on_delete: action(relation.argument("onDelete", None).and_then(Value::word), is_optional),
        field: Some(side.field.name.clone()),
        opposite_field: opposite.map(|field| field.name.clone()),
        location: location(path, side.field.range),
    })
}

fn action(written: Option<&str>, is_optional: bool) -> ReferentialAction {
    match written {
        Some("Cascade") => ReferentialAction::Cascade,
        Some("Restrict") => ReferentialAction::Restrict,
        Some("NoAction") => ReferentialAction::NoAction,
        Some("SetNull") => ReferentialAction::SetNull,
        Some("SetDefault") => ReferentialAction::SetDefault,
        _ if is_optional => ReferentialAction::SetNull,
        _ => ReferentialAction::Restrict,
    }
}

/// Adds the index that the database makes for each foreign key unless a key already starts with its columns.
fn index_foreign_keys(table: &mut Table) {
    let mut leads: HashSet<Vec<String>> = HashSet::new();
    let mut add_prefixes = |key: &[String]| {
        let longest = key.len().min(MAX_KEY_COLUMNS);
        leads.extend((1..=longest).map(|length| key[..length].to_vec()));
    };
    add_prefixes(&table.primary_key);
    table.indexes.iter().for_each(|index| add_prefixes(&index.columns));
    for key in &table.foreign_keys {
        if leads.insert(key.columns.clone()) {
            table.indexes.push(Index {
                name: None,
                columns: key.columns.clone(),
                unique: false,
                method: IndexMethod::Btree,
                partial: false,
                tuned: false,
            });
        }
    }
}
