//! Tokens of SQL text, tolerant of every dialect and of text that is no SQL at all.
//!
//! The parser proper is sqlparser's; this lexer serves what must work on text it refuses: splitting into statements,
//! measuring nesting before parsing, fingerprints, sketches and the rewriting of placeholders. It never fails: an
//! unclosed string or comment runs to the end. Whitespace and comments leave no token.

use tuneup_model::Dialect;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Keyword or unquoted name.
    Word,
    /// Name in `"` or `` ` ``.
    Quoted,
    /// String in any notation.
    Text,
    Number,
    /// `$1`, `$name`, `:name`, `:...name`, `@name`.
    Placeholder,
    /// A lone `?`: placeholder or JSON operator, by position.
    Question,
    /// Operator or punctuation.
    Symbol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind,
    pub(crate) text: &'t str,
    /// Byte offset in the text.
    pub(crate) start: usize,
}

impl Token<'_> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(crate) fn is(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub(crate) fn is_any_word(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }

    /// The name that a word or quoted token stands for; unquoted names fold as the dialect folds them.
    pub(crate) fn name(&self, dialect: Dialect) -> String {
        if self.kind == Kind::Quoted {
            let quote = &self.text[..1];
            let inner = self.text[1..].strip_suffix(quote).unwrap_or(&self.text[1..]);
            return inner.replace(&quote.repeat(2), quote);
        }
        fold(self.text, dialect)
    }
}

/// An unquoted name as the dialect stores it.
pub(crate) fn fold(name: &str, dialect: Dialect) -> String {
    if dialect == Dialect::Postgresql { name.to_lowercase() } else { name.to_owned() }
}

/// All tokens of the text.
pub(crate) fn tokens(text: &str, dialect: Dialect) -> Vec<Token<'_>> {
    stream(text, dialect).collect()
}

/// The same one by one, for a reader that may stop in between.
pub(crate) fn stream(text: &str, dialect: Dialect) -> impl Iterator<Item = Token<'_>> {
    let mut lexer = Lexer { text, at: 0, dialect };
    std::iter::from_fn(move || lexer.token())
}

const OPERATOR: &str = "+-*/<>=~!@#%^&|";
/// Longer runs of operator characters are cut; no operator in use is as long.
const MAX_OPERATOR: usize = 8;

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    dialect: Dialect,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at += rest.len() - trimmed.len();
            let is_hash_comment = self.dialect == Dialect::Mysql && trimmed.starts_with('#');
            if trimmed.starts_with("--") || is_hash_comment {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += block_comment(trimmed);
            } else {
                return;
            }
        }
    }

    fn token(&mut self) -> Option<Token<'t>> {
        self.skip_blank();
        let rest = self.rest();
        let first = rest.chars().next()?;
        let (kind, length) = match first {
            '\'' => (Kind::Text, quoted(rest, '\'', self.dialect == Dialect::Mysql)),
            '"' if self.dialect == Dialect::Mysql => (Kind::Text, quoted(rest, '"', true)),
            '"' | '`' => (Kind::Quoted, quoted(rest, first, false)),
            '$' => dollar(rest),
            ':' => colon(rest, self.text[..self.at].chars().next_back()),
            '@' if rest[1..].starts_with(is_name_start) => (Kind::Placeholder, 1 + name_length(&rest[1..])),
            '?' if rest.starts_with("?|") || rest.starts_with("?&") => (Kind::Symbol, 2),
            '?' => (Kind::Question, 1),
            _ if is_name_start(first) => self.word(rest),
            _ if first.is_ascii_digit() => (Kind::Number, number_length(rest)),
            _ if OPERATOR.contains(first) => (Kind::Symbol, operator_length(rest)),
            _ => (Kind::Symbol, first.len_utf8()),
        };
        let token = Token { kind, text: &rest[..length], start: self.at };
        self.at += length;
        Some(token)
    }

    /// A word, or the string that a one-letter prefix such as `E` begins.
    fn word(&self, rest: &str) -> (Kind, usize) {
        let length = name_length(rest);
        if length == 1 && rest[1..].starts_with('\'') && "eEbBxXnN".contains(&rest[..1]) {
            let escapes = self.dialect == Dialect::Mysql || rest.starts_with(['e', 'E']);
            return (Kind::Text, 1 + quoted(&rest[1..], '\'', escapes));
        }
        (Kind::Word, length)
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn name_length(rest: &str) -> usize {
    rest.find(|c| !is_name_part(c)).unwrap_or(rest.len())
}

/// Length of a comment that nests, as PostgreSQL's do.
fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Length of a quoted run; the quote doubled stands for itself.
fn quoted(rest: &str, quote: char, escapes: bool) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if escapes && character == '\\' {
            characters.next();
        } else if character == quote && characters.next_if(|&(_, next)| next == quote).is_none() {
            return at + 1;
        }
    }
    rest.len()
}

