//! Column types: by their names in the database, and by the types of fields.

use tuneup_model::ColumnType;

use crate::facts::{FileFacts, TypeExpr, TypeId};

/// The kind of a column by the name of its type in the database.
pub(crate) fn named_type(name: &str) -> ColumnType {
    match name.to_ascii_lowercase().as_str() {
        "int" | "integer" | "int4" | "smallint" | "int2" | "tinyint" | "mediumint" | "increment" => {
            ColumnType::Int
        }
        "bigint" | "int8" => ColumnType::BigInt,
        "float" | "double" | "double precision" | "real" | "float4" | "float8" => ColumnType::Float,
        "decimal" | "numeric" | "money" => ColumnType::Decimal,
        "bool" | "boolean" => ColumnType::Bool,
        "uuid" => ColumnType::Uuid,
        "timestamp"
        | "timestamptz"
        | "datetime"
        | "timestamp with time zone"
        | "timestamp without time zone" => ColumnType::Timestamp,
        "date" => ColumnType::Date,
        "json" | "jsonb" | "simple-json" => ColumnType::Json,
        "simple-array" => ColumnType::Array(Box::new(ColumnType::Text)),
        "bytea" | "blob" | "longblob" | "binary" | "varbinary" => ColumnType::Bytes,
        "enum" | "simple-enum" => ColumnType::Enum(String::new()),
        "varchar" | "char" | "text" | "character varying" | "nvarchar" | "citext" | "longtext"
        | "mediumtext" => ColumnType::Text,
        other => ColumnType::Other(other.to_owned()),
    }
}

/// The kind of a column by the type of its field.
pub(crate) fn annotated_type(facts: &FileFacts, ty: TypeId) -> ColumnType {
    match facts.type_expr(ty) {
        TypeExpr::String => ColumnType::Text,
        TypeExpr::Number => ColumnType::Int,
        TypeExpr::Boolean => ColumnType::Bool,
        TypeExpr::Literal(_) => ColumnType::Enum(String::new()),
        TypeExpr::Array(_) => ColumnType::Other("array".to_owned()),
        TypeExpr::Name { root, symbol, .. } => match (facts.name(*root), symbol) {
            ("Date", None) => ColumnType::Timestamp,
            (_, Some(symbol)) if facts.symbol(*symbol).kind == crate::facts::SymbolKind::Enum => {
                ColumnType::Enum(String::new())
            }
            (name, _) => ColumnType::Other(name.to_owned()),
        },
        TypeExpr::Union(types) => {
            let known = types.iter().map(|ty| annotated_type(facts, *ty));
            known
                .reduce(
                    |a, b| if matches!(a, ColumnType::Other(ref name) if name.is_empty()) { b } else { a },
                )
                .unwrap_or(ColumnType::Other(String::new()))
        }
        _ => ColumnType::Other(String::new()),
    }
}
