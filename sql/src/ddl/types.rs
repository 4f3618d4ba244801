//! Column types of SQL as far as advice needs them.

use sqlparser::ast::{ArrayElemTypeDef, DataType};
use tuneup_model::{ColumnType, Dialect, EnumType};

use crate::names;

/// The Catalog's type for a declared one.
pub(super) fn column_type(declared: &DataType, enums: &[EnumType], dialect: Dialect) -> ColumnType {
    match declared {
        DataType::Bool | DataType::Boolean => ColumnType::Bool,
        DataType::Uuid => ColumnType::Uuid,
        DataType::JSON | DataType::JSONB => ColumnType::Json,
        DataType::Date => ColumnType::Date,
        DataType::Timestamp(..) | DataType::Datetime(_) => ColumnType::Timestamp,
        DataType::Numeric(_) | DataType::Decimal(_) | DataType::Dec(_) => ColumnType::Decimal,
        DataType::Array(
            ArrayElemTypeDef::AngleBracket(of)
            | ArrayElemTypeDef::SquareBracket(of, _)
            | ArrayElemTypeDef::Parenthesis(of)
            | ArrayElemTypeDef::Qualified(of, _),
        ) => ColumnType::Array(Box::new(column_type(of, enums, dialect))),
        DataType::Custom(name, _) => {
            let known =
                names::table(name, dialect).filter(|name| enums.iter().any(|known| known.name == *name));
            known.map_or_else(|| by_word(declared), ColumnType::Enum)
        }
        _ => by_word(declared),
    }
}

/// By the first word of the type as it is written.
fn by_word(declared: &DataType) -> ColumnType {
    let written = declared.to_string();
    let lower = written.to_lowercase();
    let word = lower.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    match word {
        "int" | "integer" | "int4" | "int2" | "smallint" | "mediumint" | "tinyint" | "serial" | "serial4"
        | "smallserial" | "serial2" => ColumnType::Int,
        "bigint" | "int8" | "bigserial" | "serial8" => ColumnType::BigInt,
        "float" | "float4" | "float8" | "real" | "double" => ColumnType::Float,
        "text" | "varchar" | "char" | "character" | "nvarchar" | "citext" | "bpchar" | "name"
        | "tinytext" | "mediumtext" | "longtext" | "clob" | "string" => ColumnType::Text,
        "bytea" | "blob" | "binary" | "varbinary" | "tinyblob" | "mediumblob" | "longblob" => {
            ColumnType::Bytes
        }
        "timestamptz" => ColumnType::Timestamp,
        _ => ColumnType::Other(written),
    }
}

/// True for types that a sequence fills, which are never null.
pub(super) fn is_serial(declared: &DataType) -> bool {
    declared.to_string().to_lowercase().contains("serial")
}

/// Follows the renaming of an enum.
pub(super) fn rename_enum(kind: &mut ColumnType, old: &str, new: &str) {
    match kind {
        ColumnType::Enum(name) if name == old => new.clone_into(name),
        ColumnType::Array(of) => rename_enum(of, old, new),
        _ => {}
    }
}
