//! From text to sqlparser's tree, without a way to exhaust the stack.
//!
//! The parser bounds its own recursion, but long chains (`a AND a AND …`) and set operations grow trees as deep as
//! they are long, and dropping or walking such a tree recurses. So depth is bounded on tokens, before a tree exists.

use sqlparser::ast::Statement;
use sqlparser::dialect::{self as grammar, GenericDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use tuneup_model::Dialect;

use crate::SqlError;
use crate::lexer::{Kind, Token};

/// Brackets inside brackets.
const MAX_BRACKETS: usize = 40;
/// Operators and keywords in a row without a comma between them, over all enclosing brackets.
const MAX_CHAIN: usize = 600;
/// UNION, EXCEPT and INTERSECT in one statement.
const MAX_SET_OPERATIONS: usize = 200;
/// Handed to the parser; above what `MAX_BRACKETS` of subqueries need.
const RECURSION: usize = 160;

fn grammar_of(dialect: Dialect) -> &'static dyn grammar::Dialect {
    match dialect {
        Dialect::Postgresql => &PostgreSqlDialect {},
        Dialect::Mysql => &MySqlDialect {},
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::Other => &GenericDialect {},
    }
}

/// Parses one or more statements; `tokens` are those of `text`.
pub(crate) fn parse(text: &str, tokens: &[Token<'_>], dialect: Dialect) -> Result<Vec<Statement>, SqlError> {
    check_depth(tokens)?;
    let parsed = Parser::new(grammar_of(dialect))
        .with_recursion_limit(RECURSION)
        .try_with_sql(text)
        .and_then(|mut parser| parser.parse_statements());
    parsed.map_err(|error| match error {
        ParserError::RecursionLimitExceeded => SqlError::TooDeep,
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => SqlError::Syntax(message),
    })
}

fn check_depth(tokens: &[Token<'_>]) -> Result<(), SqlError> {
    let mut chains = vec![0_usize];
    let (mut total, mut set_operations) = (0_usize, 0_usize);
    for token in tokens {
        if token.is_any_word(&["union", "except", "intersect"]) {
            set_operations += 1;
        }
        match (token.kind, token.text) {
            (Kind::Symbol, "(" | "[" | "{") => chains.push(0),
            (Kind::Symbol, ")" | "]" | "}") if chains.len() > 1 => {
                total -= chains.pop().unwrap_or_default();
                // `int[][][]…` nests without brackets inside brackets.
                total += 1;
                *chains.last_mut().expect("the outermost chain stays") += 1;
            }
            (Kind::Symbol, "," | ";") => {
                let chain = chains.last_mut().expect("the outermost chain stays");
                total -= std::mem::take(chain);
            }
            (Kind::Symbol | Kind::Word | Kind::Question, _) if token.text != "." => {
                total += 1;
                *chains.last_mut().expect("the outermost chain stays") += 1;
            }
            _ => {}
        }
        if chains.len() > MAX_BRACKETS || total > MAX_CHAIN || set_operations > MAX_SET_OPERATIONS {
            return Err(SqlError::TooDeep);
        }
    }
    Ok(())
}
