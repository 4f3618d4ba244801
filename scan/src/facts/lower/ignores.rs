//! `// tuneup-ignore rule-id: reason` in comments of a source file.

use oxc_ast::ast;

use crate::facts::Ignore;

/// What the comments of a file tell us to leave out, and where.
pub(super) fn of(text: &str, comments: &[ast::Comment]) -> Vec<Ignore> {
    let mut found = Vec::new();
    for (index, comment) in comments.iter().enumerate() {
        let inside = comment.content_span();
        let words = &text[inside.start as usize..inside.end as usize];
        let Some(mut ignore) = Ignore::parse(words) else { continue };
        let (start, end) = (comment.span.start as usize, comment.span.end as usize);
        ignore.line = line_of(text, start);
        // Behind code it is about that line, else about the next line with code.
        let before = text[..start].rsplit('\n').next().unwrap_or_default();
        ignore.applies_to = if before.trim().trim_start_matches('{').is_empty() {
            line_of(text, next_token(text, end, &comments[index + 1..]))
        } else {
            ignore.line
        };
        found.push(ignore);
    }
    found
}

/// Where the text goes on behind white space, the brace that closes a JSX comment, and further comments.
fn next_token(text: &str, from: usize, later: &[ast::Comment]) -> usize {
    let mut at = from;
    let mut later = later.iter();
    loop {
        let rest = text[at..].trim_start_matches(|it: char| it.is_whitespace() || it == '}');
        at = text.len() - rest.len();
        match later.next() {
            Some(comment) if comment.span.start as usize == at => at = comment.span.end as usize,
            _ => return at,
        }
    }
}

fn line_of(text: &str, at: usize) -> u32 {
    1 + text[..at].bytes().filter(|byte| *byte == b'\n').count() as u32
}
