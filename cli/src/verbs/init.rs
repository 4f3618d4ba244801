//! `tuneup init [PATH]`: a `tuneup.toml` with everything commented out, made for the repository it sees.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use tuneup_model::{Confidence, ScanResult};
use tuneup_scan::{Candidates, DiskTree, Levels, Options, Queries};

use super::scan;
use crate::args::GlobalArgs;
use crate::error::CliError;
use crate::progress::ProgressLine;
use crate::{Exit, isolate, output};

/// Write a commented `tuneup.toml` for the repository
///
/// The folder is scanned, so that the file names the rules that find something and what is there to configure. Every
/// line is a comment: nothing changes until one is made true.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Folder to write it in
    #[arg(default_value = ".")]
    path: PathBuf,

    /// Replace a `tuneup.toml` that is there
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &InitArgs, global: &GlobalArgs) -> Result<Exit, CliError> {
    let file = args.path.join("tuneup.toml");
    if !args.force && file.symlink_metadata().is_ok() {
        return Err(CliError::usage(format!("write `{}`", file.display()))
            .because_text("there is one already")
            .hint("`--force` replaces it"));
    }
    let tree = scan::open(&args.path)?;
    scan::start_workers(None)?;
    let result = look(&tree, global);
    let text = page(&result);
    output::write_file(&file, &text)
        .map_err(|error| CliError::usage(format!("write `{}`", file.display())).because(&error))?;
    if !global.quiet {
        output::write(&format!("{}: written; every line is a comment\n", file.display()), global)?;
    }
    Ok(Exit::Clean)
}

fn look(tree: &DiskTree, global: &GlobalArgs) -> ScanResult {
    let progress = ProgressLine::new(global);
    let show = |step| progress.show(step);
    let options = Options {
        rules: None,
        candidates: Candidates::Hide,
        queries: Queries::Omit,
        focus: tree.focus(),
        handles: &[],
        levels: &Levels::default(),
        isolate: Some(&isolate::facts_in_child),
        kept: None,
        progress: &show,
    };
    let result = tuneup_scan::scan(tree, &options);
    progress.clear();
    result
}

const INFALLIBLE: &str = "writing to a string cannot fail";

fn page(result: &ScanResult) -> String {
    let mut text = String::from("# Settings of tuneup; docs/configuration.md has every key.\n");
    let stats = &result.stats;
    let dialects: Vec<String> = stats.dialects.iter().map(|it| format!("{it:?}").to_lowercase()).collect();
    let databases = if dialects.is_empty() { "no known database".to_owned() } else { dialects.join(", ") };
    writeln!(
        text,
        "# Seen: {} files, {} queries on {} tables, {databases}, {} entry points.\n",
        stats.files, stats.query_sites, stats.tables, stats.entry_points
    )
    .expect(INFALLIBLE);
    text.push_str("# Exit with 1 for findings of this severity or a higher one: high, medium, low or never.\n# fail-on = \"low\"\n\n");
    text.push_str(
        "# What findings are worth here: off, low, medium or high. The rules that find something:\n",
    );
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in result.findings.iter().filter(|it| it.confidence > Confidence::Candidate) {
        *counts.entry(&finding.rule).or_default() += 1;
    }
    for (rule, count) in &counts {
        writeln!(text, "# {count:>4}  {rule}").expect(INFALLIBLE);
    }
    let example = counts.keys().next().copied().unwrap_or("deep-offset-pagination");
    write!(
        text,
        "# [[rules]]\n# ids = [\"{example}\"]\n# level = \"low\"\n# paths = [\"{}/**\"]   # absent: everywhere\n\n",
        folder(result)
    )
    .expect(INFALLIBLE);
    text.push_str(HANDLES);
    text
}

/// The folder with the most findings, for an example that means something.
fn folder(result: &ScanResult) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &result.findings {
        if let Some((folder, _)) = finding.location.file.rsplit_once('/') {
            *counts.entry(folder).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(folder, count)| (*count, std::cmp::Reverse(*folder)));
    most.map_or_else(|| "src/legacy".to_owned(), |(folder, _)| folder.to_owned())
}

const HANDLES: &str = "\
# A database layer of your own that tuneup cannot follow: what its methods do.
# [[handles]]
# file = \"src/database/index.ts\"
#
# [[handles.calls]]
# methods = [\"get\", \"getField\"]
# does = \"read-one\"
# key-argument = 0
";

#[cfg(test)]
mod tests {
    use super::page;
    use tuneup_model::ScanResult;

    #[test]
    fn commented_out_and_true_when_it_is_not() {
        let text = page(&ScanResult::default());
        assert!(tuneup_scan::config(&text).is_ok());
        let told: String = text
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| line.contains(" = ") || line.starts_with("[["))
            .fold(String::new(), |told, line| told + line + "\n");
        let config = tuneup_scan::config(&told).unwrap();
        assert_eq!((config.rules.len(), config.handles.len()), (1, 1));
    }
}
