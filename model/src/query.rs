//! What an ORM call or SQL text asks of the database, with the unknown parts said.

use serde::{Deserialize, Serialize};

use crate::Location;

/// A query at a place in the program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuerySite {
    pub location: Location,
    /// Qualified name of the enclosing function, for example `PostsRepository.list`.
    pub function: String,
    pub shape: QueryShape,
    /// True where the handle was not followed to its client and only its form (model and method of the schema) speaks.
    pub assumed: bool,
}

/// Tables, columns, filter, order and limit of one query. Unknown parts are explicit, never guessed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryShape {
    pub api: QueryApi,
    /// The method as written, for example `findMany`, or the SQL verb in lower case.
    pub method: String,
    pub operation: Operation,
    pub table: TableRef,
    /// Tables read beside the main one (joins, includes), by table name, sorted and unique.
    pub joined: Vec<String>,
    pub columns: Columns,
    pub filter: Filter,
    pub order: Vec<OrderBy>,
    /// False where the order is given by a value we could not follow.
    pub order_known: bool,
    pub limit: Bound,
    pub offset: Bound,
    /// True where it continues after a given row (cursor) instead of an offset.
    #[serde(default)]
    pub keyset: bool,
    /// The SQL text where the program gives one.
    pub sql: Option<String>,
}

/// Which library speaks to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueryApi {
    #[default]
    Prisma,
    Sequelize,
    Typeorm,
    MikroOrm,
    Drizzle,
    Kysely,
    Knex,
    /// SQL text, by a driver or a raw call of an ORM.
    Sql,
    /// A wrapper that the configuration declares.
    Declared,
}

/// What the query does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// At most one row.
    ReadOne,
    ReadMany,
    Count,
    Aggregate,
    Insert,
    InsertMany,
    Update,
    UpdateMany,
    Upsert,
    Delete,
    DeleteMany,
    /// A statement that is not one of these, or text we could not parse.
    Other,
}

/// The main table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableRef {
    /// Name as in the database (after `@@map`).
    Known(String),
    Unknown,
}

/// Which columns come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Columns {
    All,
    /// Column names as in the database, sorted and unique.
    Some(Vec<String>),
    Unknown,
}

/// The conjunction of what is known of the WHERE clause.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Filter {
    pub all_of: Vec<Predicate>,
    /// True where further conditions exist that could not be followed (spread, variable, OR, raw text).
    pub has_unknown: bool,
}

/// One condition on one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predicate {
    pub column: ColumnRef,
    pub op: PredicateOp,
}

/// A column of a table, by their names in the database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ColumnRef {
    pub table: String,
    pub column: String,
}

/// How a predicate compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PredicateOp {
    Equal,
    In,
    Range,
    /// `LIKE 'x%'`.
    Prefix,
    /// `LIKE '%x%'`, full text, JSON or array containment.
    Contains,
    NotEqual,
    IsNull,
    Other,
}

/// One term of the ORDER BY.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderBy {
    pub column: ColumnRef,
    pub descending: bool,
}

/// LIMIT or OFFSET.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Not given.
    Absent,
    Constant(u64),
    /// Given by a value of the program.
    Dynamic,
    /// Could not be seen (spread, variable argument).
    Unknown,
}

impl QueryShape {
    /// A query of which nothing further is given: all columns, no filter, no order, no limit.
    pub fn new(api: QueryApi, method: &str, operation: Operation, table: TableRef) -> Self {
        Self {
            api,
            method: method.to_owned(),
            operation,
            table,
            joined: Vec::new(),
            columns: Columns::All,
            filter: Filter::default(),
            order: Vec::new(),
            order_known: true,
            limit: Bound::Absent,
            offset: Bound::Absent,
            keyset: false,
            sql: None,
        }
    }

    /// The same with every part but operation and table unknown.
    #[must_use]
    pub fn opaque(mut self) -> Self {
        self.columns = Columns::Unknown;
        self.filter.has_unknown = true;
        self.order_known = false;
        (self.limit, self.offset) = (Bound::Unknown, Bound::Unknown);
        self
    }
}

impl Operation {
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Self::Insert
                | Self::InsertMany
                | Self::Update
                | Self::UpdateMany
                | Self::Upsert
                | Self::Delete
                | Self::DeleteMany
        )
    }

    pub fn is_read(self) -> bool {
        matches!(self, Self::ReadOne | Self::ReadMany | Self::Count | Self::Aggregate)
    }
}

impl TableRef {
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Known(name) => Some(name),
            Self::Unknown => None,
        }
    }
}
