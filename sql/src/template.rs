//! SQL built by a program: interpolations and placeholders, made fit for the parser.
//!
//! An interpolation may stand for a value (`WHERE id = ${id}`), or for a piece of SQL (`WHERE ${conditions}`, a
//! table's name, a list, a whole clause). It is first read as a value; where that does not parse, its neighbours say
//! what it must be: a name, a row, a subquery, or something that can be left out if the shape then says what became
//! unknown.

use std::fmt::Write as _;

use tuneup_model::Dialect;

use crate::lexer::{Kind, Token};

/// What stands for a template interpolation, followed by its number. Valid as a placeholder where a value may stand.
pub const INTERPOLATION: &str = "$interpolation";

/// The text of a template literal with every `${…}` replaced by a numbered marker. `quasis` are the literal parts.
pub fn from_template(quasis: &[&str]) -> String {
    let mut text = String::new();
    for (number, quasi) in quasis.iter().enumerate() {
        if number > 0 {
            // Side by side, two markers would read as the quotes of a dollar-quoted string.
            let gap =
                if text.ends_with(|c: char| c.is_alphanumeric()) && is_marked_end(&text) { " " } else { "" };
            let _ = write!(text, "{gap}{INTERPOLATION}{number}");
        }
        let glued = number > 0 && quasi.starts_with('$');
        text.push_str(if glued { " " } else { "" });
        text.push_str(quasi);
    }
    text
}

fn is_marked_end(text: &str) -> bool {
    text.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with(INTERPOLATION)
}

/// True where a name or string holds an interpolation.
pub(crate) fn is_marked(text: &str) -> bool {
    text.contains(INTERPOLATION)
}

/// What an interpolation that does not parse as a value is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Values,
    Fragments,
}

/// A statement ready for the parser, and what became unknown on the way.
#[derive(Debug, Default)]
pub(crate) struct Rewritten {
    pub(crate) text: String,
    /// A fragment that may hold conditions was left out.
    pub(crate) lost_filter: bool,
    /// A fragment that may hold ORDER BY, LIMIT or OFFSET was left out.
    pub(crate) lost_tail: bool,
}

/// Rewrites the placeholders of one statement of `text`.
pub(crate) fn rewrite(text: &str, tokens: &[Token<'_>], dialect: Dialect, reading: Reading) -> Rewritten {
    let mut out = Rewritten::default();
    let mut copied = tokens.first().map_or(0, |token| token.start);
    let mut clause = "";
    for (at, token) in tokens.iter().enumerate() {
        if let Some(word) = CLAUSES.iter().find(|word| token.is_word(word)) {
            clause = word;
        }
        let marker = is_marker(token);
        let is_placeholder = token.kind == Kind::Placeholder
            || (token.kind == Kind::Question
                && !at.checked_sub(1).is_some_and(|before| ends_operand(&tokens[before])));
        if !is_placeholder {
            continue;
        }
        out.text.push_str(&text[copied..token.start]);
        copied = token.end();
        let place =
            if marker && reading == Reading::Fragments { place(tokens, at, clause) } else { Place::Value };
        place.write(token, at, dialect, &mut out.text);
        if place == Place::Nothing {
            out.lost_tail = true;
            out.lost_filter |= !matches!(clause, "order" | "limit" | "offset");
        }
    }
    out.text.push_str(&text[copied..tokens.last().map_or(copied, Token::end)]);
    out
}

pub(crate) fn is_marker(token: &Token<'_>) -> bool {
    token.kind == Kind::Placeholder && token.text.starts_with(INTERPOLATION)
}

const CLAUSES: [&str; 14] = [
    "select",
    "from",
    "join",
    "where",
    "having",
    "on",
    "group",
    "order",
    "limit",
    "offset",
    "values",
    "set",
    "insert",
    "returning",
];

/// Words that an expression or a name follows; any other word ends an operand.
const BEFORE_OPERAND: [&str; 44] = [
    "all",
    "and",
    "any",
    "as",
    "between",
    "by",
    "case",
    "distinct",
    "else",
    "except",
    "exists",
    "fetch",
    "filter",
    "first",
    "from",
    "having",
    "ilike",
    "in",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "lateral",
    "like",
    "limit",
    "next",
    "not",
    "offset",
    "on",
    "only",
    "or",
    "returning",
    "select",
    "set",
    "some",
    "table",
    "then",
    "union",
    "update",
    "values",
    "when",
    "where",
];

/// Words that cannot begin an operand.
const AFTER_OPERAND: [&str; 24] = [
    "and",
    "or",
    "order",
    "group",
    "limit",
    "offset",
    "having",
    "union",
    "returning",
    "for",
    "is",
    "in",
    "like",
    "ilike",
    "between",
    "fetch",
    "except",
    "intersect",
    "as",
    "then",
    "else",
    "end",
    "when",
    "on",
];

fn ends_operand(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Word => !token.is_any_word(&BEFORE_OPERAND),
        Kind::Symbol => matches!(token.text, ")" | "]" | "*"),
        Kind::Question => false,
        Kind::Quoted | Kind::Text | Kind::Number | Kind::Placeholder => true,
    }
}

