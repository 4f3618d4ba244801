//! The code frame: source lines with what the finding is about underlined, and evidence nearby underlined too.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::Style;
use tuneup_model::{Evidence, Finding, Location};

use super::style::{self, paint};
use super::text::{Columns, width};
use crate::words::clean;

/// Evidence further away than this many lines stands in a list instead.
const NEAR: u32 = 10;

/// A frame and the evidence that did not find room in it.
pub(super) struct Frame<'a> {
    lines: BTreeMap<u32, Line<'a>>,
    finding: &'a Finding,
    pub(super) left_over: Vec<&'a Evidence>,
}

struct Line<'a> {
    text: &'a str,
    marks: Vec<Mark>,
}

struct Mark {
    /// UTF-16 units from 0.
    start: usize,
    end: usize,
    underline: char,
    style: Style,
    label: String,
}

impl<'a> Frame<'a> {
    pub(super) fn new(finding: &'a Finding) -> Self {
        let mut frame = Self { lines: BTreeMap::new(), finding, left_over: Vec::new() };
        frame.mark_finding();
        for evidence in &finding.evidence {
            if !frame.place(evidence) {
                frame.left_over.push(evidence);
            }
        }
        frame
    }

    /// Columns that line numbers take.
    pub(super) fn gutter(&self) -> usize {
        self.lines.keys().next_back().map_or(1, |line| line.to_string().len())
    }

    fn mark_finding(&mut self) {
        let Finding { location, source, severity, .. } = self.finding;
        let Some(text) = source.first() else { return };
        let (start, end) = units(location);
        let mark =
            Mark { start, end, underline: '^', style: style::of_severity(*severity), label: String::new() };
        self.lines.insert(location.line, Line { text, marks: vec![mark] });
    }

    /// Puts `evidence` into the frame; false where it does not belong there.
    fn place(&mut self, evidence: &'a Evidence) -> bool {
        let (Some(location), Some(text)) = (&evidence.location, evidence.source.first()) else {
            return false;
        };
        let here = &self.finding.location;
        if self.lines.is_empty() || location.file != here.file || location.line.abs_diff(here.line) > NEAR {
            return false;
        }
        let (start, end) = units(location);
        let line = self.lines.entry(location.line).or_insert(Line { text, marks: Vec::new() });
        let label = clean(&evidence.message);
        match line
            .marks
            .iter_mut()
            .find(|mark| (mark.start, mark.end) == (start, end) && mark.label.is_empty())
        {
            Some(same) => same.label = label,
            None => line.marks.push(Mark { start, end, underline: '-', style: style::EVIDENCE, label }),
        }
        true
    }

    pub(super) fn render(&self, out: &mut String, columns: usize) -> std::fmt::Result {
        let gutter = self.gutter();
        let pad = " ".repeat(gutter);
        let bar = paint(style::FRAME, "|");
        let room = columns.saturating_sub(gutter + 3).max(20);
        let shown: Vec<(u32, Columns, &Line)> =
            self.lines.iter().map(|(number, line)| (*number, Columns::new(line.text), line)).collect();
        let dedent = shown.iter().filter_map(|(_, columns, _)| columns.indent()).min().unwrap_or(0);
        writeln!(out, "{pad} {bar}")?;
        let mut previous = None;
        for (number, columns, line) in &shown {
            if previous.is_some_and(|previous| previous + 1 < *number) {
                writeln!(out, "{}", paint(style::FRAME, "..."))?;
            }
            previous = Some(*number);
            let main = &line.marks[0];
            let view = columns.view(dedent, room, main.start, main.end);
            let number = paint(style::FRAME, format!("{number:>gutter$}"));
            writeln!(out, "{}", format!("{number} {bar} {}", view.text).trim_end())?;
            for mark in &line.marks {
                let (first, length) = columns.place(&view, mark.start, mark.end);
                write!(out, "{pad} {bar} {}", " ".repeat(first))?;
                let underline = mark.underline.to_string().repeat(length);
                write_mark(out, mark, &underline, room.saturating_sub(first))?;
            }
        }
        Ok(())
    }
}

fn write_mark(out: &mut String, mark: &Mark, underline: &str, room: usize) -> std::fmt::Result {
    if mark.label.is_empty() {
        return writeln!(out, "{}", paint(mark.style, underline));
    }
    // A label that does not fit beside a long underline is worth more than the underline's length.
    let free = room.saturating_sub(width(&mark.label) + 1).max(1);
    let underline: String = underline.chars().take(free).collect();
    writeln!(out, "{}", paint(mark.style, format!("{underline} {}", mark.label)))
}

/// The range on the first line of `location`, in UTF-16 units from 0.
fn units(location: &Location) -> (usize, usize) {
    let start = location.column.saturating_sub(1) as usize;
    let end = if location.end_line == location.line {
        location.end_column.saturating_sub(1) as usize
    } else {
        usize::MAX
    };
    (start, end)
}
