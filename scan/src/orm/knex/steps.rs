//! The methods of the builder by what they do.

/// Steps that make a query a write.
pub(super) const WRITES: &[&str] =
    &["insert", "batchInsert", "upsert", "update", "increment", "decrement", "del", "delete", "truncate"];

/// Steps that name the main table.
pub(super) const TABLES: &[&str] = &["", "from", "into", "table", "batchInsert"];

pub(super) const JOINS: &[&str] = &[
    "join",
    "innerJoin",
    "leftJoin",
    "leftOuterJoin",
    "rightJoin",
    "rightOuterJoin",
    "outerJoin",
    "fullOuterJoin",
    "crossJoin",
];

/// Steps that say which columns come back.
pub(super) const COLUMNS: &[&str] =
    &["select", "column", "columns", "first", "pluck", "distinct", "distinctOn"];

pub(super) const AGGREGATES: &[&str] = &["sum", "sumDistinct", "avg", "avgDistinct", "min", "max"];

/// Methods of an instance that begin a query without naming its table first.
pub(super) fn begins(method: &str) -> bool {
    matches!(
        method,
        "select"
            | "with"
            | "withRecursive"
            | "withMaterialized"
            | "withNotMaterialized"
            | "withSchema"
            | "from"
            | "fromJS"
            | "table"
            | "into"
            | "as"
            | "column"
            | "columns"
            | "distinct"
            | "count"
            | "countDistinct"
            | "first"
            | "pluck"
            | "union"
            | "unionAll"
            | "where"
            | "whereIn"
            | "join"
    ) || WRITES.contains(&method)
        || AGGREGATES.contains(&method)
}
