//! The terminal report: findings most important first, then how many there are and how much was understood.
//!
//! A finding reads from top to bottom as a colleague would say it: what is wrong and where, the path that leads there,
//! what it costs, what to do, how sure we are. Styles are always written; the caller strips them where no terminal listens.

mod frame;
mod style;
mod summary;
mod text;

use std::fmt::{self, Write as _};

use tuneup_model::{Evidence, Finding, ScanResult};

use frame::Frame;
use style::paint;
use text::wrap;

use crate::notes::{is_on_path, needs};
use crate::words::clean;

/// How to lay out a terminal report.
#[derive(Debug, Clone, Copy)]
pub struct TerminalOptions {
    /// Columns to wrap prose and cut source lines at.
    pub width: usize,
    /// The counts at the end.
    pub summary: Detail,
    /// The block that says how much of the program was understood.
    pub stats: Detail,
    /// All warnings, or the first few and the number of the rest.
    pub warnings: Detail,
}

/// Whether a part of a report is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    Brief,
    Full,
}

/// Renders `result` with styles as ANSI escape sequences.
pub fn terminal(result: &ScanResult, options: &TerminalOptions) -> String {
    let mut out = String::new();
    render(&mut out, result, options).expect("writing to a string cannot fail");
    out
}

fn render(out: &mut String, result: &ScanResult, options: &TerminalOptions) -> fmt::Result {
    for finding in &result.findings {
        write_finding(out, finding, options.width)?;
        out.push('\n');
    }
    summary::write_warnings(out, &result.warnings, options)?;
    if options.summary == Detail::Full {
        summary::write_counts(out, result)?;
    }
    if options.stats == Detail::Full {
        summary::write_stats(out, &result.stats)?;
    }
    Ok(())
}

fn write_finding(out: &mut String, finding: &Finding, width: usize) -> fmt::Result {
    let severity =
        paint(style::of_severity(finding.severity), format!("{}[{}]", finding.severity, finding.rule));
    writeln!(out, "{severity}{}", paint(style::MESSAGE, format!(": {}", clean(&finding.message))))?;
    let frame = Frame::new(finding);
    let location = &finding.location;
    let arrow = paint(style::FRAME, format!("{}-->", " ".repeat(frame.gutter())));
    writeln!(out, "{arrow} {}:{}:{}", clean(&location.file), location.line, location.column)?;
    if !finding.source.is_empty() {
        frame.render(out, width)?;
    }
    let mut notes = Notes { out, indent: frame.gutter(), width };
    notes.path(finding)?;
    if let Some(cost) = &finding.cost {
        notes.note("cost", &cost.to_string())?;
    }
    // The path already names the places it leads through.
    for evidence in frame.left_over.iter().filter(|evidence| !is_on_path(evidence, finding)) {
        notes.note("seen", &seen(evidence))?;
    }
    notes.note("help", &finding.help)?;
    if let Some(fix) = &finding.fix {
        notes.note("fix", &format!("{}{}", fix.title, needs(fix.safety)))?;
        if let Some(ddl) = &fix.ddl {
            notes.note("sql", ddl)?;
        }
    }
    notes.note("sure", &how_sure(finding))
}

fn seen(evidence: &Evidence) -> String {
    match &evidence.location {
        Some(location) => format!("{} ({}:{})", evidence.message, location.file, location.line),
        None => evidence.message.clone(),
    }
}

fn how_sure(finding: &Finding) -> String {
    if finding.doubts.is_empty() {
        finding.confidence.to_string()
    } else {
        format!("{}: {}", finding.confidence, finding.doubts.join("; "))
    }
}

/// The lines below a code frame: `= help: …`, wrapped under their heading.
struct Notes<'a> {
    out: &'a mut String,
    indent: usize,
    width: usize,
}

impl Notes<'_> {
    fn note(&mut self, heading: &str, text: &str) -> fmt::Result {
        let head = format!("{heading}:");
        let lead = self.indent + " = ".len() + "help: ".len();
        for (position, line) in wrap(text, self.width.saturating_sub(lead).max(20)).iter().enumerate() {
            if position == 0 {
                self.heading(&head)?;
                writeln!(self.out, "{line}")?;
            } else {
                writeln!(self.out, "{:lead$}{line}", "")?;
            }
        }
        Ok(())
    }

    fn heading(&mut self, head: &str) -> fmt::Result {
        let equals = paint(style::FRAME, "=");
        let heading = paint(style::HEADING, head);
        // The width of a format would count the escape sequences too.
        let pad = " ".repeat("help: ".len() - head.len());
        write!(self.out, "{:indent$} {equals} {heading}{pad}", "", indent = self.indent)
    }

    /// The calls from the entry point to the query, one on a line.
    fn path(&mut self, finding: &Finding) -> fmt::Result {
        for (position, step) in finding.call_path.iter().enumerate() {
            if position == 0 {
                self.heading("path:")?;
            } else {
                write!(self.out, "{:lead$}-> ", "", lead = self.indent + " = help: ".len())?;
            }
            let place = paint(style::PLACE, format!("{}:{}", clean(&step.file), step.line));
            match clean(&step.name) {
                name if name.is_empty() => writeln!(self.out, "{place}")?,
                name => writeln!(self.out, "{name} ({place})")?,
            }
        }
        Ok(())
    }
}
