//! The result as a Markdown table, with the conditions it was taken under.

use std::fmt;
use std::thread::available_parallelism;
use std::time::Duration;

use super::ScanReport;
use super::measure::Sample;
use super::oxlint::Summary;

/// How much slower than oxlint's wall time, and than the time it reports itself, tuneup may be.
const MOST_OF_WALL: f64 = 3.0;
const MOST_OF_REPORTED: f64 = 10.0;

/// All runs of one program.
#[derive(Debug)]
struct Arm {
    /// Name and version.
    name: String,
    files: u64,
    samples: Vec<Sample>,
    /// Times that the program itself says it took.
    reported: Vec<Duration>,
}

#[derive(Debug)]
pub(super) struct Table {
    tuneup: Arm,
    oxlint: Arm,
    lines: u64,
    findings: usize,
}

impl Arm {
    fn new(name: String) -> Self {
        Self { name, files: 0, samples: Vec::new(), reported: Vec::new() }
    }

    fn add(&mut self, sample: Sample, reported: Duration, files: u64) {
        self.samples.push(sample);
        self.reported.push(reported);
        self.files = files;
    }

    /// Median in milliseconds.
    fn wall(&self) -> f64 {
        median(self.samples.iter().map(|sample| sample.wall))
    }

    /// Median in milliseconds.
    fn reported(&self) -> f64 {
        median(self.reported.iter().copied())
    }

    fn row(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let walls = || self.samples.iter().map(|sample| sample.wall.as_millis());
        let (least, most) = (walls().min().unwrap_or(0), walls().max().unwrap_or(0));
        let peak = self.samples.iter().map(|sample| sample.peak_bytes).max().unwrap_or(0);
        writeln!(
            f,
            "| {} | {} | {:.0} ms | {least}–{most} ms | {:.0} ms | {:.0} MB | {:.3} ms |",
            self.name,
            self.files,
            self.wall(),
            self.reported(),
            peak as f64 / 1e6,
            self.wall() / self.files.max(1) as f64
        )
    }
}

pub(super) fn median(times: impl Iterator<Item = Duration>) -> f64 {
    let mut values: Vec<f64> = times.map(|time| time.as_secs_f64() * 1e3).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

impl Table {
    /// An empty table of these two programs.
    pub(super) fn new(tuneup: String, oxlint: String) -> Self {
        Self { tuneup: Arm::new(tuneup), oxlint: Arm::new(oxlint), lines: 0, findings: 0 }
    }

    /// Adds one run of each.
    pub(super) fn add(&mut self, scan: Sample, report: &ScanReport, lint: Sample, summary: &Summary) {
        self.tuneup.add(scan, Duration::from_secs_f64(report.stats.seconds), report.stats.files);
        self.oxlint.add(lint, summary.time, summary.files);
        self.lines = report.stats.lines;
        self.findings = report.findings.len();
    }

    /// One line: how the numbers were taken.
    pub(super) fn conditions(&self, threads: usize) -> String {
        let cores = available_parallelism().map_or(0, usize::from);
        format!(
            "{} interleaved cold processes of each, {threads} threads on {cores} cores, {}-{}; medians, peak memory is the largest.\n",
            self.tuneup.samples.len(),
            std::env::consts::OS,
            std::env::consts::ARCH
        )
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| program | files | wall | least–most | says itself | peak memory | wall per file |")?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|---:|")?;
        self.tuneup.row(f)?;
        self.oxlint.row(f)?;
        let wall = self.tuneup.wall();
        writeln!(f)?;
        writeln!(f, "| tuneup's wall time as a multiple of | is | goal |")?;
        writeln!(f, "|---|---:|---:|")?;
        writeln!(f, "| oxlint's wall time | {:.2} | ≤ {MOST_OF_WALL} |", wall / self.oxlint.wall())?;
        writeln!(
            f,
            "| the time oxlint reports | {:.2} | ≤ {MOST_OF_REPORTED} |",
            wall / self.oxlint.reported()
        )?;
        writeln!(f)?;
        write!(f, "{} lines, {} findings.", self.lines, self.findings)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ScanStats;
    use super::*;

    #[test]
    fn medians_and_multiples() {
        let mut table = Table::new("tuneup 1".to_owned(), "oxlint 2".to_owned());
        for (scan, lint) in [(300, 100), (100, 80), (200, 90), (260, 70)] {
            let stats = ScanStats { files: 10, lines: 500, seconds: 0.05 };
            let summary = Summary { time: Duration::from_millis(lint / 2), files: 9 };
            table.add(sample(scan), &ScanReport { stats, findings: Vec::new() }, sample(lint), &summary);
        }
        let text = table.to_string();
        for line in [
            "| tuneup 1 | 10 | 230 ms | 100–300 ms | 50 ms | 300 MB | 23.000 ms |",
            "| oxlint 2 | 9 | 85 ms | 70–100 ms | 42 ms | 100 MB | 9.444 ms |",
            "| oxlint's wall time | 2.71 | ≤ 3 |",
            "| the time oxlint reports | 5.41 | ≤ 10 |",
            "500 lines, 0 findings.",
        ] {
            assert!(text.lines().any(|shown| shown == line), "no `{line}` in\n{text}");
        }
    }

    fn sample(wall: u64) -> Sample {
        Sample { wall: Duration::from_millis(wall), peak_bytes: wall * 1_000_000 }
    }
}
