//! What an ORM declares: a Catalog of what the database holds, and the models and fields by which the program names it.

use std::collections::BTreeMap;

use tuneup_model::{Catalog, Column, ColumnType, Dialect, Location, QueryApi, Warning};
use tuneup_sql::Hold;

/// Migrations in SQL.
#[derive(Debug, Default)]
pub(crate) struct Migrations {
    /// Paths, in the order in which they run.
    pub files: Vec<String>,
    /// What they do to tables in use, in the same order.
    pub holds: Vec<Hold>,
}

/// A whole schema. Models stand in the order of declaration.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Schema {
    /// Who declares it.
    pub(crate) api: QueryApi,
    pub(crate) catalog: Catalog,
    pub(crate) models: Vec<Model>,
    pub(crate) generators: Vec<Generator>,
    /// The database of the `datasource` block.
    pub(crate) provider: Dialect,
    pub(crate) relation_mode: RelationMode,
    pub(crate) warnings: Vec<Warning>,
    /// Indexes of models by their property of the client.
    pub(crate) by_accessor: BTreeMap<String, usize>,
}

/// Who keeps references whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum RelationMode {
    /// The database, with FOREIGN KEY constraints.
    #[default]
    ForeignKeys,
    /// The client: the database has neither constraints nor indexes that come with them.
    Prisma,
}

/// A `generator` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Generator {
    pub(crate) name: String,
    /// For example `prisma-client-js`; empty where none is given.
    pub(crate) provider: String,
    /// As written, relative to the schema file.
    pub(crate) output: Option<String>,
    pub(crate) location: Location,
}

/// A model or view as the client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    /// As written, for example `PostTag`.
    pub(crate) name: String,
    /// Property of the client, for example `postTag`.
    pub(crate) accessor: String,
    /// Name in the database, with its schema where that is not `public`; equals the table's name in the Catalog.
    pub(crate) table: String,
    /// A view: no table of the Catalog, no keys that advice could rely on.
    pub(crate) is_view: bool,
    /// `@@ignore`: in the database, but not in the client.
    pub(crate) is_ignored: bool,
    /// Fields of the client in order of declaration; `@ignore` fields are left out.
    pub(crate) fields: Vec<Field>,
    /// The primary key first, then each unique key.
    pub(crate) unique_keys: Vec<UniqueKey>,
    /// The name in the declaration.
    pub(crate) location: Location,
    /// The closing brace, where an attribute could be inserted; absent in a file cut short.
    pub(crate) closing: Option<Location>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: FieldKind,
    /// The name in the declaration.
    pub(crate) location: Location,
}

impl Field {
    /// The field that a column is read and written by.
    pub(crate) fn of_column(column: &Column) -> Self {
        Self {
            name: column.field.clone(),
            kind: FieldKind::Scalar {
                column: column.name.clone(),
                optional: column.nullable,
                list: matches!(column.kind, ColumnType::Array(_)),
            },
            location: column.location.clone(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Scalar {
        /// Name in the database.
        column: String,
        optional: bool,
        list: bool,
    },
    Relation(Relation),
}

/// One side of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    /// Index into [`Schema::models`] of the model on the other side.
    pub(crate) model: usize,
    /// True where the other side has many.
    pub(crate) list: bool,
    pub(crate) optional: bool,
    /// Columns of this model that hold the reference, by their names in the database; empty on the other side.
    pub(crate) columns: Vec<String>,
    /// Columns of the other model that are referred to; empty where `columns` is.
    pub(crate) references: Vec<String>,
    /// The field on the other side.
    pub(crate) opposite: Option<String>,
}

/// Fields that fix at most one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UniqueKey {
    /// How `where` names it: the field, or `a_b`, or the given name.
    pub(crate) accessor: String,
    pub(crate) fields: Vec<String>,
    /// The same by their names in the database.
    pub(crate) columns: Vec<String>,
}

impl Schema {
    /// The model behind a property of the client, for example `postTag`.
    pub(crate) fn by_accessor(&self, accessor: &str) -> Option<&Model> {
        self.by_accessor.get(accessor).map(|&index| &self.models[index])
    }

    /// The model with this name, for example `PostTag`.
    #[cfg(test)]
    pub(crate) fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }
}

impl Model {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Name in the database of a scalar field.
    pub(crate) fn column(&self, field: &str) -> Option<&str> {
        match &self.field(field)?.kind {
            FieldKind::Scalar { column, .. } => Some(column),
            FieldKind::Relation(_) => None,
        }
    }

    pub(crate) fn relation(&self, field: &str) -> Option<&Relation> {
        match &self.field(field)?.kind {
            FieldKind::Relation(relation) => Some(relation),
            FieldKind::Scalar { .. } => None,
        }
    }

    /// The unique key that `where` names so.
    pub(crate) fn unique_key(&self, accessor: &str) -> Option<&UniqueKey> {
        self.unique_keys.iter().find(|key| key.accessor == accessor)
    }
}
