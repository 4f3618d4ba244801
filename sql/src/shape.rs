//! What SQL text asks of the database, as [`QueryShape`]s.
//!
//! Tables and columns are given by their names in the database, aliases resolved. What could not be followed is said
//! in the shape (`has_unknown`, `order_known`, `Unknown`), never guessed.

mod filter;
mod query;
mod scope;
mod walk;
mod write;

use sqlparser::ast::{Expr, ObjectName, Statement, Value};
use tuneup_model::{Bound, ColumnRef, Columns, Dialect, Filter, Operation, QueryApi, QueryShape, TableRef};

use crate::split::{Piece, pieces};
use crate::template::{Reading, Rewritten, is_marked, is_marker, rewrite};
use crate::{SqlError, parse};
use scope::Scope;

/// One shape per statement of the text. Interpolations are marked as [`crate::from_template`] does.
///
/// # Errors
/// Where a statement is not in the grammar, or nests too deep; [`crate::sketch`] may still find verb and table.
pub fn shapes(text: &str, dialect: Dialect) -> Result<Vec<QueryShape>, SqlError> {
    pieces(text, dialect).iter().map(|piece| shape(text, piece, dialect)).collect()
}

/// What of a statement no index on plain columns serves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unserved {
    /// Columns compared after a function or cast, with its text: `lower(email)`.
    pub wrapped: Vec<(ColumnRef, String)>,
    /// Rows are put in an order by chance.
    pub shuffles: bool,
}

/// What of the first statement of a text no index on plain columns serves; nothing where it cannot be read.
pub fn unserved(text: &str, dialect: Dialect) -> Unserved {
    let pieces = pieces(text, dialect);
    let statement = pieces.first().and_then(|piece| read(text, piece, dialect).ok());
    let Some((statement, _)) = statement else { return Unserved::default() };
    let mut scope = Scope::new(dialect);
    fill(&mut blank(""), &statement, &mut scope);
    Unserved { wrapped: scope.wrapped, shuffles: scope.shuffles }
}

fn shape(text: &str, piece: &Piece<'_>, dialect: Dialect) -> Result<QueryShape, SqlError> {
    let (statement, rewritten) = read(text, piece, dialect)?;
    let mut shape = blank(piece.tokens.first().map_or("", |token| token.text));
    shape.sql = Some(text[piece.start()..piece.end()].to_owned());
    fill(&mut shape, &statement, &mut Scope::new(dialect));
    shape.filter.has_unknown |= rewritten.lost_filter;
    if rewritten.lost_tail {
        shape.order_known = false;
        for bound in [&mut shape.limit, &mut shape.offset] {
            if *bound == Bound::Absent {
                *bound = Bound::Unknown;
            }
        }
    }
    Ok(shape)
}

/// Parses one statement, interpolations first as values, then as fragments.
fn read(text: &str, piece: &Piece<'_>, dialect: Dialect) -> Result<(Statement, Rewritten), SqlError> {
    let attempt = |reading| {
        let rewritten = rewrite(text, &piece.tokens, dialect, reading);
        let mut statements = parse::parse(&rewritten.text, &piece.tokens, dialect)?;
        let statement = if statements.is_empty() { None } else { Some(statements.swap_remove(0)) };
        statement
            .map(|statement| (statement, rewritten))
            .ok_or_else(|| SqlError::Syntax("no statement".to_owned()))
    };
    attempt(Reading::Values).or_else(|error| {
        let has_marker = piece.tokens.iter().any(is_marker);
        if has_marker && error != SqlError::TooDeep {
            attempt(Reading::Fragments).map_err(|_| error)
        } else {
            Err(error)
        }
    })
}

/// A shape of which nothing is known but the verb.
pub(crate) fn blank(verb: &str) -> QueryShape {
    QueryShape {
        api: QueryApi::Sql,
        method: verb.to_lowercase(),
        operation: Operation::Other,
        table: TableRef::Unknown,
        joined: Vec::new(),
        columns: Columns::Unknown,
        filter: Filter::default(),
        order: Vec::new(),
        order_known: true,
        limit: Bound::Absent,
        offset: Bound::Absent,
        keyset: false,
        sql: None,
    }
}

fn fill(shape: &mut QueryShape, statement: &Statement, scope: &mut Scope) {
    match statement {
        Statement::Query(query) => query::fill(shape, query, scope),
        Statement::Insert(insert) => write::insert(shape, insert, scope),
        Statement::Update(update) => write::update(shape, update, scope),
        Statement::Delete(delete) => write::delete(shape, delete, scope),
        Statement::Truncate(truncate) => {
            shape.operation = Operation::DeleteMany;
            shape.columns = Columns::Some(Vec::new());
            if let [only] = &truncate.table_names[..] {
                shape.table = table_ref(&only.name, scope.dialect());
            }
        }
        Statement::Explain { statement, .. } => fill(shape, statement, scope),
        _ => {}
    }
    shape.joined = scope.joined(shape.table.name());
}

/// Name in the Catalog of a table, or nothing where an interpolation is part of it.
fn table_name(name: &ObjectName, dialect: Dialect) -> Option<String> {
    crate::names::table(name, dialect).filter(|name| !is_marked(name))
}

fn table_ref(name: &ObjectName, dialect: Dialect) -> TableRef {
    table_name(name, dialect).map_or(TableRef::Unknown, TableRef::Known)
}

/// LIMIT or OFFSET as given by an expression.
fn bound(expr: &Expr) -> Bound {
    let Expr::Value(value) = expr else { return Bound::Dynamic };
    match &value.value {
        Value::Number(number, _) => number.parse().map_or(Bound::Dynamic, Bound::Constant),
        Value::Null => Bound::Absent,
        _ => Bound::Dynamic,
    }
}

#[cfg(test)]
mod tests;
