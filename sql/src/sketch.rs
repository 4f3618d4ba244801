//! Verb and tables of a statement that does not parse, by tokens alone.

use std::collections::BTreeSet;

use tuneup_model::{Bound, Columns, Dialect, Operation, QueryShape, TableRef};

use crate::lexer::{Kind, Token};
use crate::names::qualified;
use crate::shape::blank;
use crate::split::pieces;
use crate::template::is_marked;

/// The first statement of the text as far as its tokens tell: operation, main table, joined tables. All else is
/// unknown. Nothing where no SELECT, INSERT, UPDATE or DELETE stands in it.
pub fn sketch(text: &str, dialect: Dialect) -> Option<QueryShape> {
    let piece = pieces(text, dialect).into_iter().next()?;
    // What a statement about the schema holds is not run here.
    let defines = ["create", "alter", "drop", "grant", "revoke"];
    if piece.tokens.first().is_some_and(|token| token.is_any_word(&defines)) {
        return None;
    }
    let levelled = levels(&piece.tokens);
    let lowest = |words: &[&str]| {
        let found = levelled.iter().enumerate().filter(|(_, (_, token))| token.is_any_word(words));
        found
            .min_by_key(|(at, (level, _))| (*level, *at))
            .map(|(at, (level, token))| (at, *level, token.text))
    };
    let (verb_at, level, verb) = lowest(&["select", "insert", "replace", "update", "delete"])?;
    let mut shape = blank(verb);
    shape.sql = Some(text[piece.start()..piece.end()].to_owned());
    shape.filter.has_unknown = true;
    shape.order_known = false;
    let own: Vec<&Token<'_>> =
        levelled[verb_at..].iter().filter(|(other, _)| *other == level).map(|(_, token)| token).collect();
    let behind = |words: &[&str]| {
        let at = own.iter().position(|token| token.is_any_word(words))?;
        name(&piece.tokens, own[at], dialect)
    };
    let (operation, table) = match shape.method.as_str() {
        "select" => (Operation::ReadMany, behind(&["from"])),
        "update" => (Operation::UpdateMany, behind(&["update"])),
        "delete" => (Operation::DeleteMany, behind(&["from"])),
        _ => (Operation::Insert, behind(&["into"])),
    };
    shape.operation = operation;
    if operation == Operation::ReadMany {
        shape.limit = Bound::Unknown;
        shape.offset = Bound::Unknown;
    } else {
        shape.columns = Columns::Unknown;
    }
    let joins = piece.tokens.iter().filter(|token| token.is_word("join"));
    let joined: BTreeSet<String> = joins.filter_map(|join| name(&piece.tokens, join, dialect)).collect();
    shape.joined = joined.into_iter().filter(|joined| Some(joined) != table.as_ref()).collect();
    shape.table = table.map_or(TableRef::Unknown, TableRef::Known);
    Some(shape)
}

/// Each token with the number of brackets around it.
fn levels<'t>(tokens: &[Token<'t>]) -> Vec<(usize, Token<'t>)> {
    let mut level = 0_usize;
    let mut levelled = Vec::with_capacity(tokens.len());
    for token in tokens {
        if token.is(")") {
            level = level.saturating_sub(1);
        }
        levelled.push((level, *token));
        level += usize::from(token.is("("));
    }
    levelled
}

/// The table named directly behind a keyword.
fn name(tokens: &[Token<'_>], keyword: &Token<'_>, dialect: Dialect) -> Option<String> {
    let at = tokens.partition_point(|token| token.start <= keyword.start);
    let mut rest = tokens[at..].iter().skip_while(|token| token.is_any_word(&["only", "lateral"]));
    let mut parts = Vec::new();
    loop {
        let part = rest.next()?;
        if !matches!(part.kind, Kind::Word | Kind::Quoted) || is_marked(part.text) {
            return None;
        }
        parts.push(part.name(dialect));
        match rest.next() {
            Some(dot) if dot.is(".") => {}
            // A call is a function that returns rows.
            Some(bracket) if bracket.is("(") && !keyword.is_word("into") => return None,
            _ => return qualified(&parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Option<(String, Operation, Option<String>, Vec<String>)> {
        let shape = sketch(text, Dialect::Postgresql)?;
        Some((shape.method, shape.operation, shape.table.name().map(str::to_owned), shape.joined))
    }

    #[test]
    fn verb_and_tables_are_found_in_broken_text() {
        assert_eq!(
            seen("WITH x AS (SELECT 1 FROM y) UPDATE blog.\"Post\" SET !!! WHERE"),
            Some(("update".into(), Operation::UpdateMany, Some("blog.Post".into()), vec![]))
        );
        assert_eq!(
            seen("select (select 1 from inner_t) from Users u join \"Post\" p on on on"),
            Some(("select".into(), Operation::ReadMany, Some("users".into()), vec!["Post".into()]))
        );
        assert_eq!(
            seen("INSERT INTO t(a) VALUES $interpolation1 $interpolation2 ("),
            Some(("insert".into(), Operation::Insert, Some("t".into()), vec![]))
        );
        assert_eq!(
            seen("DELETE FROM $interpolation1"),
            Some(("delete".into(), Operation::DeleteMany, None, vec![]))
        );
        assert_eq!(seen("SELECT * FROM f(1) x"), Some(("select".into(), Operation::ReadMany, None, vec![])));
        assert_eq!(seen("hello world"), None);
        assert_eq!(seen(""), None);
    }
}
