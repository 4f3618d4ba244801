//! Tokens of the Prisma schema language, each with its place.
//!
//! One pass over the text, no backtracking, so that hostile input costs linear time. Comments vanish; line ends stay,
//! because a field ends with its line.

/// A place in the text: line and column count from 1, columns in UTF-16 code units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The kind of a token; text is borrowed and, for strings, still escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    Word(&'t str),
    /// The text between the quotes, escapes as written.
    Text(&'t str),
    Number(&'t str),
    /// Any other visible character.
    Mark(char),
    LineEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    pub(super) start: Place,
    pub(super) end: Place,
}

/// Splits a schema into tokens; every text has a token list.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut scanner = Scanner { text, offset: 0, place: Place { line: 1, column: 1 } };
    let mut tokens = Vec::new();
    while let Some(token) = scanner.next_token() {
        tokens.push(token);
    }
    tokens
}

struct Scanner<'t> {
    text: &'t str,
    offset: usize,
    place: Place,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.offset..]
    }

    fn bump(&mut self, character: char) {
        self.offset += character.len_utf8();
        if character == '\n' {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else {
            self.place.column += character.len_utf16() as u32;
        }
    }

    /// Consumes characters while `wanted` and returns them.
    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|character| !wanted(character)).unwrap_or(rest.len());
        for character in rest[..length].chars() {
            self.bump(character);
        }
        &rest[..length]
    }

    fn next_token(&mut self) -> Option<Token<'t>> {
        loop {
            self.take_while(|character| {
                character != '\n' && (character.is_whitespace() || character == '\u{feff}')
            });
            if self.rest().starts_with("//") {
                self.take_while(|character| character != '\n');
            } else if self.rest().starts_with("/*") {
                self.block_comment();
            } else {
                break;
            }
        }
        let start = self.place;
        let first = self.rest().chars().next()?;
        let kind = match first {
            '\n' => {
                self.bump(first);
                return Some(Token { kind: Kind::LineEnd, start, end: start });
            }
            '"' => self.string(),
            _ if first.is_alphabetic() || first == '_' => Kind::Word(self.take_while(is_word)),
            _ if first.is_ascii_digit() => {
                Kind::Number(self.take_while(|character| character.is_ascii_digit() || character == '.'))
            }
            _ => {
                self.bump(first);
                Kind::Mark(first)
            }
        };
        Some(Token { kind, start, end: self.place })
    }

    fn block_comment(&mut self) {
        let rest = self.rest();
        // An unclosed comment runs to the end of the file.
        let length = rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
        for character in rest[..length].chars() {
            self.bump(character);
        }
    }

    /// A string ends at its quote, or, unclosed, at the end of its line.
    fn string(&mut self) -> Kind<'t> {
        self.bump('"');
        let rest = self.rest();
        let mut escaped = false;
        for (length, character) in rest.char_indices() {
            if character == '\n' {
                return Kind::Text(&rest[..length]);
            }
            self.bump(character);
            if character == '"' && !escaped {
                return Kind::Text(&rest[..length]);
            }
            escaped = character == '\\' && !escaped;
        }
        Kind::Text(rest)
    }
}

fn is_word(character: char) -> bool {
    // A hyphen is allowed inside names by the language.
    character.is_alphanumeric() || character == '_' || character == '-'
}

/// The value of a string token: its text with escapes replaced.
pub(super) fn unescaped(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    let mut value = String::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            value.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => value.push('\n'),
            Some('r') => value.push('\r'),
            Some('t') => value.push('\t'),
            Some(other) => value.push(other),
            None => {}
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind<'_>> {
        tokens(text).into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn comments_vanish_and_line_ends_stay() {
        assert_eq!(
            kinds("a /// doc\nb /* x\ny */ c"),
            [Kind::Word("a"), Kind::LineEnd, Kind::Word("b"), Kind::Word("c")]
        );
        assert_eq!(kinds("a /* never closed\nb"), [Kind::Word("a")]);
    }

    #[test]
    fn strings_keep_slashes_and_end_with_their_line() {
        assert_eq!(
            kinds(r#""http://x" "a\"b" "open"#),
            [Kind::Text("http://x"), Kind::Text(r#"a\"b"#), Kind::Text("open")]
        );
        assert_eq!(kinds("\"open\nb"), [Kind::Text("open"), Kind::LineEnd, Kind::Word("b")]);
        assert_eq!(unescaped(r#"a\"b\\n\n"#), "a\"b\\n\n");
    }

    #[test]
    fn columns_count_utf16_units() {
        let all = tokens("\"é😀\" x");
        assert_eq!(all[1].start, Place { line: 1, column: 7 });
        assert_eq!(all[1].end, Place { line: 1, column: 8 });
    }
}
