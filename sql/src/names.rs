//! Names of tables and columns: from the parser's tree to the Catalog's spelling.

use sqlparser::ast::{Ident, ObjectName};
use tuneup_model::Dialect;

use crate::lexer::fold;

/// A name as the dialect stores it, without quotes.
pub(crate) fn ident(ident: &Ident, dialect: Dialect) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { fold(&ident.value, dialect) }
}

/// Name in the Catalog: `table`, or `schema.table` where the schema is not `public`. A database in front is dropped.
pub(crate) fn table(name: &ObjectName, dialect: Dialect) -> Option<String> {
    let parts: Option<Vec<String>> =
        name.0.iter().map(|part| part.as_ident().map(|part| ident(part, dialect))).collect();
    qualified(&parts?)
}

/// Joins the parts of a name as the Catalog does.
pub(crate) fn qualified(parts: &[String]) -> Option<String> {
    match parts {
        [.., schema, table] if schema != "public" => Some(format!("{schema}.{table}")),
        [.., table] => Some(table.clone()),
        [] => None,
    }
}
