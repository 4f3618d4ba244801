//! One text for all statements of the same form.

use tuneup_model::Dialect;

use crate::lexer::{Kind, Token, tokens};

/// The statement with values replaced by `?`, lists of values by one, words in lower case and one form of whitespace.
///
/// Statements that differ only in values, placeholders, length of lists, comments or layout have the same
/// fingerprint. Works on any text; quoted names keep their case.
pub fn fingerprint(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for token in tokens(text, Dialect::Other) {
        push(&mut parts, &token);
    }
    while parts.last().is_some_and(|part| part == ";") {
        parts.pop();
    }
    join(&parts)
}

fn push(parts: &mut Vec<String>, token: &Token<'_>) {
    let part = match token.kind {
        Kind::Text | Kind::Number | Kind::Placeholder | Kind::Question => "?".to_owned(),
        Kind::Word => token.text.to_lowercase(),
        Kind::Quoted | Kind::Symbol => token.text.to_owned(),
    };
    if part == "?" {
        while ends_with_sign(parts) {
            parts.pop();
        }
        // `?, ?` in a list of values is one value.
        if let [.., value, comma] = &parts[..]
            && value == "?"
            && comma == ","
        {
            parts.pop();
            return;
        }
    }
    let closes_row = part == ")";
    parts.push(part);
    // `(?), (?)` is one row.
    if closes_row
        && let [.., a, b, c, comma, d, e, f] = &parts[..]
        && [a, b, c, comma, d, e, f] == ["(", "?", ")", ",", "(", "?", ")"]
    {
        parts.truncate(parts.len() - 4);
    }
}

/// True for a `-` or `+` that belongs to the value behind it, not to one before.
fn ends_with_sign(parts: &[String]) -> bool {
    let is_last = parts.last().is_some_and(|last| last == "-" || last == "+");
    is_last && parts.len().checked_sub(2).is_none_or(|before| !ends_operand(&parts[before]))
}

fn ends_operand(part: &str) -> bool {
    matches!(part, "?" | ")" | "]")
        || part.starts_with(|c: char| matches!(c, '"' | '`' | '_') || c.is_alphabetic())
}

fn join(parts: &[String]) -> String {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 && !is_tight(parts, at) {
            text.push(' ');
        }
        text.push_str(part);
    }
    text
}

/// True where no space goes before a part. Dots and casts bind only to an operand: elsewhere they could run together
/// with what stands before into another token.
fn is_tight(parts: &[String], at: usize) -> bool {
    let binds =
        |at: usize| matches!(parts[at].as_str(), "." | "::") && at > 0 && ends_operand(&parts[at - 1]);
    let (before, part) = (parts[at - 1].as_str(), parts[at].as_str());
    matches!(before, "(" | "[")
        || matches!(part, ")" | "]" | "," | ";" | "[")
        || binds(at)
        || binds(at - 1)
        || (part == "(" && is_call(before))
}

/// Names are called without a space, keywords are followed by one.
fn is_call(before: &str) -> bool {
    const KEYWORDS: [&str; 12] =
        ["and", "any", "as", "by", "exists", "from", "in", "not", "on", "or", "values", "where"];
    before.starts_with(|c: char| c.is_alphabetic() || c == '_') && !KEYWORDS.contains(&before)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_lists_and_layout_do_not_matter() {
        let one = "select * from \"Post\" where id in (?) and a = ? and lower(b) = ? limit ?";
        for text in [
            "SELECT * FROM \"Post\" WHERE id IN ($1,$2, $3) AND a = -1 AND lower(b)='x' LIMIT 10;",
            "select *\n from \"Post\" -- all\nwhere id in (1) and a=? and LOWER(b) = :name limit $9",
        ] {
            assert_eq!(fingerprint(text), one);
        }
        assert_eq!(
            fingerprint("INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'), (3, 'z')"),
            "insert into t(a, b) values (?)"
        );
        assert_eq!(fingerprint("SELECT a.b::int, c[1], d - 1"), "select a.b::int, c[?], d - ?");
    }

    #[test]
    fn names_and_operators_do_matter() {
        assert_ne!(fingerprint("select \"a\" from t"), fingerprint("select \"A\" from t"));
        assert_ne!(fingerprint("select a from t where b > 1"), fingerprint("select a from t where b < 1"));
    }

    proptest! {
        #[test]
        fn any_text_has_a_fingerprint_that_is_its_own(text in "[a-z0-9$?'\"(),.;=<+\\- \n]{0,60}") {
            let once = fingerprint(&text);
            prop_assert_eq!(fingerprint(&once.clone()), once);
        }
    }
}
