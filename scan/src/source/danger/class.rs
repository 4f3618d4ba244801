//! What a byte is to the pre-scan, and which words leave a sentence open.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Space,
    Newline,
    Word,
    Quote,
    Tick,
    Slash,
    Open,
    Close,
    /// `;` and `,`: what follows is no deeper.
    End,
    Operator,
}

pub(super) const CLASS: [Class; 256] = {
    let mut table = [Class::Word; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | b'#' | b'\\' => Class::Word,
            b'\n' | b'\r' => Class::Newline,
            b'"' | b'\'' => Class::Quote,
            b'`' => Class::Tick,
            b'/' => Class::Slash,
            b'(' | b'[' | b'{' => Class::Open,
            b')' | b']' | b'}' => Class::Close,
            b';' | b',' => Class::End,
            0..=b' ' | 127 => Class::Space,
            _ => Class::Operator,
        };
        byte += 1;
    }
    table
};

/// Words after which an expression or statement must follow, even on the next line.
pub(super) fn awaits_operand(word: &[u8]) -> bool {
    matches!(
        word,
        b"as"
            | b"async"
            | b"await"
            | b"case"
            | b"delete"
            | b"do"
            | b"else"
            | b"extends"
            | b"in"
            | b"infer"
            | b"instanceof"
            | b"is"
            | b"keyof"
            | b"new"
            | b"of"
            | b"readonly"
            | b"return"
            | b"satisfies"
            | b"throw"
            | b"typeof"
            | b"unique"
            | b"void"
            | b"yield"
    )
}
