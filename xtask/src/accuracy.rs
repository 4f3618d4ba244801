//! `cargo xtask accuracy`: how much of what teams mended is found, how often a finding is right, and how often a loop that is
//! sequential on purpose is flagged; written into docs/accuracy.md.
//!
//! Nothing of it can be concluded from the source: the cases are real commits, the verdicts are people's, and all of
//! them are of public repositories, which must be present as bare git folders `OWNER+NAME/repo`. What is read is the
//! default profile: no configuration, no candidates.

mod cases;
mod draw;
mod interval;
mod loops;
mod page;
mod readings;
mod repositories;
mod scanned;

use std::env;
use std::fs;
use std::path::PathBuf;

use clap::Args;

use self::page::Page;
use self::repositories::Mirror;
use crate::failure::Failure;
use crate::{metadata, process, workspace};

/// What is measured, and on what.
#[derive(Debug, Args)]
pub(crate) struct AccuracyArguments {
    /// Folder with git folders `OWNER+NAME/repo` [default: the environment's MIRROR]
    #[arg(long, value_name = "DIR")]
    mirror: Option<PathBuf>,
    /// Folder with `score.py` and its cases
    #[arg(long, value_name = "DIR", default_value = "../shared/bench")]
    bench: PathBuf,
    /// Only this part
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Instead: print so many default findings, drawn at random over `--repository`, to be read
    #[arg(long, value_name = "N")]
    draw: Option<usize>,
    /// Seed of the drawing
    #[arg(long, default_value_t = 7, requires = "draw")]
    seed: u64,
    /// Repositories to draw from, each `owner/name` (its newest commit) or `owner/name@commit`
    #[arg(long, value_name = "NAME", requires = "draw")]
    repository: Vec<String>,
}

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Commits in which teams mended a defect
    Cases,
    /// Findings that people judged
    Readings,
    /// Loops that are sequential on purpose
    Loops,
}

/// What every part needs.
struct Setting {
    /// The program measured.
    tuneup: PathBuf,
    mirror: Mirror,
    /// Where programs write what we read.
    scratch: PathBuf,
}

pub(crate) fn run(arguments: &AccuracyArguments) -> Result<(), Failure> {
    let folder = arguments.mirror.clone().or_else(|| env::var_os("MIRROR").map(PathBuf::from));
    let folder = folder.ok_or_else(|| {
        Failure::Usage(
            "name the folder of repositories: `--mirror DIR`, with git folders `OWNER+NAME/repo` (`git clone --mirror`)"
                .to_owned(),
        )
    })?;
    process::run(&mut process::cargo(&["build", "--release", "--package", "tuneup", "--locked"]))?;
    let target = metadata::read()?.target_directory;
    let scratch = target.join("accuracy");
    fs::create_dir_all(&scratch).map_err(|source| Failure::File {
        action: "create",
        path: scratch.clone(),
        source,
    })?;
    let setting = Setting { tuneup: target.join("release/tuneup"), mirror: Mirror::open(folder)?, scratch };
    if let Some(number) = arguments.draw {
        return draw::print(&setting, &arguments.repository, number, arguments.seed);
    }
    let wanted = |part| arguments.only.is_none_or(|only| only == part);
    let mut page = Page::open(workspace::root().join("docs/accuracy.md"))?;
    if wanted(Part::Cases) {
        cases::measure(&setting, &arguments.bench, &mut page)?;
    }
    if wanted(Part::Readings) {
        readings::measure(&setting, &mut page)?;
    }
    if wanted(Part::Loops) {
        loops::measure(&setting, &mut page)?;
    }
    page.save()
}
