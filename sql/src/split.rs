//! Splits a file of SQL into statements, minding strings, dollar quotes, comments and COPY data.

use tuneup_model::Dialect;

use crate::lexer::{Token, stream};

/// One statement: its tokens, without the semicolon. Offsets are those of the whole text.
#[derive(Debug)]
pub(crate) struct Piece<'t> {
    pub(crate) tokens: Vec<Token<'t>>,
}

impl Piece<'_> {
    pub(crate) fn start(&self) -> usize {
        self.tokens.first().map_or(0, |token| token.start)
    }

    pub(crate) fn end(&self) -> usize {
        self.tokens.last().map_or(0, Token::end)
    }
}

/// The statements of a text that are not empty.
pub(crate) fn pieces(text: &str, dialect: Dialect) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < text.len() {
        start = pieces_before_data(text, start, dialect, &mut pieces);
    }
    pieces
}

/// Splits from `start` up to the end or the data of a COPY, and returns where the text goes on.
fn pieces_before_data<'t>(
    text: &'t str,
    start: usize,
    dialect: Dialect,
    pieces: &mut Vec<Piece<'t>>,
) -> usize {
    let mut current: Vec<Token<'t>> = Vec::new();
    for mut token in stream(&text[start..], dialect) {
        token.start += start;
        if !token.is(";") {
            current.push(token);
            continue;
        }
        let is_followed_by_data = is_copy_from_stdin(&current);
        if !current.is_empty() {
            pieces.push(Piece { tokens: std::mem::take(&mut current) });
        }
        if is_followed_by_data {
            return text[token.end()..].find("\n\\.").map_or(text.len(), |at| token.end() + at + 3);
        }
    }
    if !current.is_empty() {
        pieces.push(Piece { tokens: current });
    }
    text.len()
}

fn is_copy_from_stdin(statement: &[Token<'_>]) -> bool {
    statement.first().is_some_and(|token| token.is_word("copy"))
        && statement.windows(2).any(|pair| pair[0].is_word("from") && pair[1].is_word("stdin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_in_strings_bodies_and_data_do_not_split() {
        let text = "CREATE TABLE a (b text DEFAULT ';');; DO $$ begin; end $$;
-- no; statement
COPY a (b) FROM stdin;
it's; data
\\.
SELECT 1";
        let split = pieces(text, Dialect::Postgresql);
        let texts: Vec<_> = split.iter().map(|piece| &text[piece.start()..piece.end()]).collect();
        assert_eq!(
            texts,
            [
                "CREATE TABLE a (b text DEFAULT ';')",
                "DO $$ begin; end $$",
                "COPY a (b) FROM stdin",
                "SELECT 1"
            ]
        );
    }
}
