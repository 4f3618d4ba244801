//! Every style of the terminal report, by what it marks. Code names a label, never a colour.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};
use tuneup_model::Severity;

pub(super) const HIGH: Style = AnsiColor::BrightRed.on_default().bold();
pub(super) const MEDIUM: Style = AnsiColor::BrightYellow.on_default().bold();
pub(super) const LOW: Style = AnsiColor::BrightCyan.on_default().bold();
/// The message of a finding, totals.
pub(super) const MESSAGE: Style = Style::new().bold();
/// Line numbers and the frame around code.
pub(super) const FRAME: Style = AnsiColor::BrightBlue.on_default().bold();
/// The underline of what the finding is about has its severity's style; that of evidence has this one.
pub(super) const EVIDENCE: Style = AnsiColor::BrightBlue.on_default();
/// `help`, `cost` and the like.
pub(super) const HEADING: Style = Style::new().bold();
/// Places in files beside a name.
pub(super) const PLACE: Style = Style::new().dimmed();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();

pub(super) fn of_severity(severity: Severity) -> Style {
    match severity {
        Severity::High => HIGH,
        Severity::Medium => MEDIUM,
        Severity::Low => LOW,
    }
}

/// `text` in `style`.
pub(super) fn paint<T: Display>(style: Style, text: T) -> Painted<T> {
    Painted { style, text }
}

pub(super) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.style, self.text, self.style.render_reset())
    }
}
