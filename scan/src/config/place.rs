//! Lines and columns of a TOML text.

use toml::de::{DeTable, DeValue};

/// A table of the text and, where one is meant, its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At {
    pub handle: usize,
    pub call: Option<usize>,
    pub key: Option<&'static str>,
}

/// Line and column, from 1, of a byte of the text.
pub(super) fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(byte)];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Where the table or key stands; the beginning where the text has no such table.
pub(super) fn of(text: &str, at: &At) -> (usize, usize) {
    line_and_column(text, byte_of(text, at).unwrap_or(0))
}

fn byte_of(text: &str, at: &At) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let (mut table, mut byte) = element(document.get_ref(), "handles", at.handle)?;
    if let Some(call) = at.call {
        (table, byte) = element(table, "calls", call)?;
    }
    let key = at.key.and_then(|key| table.get_key_value(key));
    Some(key.map_or(byte, |(key, _)| key.span().start))
}

/// One table of a list of tables, and where it begins.
fn element<'a>(table: &'a DeTable<'a>, list: &str, number: usize) -> Option<(&'a DeTable<'a>, usize)> {
    let DeValue::Array(items) = table.get(list)?.get_ref() else { return None };
    let item = items.get(number)?;
    let DeValue::Table(inner) = item.get_ref() else { return None };
    Some((inner, item.span().start))
}
