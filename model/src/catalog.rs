//! Catalog: tables, columns, keys and indexes, from schema files or a live database.

use serde::{Deserialize, Serialize};

use crate::Location;

/// What the database holds, as declared. Tables are sorted by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Catalog {
    pub dialect: Dialect,
    pub tables: Vec<Table>,
    pub enums: Vec<EnumType>,
}

/// Which database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    #[default]
    Postgresql,
    Mysql,
    Sqlite,
    /// Another provider (MongoDB, SQL Server, CockroachDB); index advice does not apply.
    Other,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Name in the database, without quotes; `schema.table` where a schema is given that is not `public`.
    pub name: String,
    /// Name in the program, for example the Prisma model; equal to `name` for SQL.
    pub model: String,
    pub columns: Vec<Column>,
    /// Columns of the primary key, in order; empty where there is none.
    pub primary_key: Vec<String>,
    /// Secondary indexes, unique ones included, the primary key not.
    pub indexes: Vec<Index>,
    pub foreign_keys: Vec<ForeignKey>,
    /// Where the table is declared.
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Name in the database.
    pub name: String,
    /// Name in the program.
    pub field: String,
    pub kind: ColumnType,
    pub nullable: bool,
    pub location: Location,
}

/// The type as far as advice needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnType {
    Bool,
    Int,
    BigInt,
    Float,
    Decimal,
    Text,
    Uuid,
    Timestamp,
    Date,
    Json,
    Bytes,
    /// Name of an [`EnumType`].
    Enum(String),
    Array(Box<ColumnType>),
    /// The declared type where it is none of these.
    Other(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumType {
    pub name: String,
    pub values: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Name in the database where one is declared.
    pub name: Option<String>,
    /// Key columns in order, by their names in the database; an expression stands as its text in parentheses.
    pub columns: Vec<String>,
    pub unique: bool,
    pub method: IndexMethod,
    /// True for an index with a WHERE clause.
    pub partial: bool,
    /// True where a column has an operator class or direction of its own, or further columns are kept in the index.
    #[serde(default)]
    pub tuned: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexMethod {
    #[default]
    Btree,
    Hash,
    Gin,
    Gist,
    Brin,
    Other,
}

impl Table {
    /// A table without columns, known in the program by its own name.
    pub fn empty(name: &str, location: Location) -> Self {
        Self {
            name: name.to_owned(),
            model: name.to_owned(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            location,
        }
    }
}

impl IndexMethod {
    /// The method of this name in small letters.
    pub fn named(name: &str) -> Self {
        match name {
            "btree" => Self::Btree,
            "hash" => Self::Hash,
            "gin" => Self::Gin,
            "gist" => Self::Gist,
            "brin" => Self::Brin,
            _ => Self::Other,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    pub columns: Vec<String>,
    /// Name in the database of the table referred to.
    pub references: String,
    pub referenced_columns: Vec<String>,
    pub on_delete: ReferentialAction,
    /// Name of the relation field on this side (`author`), where the program has one.
    pub field: Option<String>,
    /// Name of the opposite relation field on the other side (`posts`), where the program has one.
    pub opposite_field: Option<String>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferentialAction {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl Dialect {
    /// The name that people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgresql => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Sqlite => "SQLite",
            Self::Other => "another database",
        }
    }
}

impl Catalog {
    /// The table with this name in the database.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Table {
    /// The column with this name in the database.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// True where the primary key or a full b-tree or hash index leads with all of `columns`, in any order.
    pub fn has_index_leading_with(&self, columns: &[String]) -> bool {
        let leads = |key: &[String]| {
            key.len() >= columns.len() && columns.iter().all(|column| key[..columns.len()].contains(column))
        };
        leads(&self.primary_key)
            || self.indexes.iter().any(|index| {
                !index.partial
                    && matches!(index.method, IndexMethod::Btree | IndexMethod::Hash)
                    && leads(&index.columns)
            })
    }

    /// True where equality on all of `columns` fixes at most one row.
    pub fn is_unique_key(&self, columns: &[String]) -> bool {
        let covers = |key: &[String]| !key.is_empty() && key.iter().all(|part| columns.contains(part));
        covers(&self.primary_key)
            || self.indexes.iter().any(|index| index.unique && !index.partial && covers(&index.columns))
    }
}
