//! The end of the terminal report: warnings, counts by severity and rule, and how much was understood.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use tuneup_model::{ScanResult, ScanStats, Severity, Since, Warning};

use super::style::{self, paint};
use super::{Detail, TerminalOptions};
use crate::words::{clean, counted, grouped};

/// Warnings shown before the rest is counted.
const BRIEF_WARNINGS: usize = 5;

pub(super) fn write_warnings(
    out: &mut String,
    warnings: &[Warning],
    options: &TerminalOptions,
) -> fmt::Result {
    let shown =
        if options.warnings == Detail::Full { warnings.len() } else { BRIEF_WARNINGS.min(warnings.len()) };
    let heading = paint(style::WARNING, "warning");
    for warning in &warnings[..shown] {
        let place =
            if warning.file.is_empty() { String::new() } else { format!("{}: ", clean(&warning.file)) };
        writeln!(out, "{heading}: {place}{}", clean(&warning.message))?;
    }
    if shown < warnings.len() {
        let rest = warnings.len() - shown;
        writeln!(out, "{heading}: {} more, shown with --verbose", counted(rest, "warning"))?;
    }
    if !warnings.is_empty() {
        out.push('\n');
    }
    Ok(())
}

pub(super) fn write_counts(out: &mut String, result: &ScanResult) -> fmt::Result {
    let stats = &result.stats;
    write_totals(out, result)?;
    write_rules(out, result)?;
    if let Some(since) = &result.since {
        write_since(out, since)?;
    }
    if stats.candidates > 0 {
        let verb = if stats.candidates == 1 { "is" } else { "are" };
        let hidden = counted(stats.candidates, "candidate");
        writeln!(
            out,
            "{hidden} {verb} hidden because a part of the evidence is missing: --candidates shows them"
        )?;
    }
    if stats.ignored > 0 {
        writeln!(out, "{} left out by `tuneup-ignore` comments", counted(stats.ignored, "finding"))?;
    }
    let (files, lines) = (counted(stats.files, "file"), counted(stats.lines, "line"));
    writeln!(out, "Scanned {files}, {lines} in {:.2} s", stats.seconds)
}

fn write_totals(out: &mut String, result: &ScanResult) -> fmt::Result {
    let total = match result.findings.len() {
        0 => "No findings".to_owned(),
        number => counted(number, "finding"),
    };
    write!(out, "{}", paint(style::MESSAGE, total))?;
    let mut lead = ": ";
    for severity in [Severity::High, Severity::Medium, Severity::Low] {
        let number = result.findings.iter().filter(|finding| finding.severity == severity).count();
        if number > 0 {
            let label = paint(style::of_severity(severity), format!("{} {severity}", grouped(number)));
            write!(out, "{lead}{label}")?;
            lead = ", ";
        }
    }
    writeln!(out)
}

/// Fixed findings listed before the rest is counted.
const BRIEF_FIXED: usize = 10;

fn write_since(out: &mut String, since: &Since) -> fmt::Result {
    let worse = match since.worse.len() {
        0 => String::new(),
        number => format!("{} of them worse than before; ", grouped(number)),
    };
    let known = if since.known == 1 { "other is" } else { "others are" };
    writeln!(out, "Since {}: {worse}{} {known} as before", clean(&since.base), grouped(since.known))?;
    for fixed in since.fixed.iter().take(BRIEF_FIXED) {
        writeln!(out, "  gone: [{}] {}: {}", fixed.rule, clean(&fixed.file), clean(&fixed.message))?;
    }
    if since.fixed.len() > BRIEF_FIXED {
        writeln!(out, "  gone: {} more", grouped(since.fixed.len() - BRIEF_FIXED))?;
    }
    Ok(())
}

/// One line for each rule, the most frequent first.
fn write_rules(out: &mut String, result: &ScanResult) -> fmt::Result {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &result.findings {
        *counts.entry(&finding.rule).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    for (rule, number) in &counts {
        writeln!(out, "{:>5}  {rule}", grouped(*number))?;
    }
    if let Some((rule, _)) = counts.first() {
        writeln!(out, "`tuneup rule {rule}` explains a rule")?;
    }
    Ok(())
}

pub(super) fn write_stats(out: &mut String, stats: &ScanStats) -> fmt::Result {
    writeln!(out, "\n{}", paint(style::MESSAGE, "Understood"))?;
    let rows = [
        ("local imports", resolved(stats.imports_resolved, stats.imports_local)),
        ("calls", resolved(stats.calls_resolved, stats.calls)),
        (
            "query sites",
            format!("{} ({} by form only)", grouped(stats.query_sites), grouped(stats.query_sites_assumed)),
        ),
        ("functions", grouped(stats.functions)),
        ("entry points", grouped(stats.entry_points)),
        ("tables", tables(stats)),
    ];
    for (name, value) in rows {
        writeln!(out, "  {name:<14} {value}")?;
    }
    Ok(())
}

/// `45 (PostgreSQL, SQLite)`.
fn tables(stats: &ScanStats) -> String {
    let names: Vec<&str> = stats.dialects.iter().map(|dialect| dialect.name()).collect();
    let count = grouped(stats.tables);
    if names.is_empty() { count } else { format!("{count} ({})", names.join(", ")) }
}

fn resolved(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "none".to_owned();
    }
    let percent = 100.0 * part as f64 / whole as f64;
    format!("{} of {} resolved ({percent:.1} %)", grouped(part), grouped(whole))
}

#[cfg(test)]
mod tests {
    use super::resolved;

    #[test]
    fn shares_are_percentages() {
        assert_eq!(
            (resolved(0, 0), resolved(199, 200)),
            ("none".into(), "199 of 200 resolved (99.5 %)".into())
        );
    }
}
