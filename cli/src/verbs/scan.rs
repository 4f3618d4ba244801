//! `tuneup scan [PATH]`: static analysis of a repository.

mod render;
mod since;
mod watch;
mod weights;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use tuneup_model::{Confidence, ScanResult, Severity};
use tuneup_scan::{Candidates, DiskTree, Kept, OpenTreeError, Options, Progress, Queries, SourceTree as _};

use super::{findings_only, json, rule};
use crate::args::{Format, GlobalArgs};
use crate::cache::Cache;
use crate::config::Settings;
use crate::error::CliError;
use crate::place::Place;
use crate::progress::ProgressLine;
use render::render;

use crate::{Exit, config, edge, isolate, output, suggest};

/// Find slow code by reading it: follows each query from route to repository
///
/// Reads JavaScript, TypeScript, Prisma schemas and SQL of the folder and of the workspace around it. Needs no
/// build, no database and no `node_modules`; changes no file of yours. What was read is kept in `.tuneup/` at the root
/// of the workspace, out of sight of git, so that the next scan reads only what changed.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct ScanArgs {
    /// Folder to examine; the workspace around it is read too
    #[arg(default_value = ".")]
    path: PathBuf,

    /// Use this rule only (may be repeated); `tuneup rule` lists them
    #[arg(long = "rule", value_name = "ID")]
    rules: Vec<String>,

    /// Show candidates too: findings with a part of the evidence missing
    #[arg(long)]
    candidates: bool,

    /// List every query found, with tables, filter, order and limit; with `--format json`
    #[arg(long)]
    queries: bool,

    /// Exit with 1 for findings of this severity or a higher one
    ///
    /// Candidates never count. Without it the configuration decides, else it is `low`.
    #[arg(long, value_name = "SEVERITY", value_enum)]
    fail_on: Option<FailOn>,

    /// Put first what takes most of the time that this file says was measured
    ///
    /// Statement statistics, requests by route and time by line, as JSON; docs/weights.md shows its form, and how to
    /// write one from `pg_stat_statements`.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,

    #[command(flatten)]
    since: since::SinceArgs,

    /// Scan again whenever a file is saved, and show what is new and what is gone; Ctrl-C ends
    #[arg(long, conflicts_with_all = ["why", "update_baseline", "output"])]
    watch: bool,

    /// Neither use nor write what earlier scans kept in `.tuneup/`
    #[arg(long)]
    no_cache: bool,

    /// Say how much of the program was understood
    #[arg(long)]
    stats: bool,

    /// Show all warnings
    #[arg(long)]
    verbose: bool,

    /// Explain what was or was not concluded at one line
    #[arg(long, value_name = "FILE:LINE")]
    why: Option<Place>,

    /// Where code is shown, for the links of `--format markdown`: `https://github.com/OWNER/NAME/blob/COMMIT`
    #[arg(long, value_name = "URL", value_parser = link_base)]
    link_base: Option<String>,

    /// Number of worker threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// The bar of the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    High,
    Medium,
    /// Any finding that is no candidate
    Low,
    Never,
}

impl From<tuneup_model::FailOn> for FailOn {
    fn from(bar: tuneup_model::FailOn) -> Self {
        match bar {
            tuneup_model::FailOn::High => Self::High,
            tuneup_model::FailOn::Medium => Self::Medium,
            tuneup_model::FailOn::Low => Self::Low,
            tuneup_model::FailOn::Never => Self::Never,
        }
    }
}

impl ScanArgs {
    /// A scan of `path` with every default.
    pub(crate) fn of(path: Option<&Path>) -> Self {
        Self {
            path: path.unwrap_or(Path::new(".")).to_owned(),
            rules: Vec::new(),
            candidates: false,
            queries: false,
            fail_on: None,
            weights: None,
            since: since::SinceArgs::default(),
            watch: false,
            no_cache: false,
            stats: false,
            verbose: false,
            why: None,
            link_base: None,
            threads: None,
        }
    }
}

pub(crate) fn run(args: &ScanArgs, global: &GlobalArgs) -> Result<Exit, CliError> {
    chosen_rules(&args.rules)?;
    if args.watch && global.format != Format::Terminal {
        return Err(watched_elsewhere(global.format));
    }
    if args.link_base.is_some() && global.format != Format::Markdown {
        return Err(links_elsewhere(global.format));
    }
    let tree = open(&args.path)?;
    let settings = config::load(&tree, &args.path, global.config.as_deref())?;
    start_workers(args.threads)?;
    if let Some(place) = &args.why {
        return explain(args, global, &tree, &settings, place);
    }
    if args.watch {
        return watch::run(args, global, &tree);
    }
    let cache = (!args.no_cache).then(|| Cache::of(tree.root()));
    let kept = cache.as_ref().map(|cache| cache as &dyn Kept);
    let result = examine(args, global, &tree, &settings, kept)?;
    output::write(&render(&result, tree.focus(), args, global), global)?;
    if let Some(cache) = &cache {
        cache.save();
    }
    let bar = args.fail_on.or(settings.settings.fail_on.map(FailOn::from)).unwrap_or(FailOn::Low);
    Ok(verdict(&result, bar))
}

