//! Column types of a Prisma schema: the scalar, sharpened by its `@db.` attribute.

use tuneup_model::{ColumnType, Dialect};

use super::syntax::Field;

/// Type of a field that is neither an enum nor a relation.
pub(super) fn scalar(field: &Field, dialect: Dialect) -> ColumnType {
    let native = field.attributes.iter().find_map(|attribute| attribute.name.strip_prefix("db."));
    match (field.type_name.as_str(), native) {
        ("String", Some("Uuid" | "UniqueIdentifier")) => ColumnType::Uuid,
        ("DateTime", Some("Date")) => ColumnType::Date,
        ("DateTime", Some("Time" | "Timetz")) => ColumnType::Other("time".to_owned()),
        // Text of MySQL without a length that an index could take.
        ("String", Some(kind @ ("Text" | "TinyText" | "MediumText" | "LongText")))
            if dialect == Dialect::Mysql =>
        {
            ColumnType::Other(kind.to_owned())
        }
        ("String", _) => ColumnType::Text,
        ("Int", _) => ColumnType::Int,
        ("BigInt", _) => ColumnType::BigInt,
        ("Float", _) => ColumnType::Float,
        ("Decimal", _) => ColumnType::Decimal,
        ("Boolean", _) => ColumnType::Bool,
        ("DateTime", _) => ColumnType::Timestamp,
        ("Json", _) => ColumnType::Json,
        ("Bytes", _) => ColumnType::Bytes,
        (other, _) => ColumnType::Other(other.to_owned()),
    }
}

/// True for the types that need no declaration.
pub(super) fn is_builtin(name: &str) -> bool {
    matches!(
        name,
        "String" | "Int" | "BigInt" | "Float" | "Decimal" | "Boolean" | "DateTime" | "Json" | "Bytes"
    ) || name.starts_with("Unsupported")
}

/// The database of a `provider`.
pub(super) fn dialect(provider: &str) -> Dialect {
    match provider {
        "postgresql" | "postgres" => Dialect::Postgresql,
        "mysql" => Dialect::Mysql,
        "sqlite" => Dialect::Sqlite,
        _ => Dialect::Other,
    }
}
