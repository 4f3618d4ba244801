//! Text of the program inside a block of HTML.

use crate::words::clean;

/// `text` on one line, as text or as an attribute in double quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// A sentence in which backticks stand around code.
pub(super) fn prose(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    let mut out = String::new();
    for (position, piece) in pieces.iter().enumerate() {
        let is_last = position + 1 == pieces.len();
        if position % 2 == 0 {
            out.push_str(&spoken(piece));
        } else if is_last {
            // A backtick without its pair is a character.
            out.push('`');
            out.push_str(&spoken(piece));
        } else if !piece.is_empty() {
            out.push_str("<code>");
            out.push_str(&escaped(piece));
            out.push_str("</code>");
        }
    }
    out
}

/// Outside code, hosts take `@name` for a person to be told and `#1` for an issue: such words become code.
fn spoken(piece: &str) -> String {
    let words: Vec<String> = piece
        .split(char::is_whitespace)
        .map(|word| match escaped(word) {
            plain if !word.contains(['@', '#']) => plain,
            calling => format!("<code>{calling}</code>"),
        })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{escaped, prose};

    #[test]
    fn markup_is_text() {
        assert_eq!(escaped("a<b>&\"'\n\u{1b}"), "a&lt;b&gt;&amp;&quot;&#39; \u{fffd}");
    }

    #[test]
    fn code_stands_between_backticks() {
        assert_eq!(prose("`a<b>` runs `c`"), "<code>a&lt;b&gt;</code> runs <code>c</code>");
        assert_eq!(prose("an odd ` one"), "an odd ` one");
        assert_eq!(prose("``x``"), "x");
    }

    #[test]
    fn nobody_is_called_and_no_issue_is_named() {
        assert_eq!(
            prose("tell @octocat of #12 `@Get()`"),
            "tell <code>@octocat</code> of <code>#12</code> <code>@Get()</code>"
        );
    }
}