/// One scan, compared as the user asks.
fn examine(
    args: &ScanArgs,
    global: &GlobalArgs,
    tree: &DiskTree,
    settings: &Settings,
    kept: Option<&dyn Kept>,
) -> Result<ScanResult, CliError> {
    let weights = args.weights.as_deref().map(weights::load).transpose()?;
    let progress = ProgressLine::new(global);
    let show = |step| progress.show(step);
    let options = Options { kept, ..options(args, tree, settings, &show)? };
    let started = Instant::now();
    let result = args.since.scan(tree, &options);
    progress.clear();
    let mut result = result?;
    if let Some(weights) = &weights {
        tuneup_scan::weigh(&mut result.findings, weights);
    }
    result.stats.seconds = started.elapsed().as_secs_f64();
    if result.stats.files == 0 && result.warnings.is_empty() {
        return Err(nothing_to_read(&args.path));
    }
    Ok(result)
}

fn options<'a>(
    args: &ScanArgs,
    tree: &'a DiskTree,
    settings: &'a Settings,
    progress: &'a (dyn Fn(Progress) + Sync),
) -> Result<Options<'a>, CliError> {
    Ok(Options {
        rules: chosen_rules(&args.rules)?,
        queries: if args.queries { Queries::List } else { Queries::Omit },
        candidates: if args.candidates { Candidates::Show } else { Candidates::Hide },
        focus: tree.focus(),
        handles: &settings.settings.handles,
        levels: &settings.levels,
        isolate: Some(&isolate::facts_in_child),
        kept: None,
        progress,
    })
}

fn explain(
    args: &ScanArgs,
    global: &GlobalArgs,
    tree: &DiskTree,
    settings: &Settings,
    place: &Place,
) -> Result<Exit, CliError> {
    let progress = ProgressLine::new(global);
    let show = |step| progress.show(step);
    let answer = why(tree, &options(args, tree, settings, &show)?, place);
    progress.clear();
    let lines = answer?;
    let text = match global.format {
        Format::Terminal => lines,
        Format::Json => json("why", &lines.lines().collect::<Vec<_>>()),
        format => return Err(findings_only("explain a line", format)),
    };
    output::write(&text, global)?;
    Ok(Exit::Clean)
}

fn link_base(text: &str) -> Result<String, &'static str> {
    let is_link = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
    let is_plain = text.chars().all(|c| c.is_ascii_graphic());
    if is_link && is_plain { Ok(text.to_owned()) } else { Err("expected a URL that begins with https://") }
}

fn chosen_rules(ids: &[String]) -> Result<Option<Vec<String>>, CliError> {
    for id in ids {
        rule::find(id)?;
    }
    Ok((!ids.is_empty()).then(|| ids.to_vec()))
}

pub(crate) fn open(path: &Path) -> Result<DiskTree, CliError> {
    DiskTree::open_below(path, output::home().as_deref()).map_err(|error| {
        let refused = CliError::usage(format!("scan `{}`", path.display())).because(&error);
        match error {
            OpenTreeError::Missing => {
                match path
                    .to_str()
                    .and_then(|word| suggest::nearest(word, ["scan", "rule", "init", "completions", "man"]))
                {
                    Some(verb) => refused.hint(format!("did you mean the verb `{verb}`?")),
                    None => refused,
                }
            }
            OpenTreeError::NotAFolder => refused.hint("name the folder that holds the program"),
            OpenTreeError::NotUtf8 | OpenTreeError::Unreadable(_) => refused,
        }
    })
}

pub(crate) fn start_workers(threads: Option<u16>) -> Result<(), CliError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.map_or(0, usize::from))
        .stack_size(edge::STACK_BYTES)
        .thread_name(|number| format!("worker-{number}"))
        .build_global()
        .map_err(|error| CliError::could_not_measure("start the worker threads").because(&error))
}

fn why(tree: &DiskTree, options: &Options, place: &Place) -> Result<String, CliError> {
    let file = place.file_below(&tree.root().join(tree.focus()));
    tuneup_scan::why(tree, options, &file, place.line).map(|lines| lines.to_string()).map_err(|error| {
        let refused = CliError::usage(format!("explain `{file}:{}`", place.line)).because(&error);
        let files = tree.list().files;
        let below: Vec<&str> = files.iter().filter_map(|path| below(tree.focus(), path)).collect();
        match suggest::nearest(&file, below.iter().copied()) {
            Some(known) if known != file => refused.hint(format!("did you mean `{known}`?")),
            _ => refused,
        }
    })
}

/// `path` relative to `folder`, which is empty for the root.
fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

fn nothing_to_read(path: &Path) -> CliError {
    CliError::usage(format!("scan `{}`", path.display()))
        .because_text("it holds no JavaScript, TypeScript, Prisma or SQL files")
        .hint("name the folder that holds the program; files ignored by git are not read")
}

fn links_elsewhere(format: Format) -> CliError {
    CliError::usage(format!("follow `--link-base` in {}", format.name()))
        .because_text("only the Markdown report has links")
        .hint("add `--format markdown`, or leave `--link-base` out")
}

fn watched_elsewhere(format: Format) -> CliError {
    CliError::usage(format!("watch and write {}", format.name()))
        .because_text("a report that is written again and again is for people")
        .hint("leave `--format` out, or scan once without `--watch`")
}

fn verdict(result: &ScanResult, fail_on: FailOn) -> Exit {
    // Only warnings came of it: that is no pass.
    if result.stats.files == 0 {
        return Exit::CouldNotMeasure;
    }
    let bar = match fail_on {
        FailOn::High => Severity::High,
        FailOn::Medium => Severity::Medium,
        FailOn::Low => Severity::Low,
        FailOn::Never => return Exit::Clean,
    };
    let counts = |finding: &tuneup_model::Finding| {
        finding.severity >= bar && finding.confidence > Confidence::Candidate
    };
    if result.findings.iter().any(counts) { Exit::Findings } else { Exit::Clean }
}
