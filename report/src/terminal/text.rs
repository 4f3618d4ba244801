//! Text as it stands on a terminal: columns, wrapping, and nothing that could move the cursor (see `crate::words`).

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::words::{clean, harmless};

const TAB: usize = 4;

/// Columns that `text` takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Breaks `text` at spaces into lines of at most `columns`, where its words allow it; at least one line.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in clean(text).split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if width(line) + 1 + width(word) <= columns {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// A source line as columns of a terminal.
pub(super) struct Columns {
    /// What is shown and where it starts: its offset in UTF-16 units and its terminal column.
    cells: Vec<Cell>,
    width: usize,
}

struct Cell {
    shown: char,
    unit: usize,
    column: usize,
}

/// The part of a [`Columns`] that fits.
pub(super) struct View {
    pub(super) text: String,
    left: usize,
    right: usize,
    lead: usize,
}

const CUT: &str = "...";

impl Columns {
    pub(super) fn new(line: &str) -> Self {
        let (mut unit, mut column) = (0, 0);
        let mut cells = Vec::new();
        for c in line.chars().filter(|c| !matches!(c, '\r' | '\n')) {
            if c == '\t' {
                let stop = (column / TAB + 1) * TAB;
                while column < stop {
                    cells.push(Cell { shown: ' ', unit, column });
                    column += 1;
                }
            } else {
                let shown = harmless(c);
                cells.push(Cell { shown, unit, column });
                column += shown.width().unwrap_or(0);
            }
            unit += c.len_utf16();
        }
        Self { cells, width: column }
    }

    /// Columns of white space before the first other character; none for a blank line.
    pub(super) fn indent(&self) -> Option<usize> {
        self.cells.iter().find(|cell| !cell.shown.is_whitespace()).map(|cell| cell.column)
    }

    /// Terminal column of the UTF-16 unit `unit`, counted from 0; the end of the line where there is no such unit.
    fn column(&self, unit: usize) -> usize {
        self.cells.iter().find(|cell| cell.unit >= unit).map_or(self.width, |cell| cell.column)
    }

    /// Drops the first `from` columns and cuts the rest to `room` columns so that the range of UTF-16 units stays in sight.
    pub(super) fn view(&self, from: usize, room: usize, start: usize, end: usize) -> View {
        if self.width.saturating_sub(from) <= room {
            return View { text: self.slice(from, self.width), left: from, right: self.width, lead: 0 };
        }
        let room = room.saturating_sub(2 * CUT.len()).max(1);
        let (start, end) = (self.column(start).max(from), self.column(end));
        // A third of the room stays before the mark; nothing is cut at the left where the mark fits anyway.
        let left = if end <= from + room { from } else { start.saturating_sub(room / 3).max(from) };
        let right = (left + room).min(self.width);
        let lead = if left > from { CUT } else { "" };
        let tail = if right < self.width { CUT } else { "" };
        View { text: format!("{lead}{}{tail}", self.slice(left, right)), left, right, lead: lead.len() }
    }

    /// Where a range of UTF-16 units stands in `view`: its first column, from 0, and its length, at least one.
    pub(super) fn place(&self, view: &View, start: usize, end: usize) -> (usize, usize) {
        let clip = |unit: usize| self.column(unit).clamp(view.left, view.right.max(view.left));
        let (first, last) = (clip(start), clip(end));
        (first - view.left + view.lead, last.saturating_sub(first).max(1))
    }

    fn slice(&self, left: usize, right: usize) -> String {
        let text: String = self
            .cells
            .iter()
            .filter(|cell| (left..right).contains(&cell.column))
            .map(|cell| cell.shown)
            .collect();
        text.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Columns, wrap};
    use crate::words::clean;

    fn marked(line: &str, room: usize, start: usize, end: usize) -> (String, String) {
        let columns = Columns::new(line);
        let view = columns.view(0, room, start, end);
        let (mark, length) = columns.place(&view, start, end);
        (view.text, " ".repeat(mark) + &"^".repeat(length))
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_mark_below_its_text() {
        assert_eq!(marked("\ta = b", 80, 5, 6), ("    a = b".into(), "        ^".into()));
        assert_eq!(marked("'日本' + b", 80, 7, 8), ("'日本' + b".into(), "         ^".into()));
        assert_eq!(marked("'😀' + b", 80, 7, 8), ("'😀' + b".into(), "       ^".into()));
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let line = format!("{}find(x){}", "a".repeat(100), "b".repeat(100));
        let (text, mark) = marked(&line, 40, 100, 107);
        assert_eq!(text, "...aaaaaaaaaaafind(x)bbbbbbbbbbbbbbbb...");
        assert_eq!(mark, "              ^^^^^^^");
        let (text, mark) = marked(&line, 40, 0, 207);
        assert_eq!(text.len(), 37);
        assert_eq!(mark.len(), 34);
    }

    #[test]
    fn a_mark_behind_the_line_is_one_column() {
        assert_eq!(marked("ab", 80, 9, 12), ("ab".into(), "  ^".into()));
        assert_eq!(marked("", 80, 0, 0), (String::new(), "^".into()));
    }

    #[test]
    fn nothing_in_a_text_steers_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\n\u{202e}c"), "a\u{fffd}[2Jb \u{fffd}c");
        assert_eq!(marked("a\u{1b}[2J", 80, 0, 1).0, "a\u{fffd}[2J");
    }

    #[test]
    fn wraps_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensibilities a", 7), ["incomprehensibilities", "a"]);
        assert_eq!(wrap("", 7), [""]);
    }
}