/// What stands where an interpolation stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Value,
    Name,
    /// `SET …`
    Assignment,
    /// `VALUES …`
    Rows,
    /// `IN …`
    List,
    /// `EXISTS (…)`, `FROM (…)`
    Query,
    Nothing,
}

impl Place {
    fn write(self, token: &Token<'_>, number: usize, dialect: Dialect, out: &mut String) {
        let name = |out: &mut String| {
            let quote = if dialect == Dialect::Mysql { '`' } else { '"' };
            out.extend([quote]);
            out.push_str(token.text);
            out.push(quote);
        };
        match self {
            Self::Value if matches!(dialect, Dialect::Mysql | Dialect::Sqlite) => out.push('?'),
            Self::Value => drop(write!(out, "${}", number + 1)),
            Self::Name => name(out),
            Self::Assignment => {
                name(out);
                out.push_str(" = NULL");
            }
            Self::Rows => out.push_str("(NULL), (NULL)"),
            Self::List => out.push_str("(NULL)"),
            Self::Query => out.push_str("SELECT NULL"),
            Self::Nothing => {}
        }
    }
}

fn place(tokens: &[Token<'_>], at: usize, clause: &str) -> Place {
    let before = |steps: usize| at.checked_sub(steps).map(|index| &tokens[index]);
    let Some(previous) = before(1) else { return Place::Nothing };
    let next = tokens.get(at + 1);
    let touches_dot = previous.is(".") || next.is_some_and(|token| token.is("."));
    if touches_dot || previous.is_any_word(&["from", "join", "into", "update", "table", "only", "as", "with"])
    {
        return Place::Name;
    }
    if previous.is_any_word(&["values", "value"]) {
        return Place::Rows;
    }
    if previous.is_word("in") {
        return Place::List;
    }
    let ends_item =
        next.is_none_or(|token| token.is(",") || token.is_any_word(&["where", "from", "returning"]));
    if previous.is_word("set") || (clause == "set" && previous.is(",") && ends_item) {
        return Place::Assignment;
    }
    if previous.is("(") && before(2).is_some_and(|token| token.is_any_word(&["from", "join", "exists", "as"]))
    {
        return Place::Query;
    }
    let opens_conflict = previous.is("(") && before(2).is_some_and(|token| token.is_word("conflict"));
    if opens_conflict || (clause == "insert" && (previous.is("(") || previous.is(","))) {
        return Place::Name;
    }
    let begins_next = next.is_some_and(|token| match token.kind {
        Kind::Word => !token.is_any_word(&AFTER_OPERAND),
        Kind::Quoted => true,
        _ => false,
    });
    let is_condition = previous.is_any_word(&["where", "and", "or", "on", "having"]);
    if ends_operand(previous) || (is_condition && begins_next) { Place::Nothing } else { Place::Value }
}
