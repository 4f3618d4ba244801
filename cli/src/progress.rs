//! One line on standard error that says what is being done, while it takes long enough to wonder.

use std::io::{IsTerminal as _, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tuneup_scan::Progress;

use crate::args::GlobalArgs;

/// Shorter runs show nothing: a line that flashes up is noise.
const PATIENCE: Duration = Duration::from_millis(300);

/// The line, or nothing where nobody watches.
pub(crate) struct ProgressLine {
    bar: ProgressBar,
    started: Instant,
}

impl ProgressLine {
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        let watched = stderr().is_terminal() && !global.quiet;
        let target = if watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("the template is well formed"));
        Self { bar, started: Instant::now() }
    }

    pub(crate) fn show(&self, progress: Progress) {
        if self.bar.is_hidden() || self.started.elapsed() < PATIENCE {
            return;
        }
        self.bar.set_message(match progress {
            Progress::Listing => "listing files".to_owned(),
            Progress::Reading { done, total } => format!("reading {done} of {total} files"),
            Progress::Linking => "linking calls across files".to_owned(),
            Progress::Rules => "asking the rules".to_owned(),
        });
        self.bar.tick();
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