/// `$1`, `$name`, `$$…$$` or `$tag$…$tag$`.
fn dollar(rest: &str) -> (Kind, usize) {
    let tag = rest[1..].find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len() - 1);
    let opens = rest[1 + tag..].starts_with('$') && !rest[1..].starts_with(|c: char| c.is_ascii_digit());
    if opens {
        let fence = &rest[..tag + 2];
        let body = &rest[fence.len()..];
        return (Kind::Text, body.find(fence).map_or(rest.len(), |end| end + 2 * fence.len()));
    }
    if tag == 0 { (Kind::Symbol, 1) } else { (Kind::Placeholder, 1 + tag) }
}

fn colon(rest: &str, before: Option<char>) -> (Kind, usize) {
    if rest.starts_with("::") || rest.starts_with(":=") {
        return (Kind::Symbol, 2);
    }
    let name = rest[1..].strip_prefix("...").unwrap_or(&rest[1..]);
    // In `a[1:n]` the colon cuts a slice.
    if name.starts_with(is_name_start) && !before.is_some_and(|c| c.is_alphanumeric() || c == ']') {
        return (Kind::Placeholder, rest.len() - name.len() + name_length(name));
    }
    (Kind::Symbol, 1)
}

fn number_length(rest: &str) -> usize {
    let mut exponent = false;
    rest.find(|c: char| {
        let part = c.is_ascii_alphanumeric() || c == '.' || c == '_' || (exponent && (c == '+' || c == '-'));
        exponent = c == 'e' || c == 'E';
        !part
    })
    .unwrap_or(rest.len())
}

/// PostgreSQL's rule: an operator ends before a comment, and ends in `+` or `-` only with a special character in it.
fn operator_length(rest: &str) -> usize {
    let mut length = rest.chars().take(MAX_OPERATOR).take_while(|&c| OPERATOR.contains(c)).count();
    for comment in ["--", "/*"] {
        if let Some(at) = rest[..length].find(comment) {
            length = at.max(1);
        }
    }
    let special = rest[..length].contains(['~', '!', '@', '#', '%', '^', '&', '|']);
    while length > 1 && !special && rest[..length].ends_with(['+', '-', '*']) {
        length -= 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text, Dialect::Postgresql).iter().map(|token| token.text).collect()
    }

    #[test]
    fn operators_numbers_and_names_part() {
        assert_eq!(
            texts("a>=-1.5e-3 AND b->>'x'=$2"),
            ["a", ">=", "-", "1.5e-3", "AND", "b", "->>", "'x'", "=", "$2"]
        );
        assert_eq!(texts("id=? and j ?| k"), ["id", "=", "?", "and", "j", "?|", "k"]);
        assert_eq!(
            texts("a::int, :name, :...ids, x[1:n], @var"),
            ["a", "::", "int", ",", ":name", ",", ":...ids", ",", "x", "[", "1", ":", "n", "]", ",", "@var"]
        );
        assert_eq!(texts("count(*)*2"), ["count", "(", "*", ")", "*", "2"]);
    }

    #[test]
    fn strings_and_comments_close_where_they_should() {
        assert_eq!(
            texts("'it''s' \"a\"\"b\" E'\\'' $$x;'y$$ $t$ $$ $t$ /* a /* b */ c */ -- d\ne"),
            ["'it''s'", "\"a\"\"b\"", "E'\\''", "$$x;'y$$", "$t$ $$ $t$", "e"]
        );
        assert_eq!(texts("a 'open"), ["a", "'open"]);
        assert_eq!(texts("$open$ a $other$"), ["$open$ a $other$"]);
        let mysql = tokens("'a\\'b' # c", Dialect::Mysql);
        assert_eq!(mysql.len(), 1);
    }

    proptest! {
        #[test]
        fn tokens_are_in_order_and_inside_the_text(text in "[a-zE0-9$:?@'\"`/*\\-+.;()é\\\\ \n]{0,60}") {
            for dialect in [Dialect::Postgresql, Dialect::Mysql] {
                let mut end = 0;
                for token in tokens(&text, dialect) {
                    prop_assert!(token.start >= end && !token.text.is_empty());
                    prop_assert_eq!(&text[token.start..token.end()], token.text);
                    end = token.end();
                }
            }
        }
    }
}
