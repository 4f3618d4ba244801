//! Words as reports write them: numbers with their noun, and text of the program that can steer nothing.
//!
//! Messages and source come from the user's program, which may hold escape sequences or direction marks; a report
//! shows them as a replacement character and is never steered by them.

/// `text` on one line, without control characters.
pub(crate) fn clean(text: &str) -> String {
    text.trim_end().chars().map(|c| if c.is_whitespace() { ' ' } else { harmless(c) }).collect()
}

pub(crate) fn harmless(c: char) -> char {
    // Direction marks reorder what stands beside them ("Trojan source").
    let direction = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if c.is_control() || direction { '\u{fffd}' } else { c }
}

/// `text` of at most `limit` characters, its end marked where it was cut.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// `1 file`, `1,234 files`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// `1,234,567`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{counted, cut, grouped};

    #[test]
    fn numbers_are_grouped_and_nouns_counted() {
        assert_eq!(
            (grouped(0), grouped(999), grouped(1_234_567)),
            ("0".into(), "999".into(), "1,234,567".into())
        );
        assert_eq!((counted(1, "file"), counted(1_000, "file")), ("1 file".into(), "1,000 files".into()));
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äö ü", 3), "äö…");
    }
}
