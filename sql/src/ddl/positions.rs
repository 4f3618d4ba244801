//! From the parser's places (line and character inside one statement) to places in the file.

use sqlparser::tokenizer::{self, Span};
use tuneup_model::Location;

/// The state of counting behind a character that is not ASCII.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    byte: usize,
    character: usize,
    unit: usize,
}

/// Converts places of one text; each conversion takes logarithmic time.
#[derive(Debug)]
pub(super) struct Positions<'t> {
    text: &'t str,
    /// Byte offset of each line.
    lines: Vec<usize>,
    /// One per character that is not ASCII, in order.
    marks: Vec<Mark>,
}

impl<'t> Positions<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut lines = vec![0];
        lines.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        let mut marks = vec![Mark::default()];
        let mut now = Mark::default();
        for character in text.chars() {
            now.byte += character.len_utf8();
            now.character += 1;
            now.unit += character.len_utf16();
            if !character.is_ascii() {
                marks.push(now);
            }
        }
        Self { text, lines, marks }
    }

    /// Line of a byte offset, from 1.
    pub(super) fn line(&self, byte: usize) -> usize {
        self.lines.partition_point(|&start| start <= byte)
    }

    /// Place of a span that was counted from byte `start`.
    pub(super) fn location(&self, path: &str, start: usize, span: Span) -> Location {
        let (line, column) = self.place(start, span.start);
        let (end_line, end_column) = self.place(start, span.end);
        Location { file: path.to_owned(), line, column, end_line, end_column }
    }

    fn place(&self, start: usize, place: tokenizer::Location) -> (u32, u32) {
        // An absent span counts from 0; it stands for the statement's first character.
        let (lines, column) = (place.line.max(1) as usize - 1, place.column.max(1) as usize - 1);
        let line = (self.line(start) + lines).clamp(1, self.lines.len());
        let line_start = self.lines[line - 1];
        let counted_from = if lines == 0 { start } else { line_start };
        let units = self.unit_of_character(self.character(counted_from) + column) - self.unit(line_start);
        (line as u32, units as u32 + 1)
    }

    fn mark(&self, is_before: impl Fn(&Mark) -> bool) -> Mark {
        self.marks[self.marks.partition_point(is_before) - 1]
    }

    fn character(&self, byte: usize) -> usize {
        let mark = self.mark(|mark| mark.byte <= byte);
        mark.character + byte.min(self.text.len()) - mark.byte
    }

    fn unit(&self, byte: usize) -> usize {
        let mark = self.mark(|mark| mark.byte <= byte);
        mark.unit + byte.min(self.text.len()) - mark.byte
    }

    fn unit_of_character(&self, character: usize) -> usize {
        let mark = self.mark(|mark| mark.character <= character);
        mark.unit + character - mark.character
    }
}
