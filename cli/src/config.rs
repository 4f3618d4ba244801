//! `tuneup.toml`: where it is found, and what is said of one that cannot be followed.

mod page;
mod schema;

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use tuneup_model::Config;
use tuneup_scan::{ConfigError, DiskTree, Levels};

use crate::error::CliError;
use crate::suggest;

pub use page::configuration_page;
pub use schema::configuration_schema;

/// The name looked for in the folder scanned and in those above it, up to the root of the workspace.
const NAME: &str = "tuneup.toml";

/// Nobody writes more by hand.
const MAX_BYTES: u64 = 1_000_000;

#[derive(Debug, thiserror::Error)]
enum ReadConfigError {
    #[error("there is no such file")]
    Missing,
    #[error("it is not a file")]
    NotAFile,
    #[error("it is larger than {} MB", MAX_BYTES / 1_000_000)]
    TooLarge,
    #[error("it is not valid UTF-8")]
    NotUtf8,
    #[error("the file cannot be read")]
    Unreadable(#[source] io::Error),
}

/// The configuration of a scan of `tree`, opened at `path`: the file that the user names, or the nearest that is there.
/// Paths in it become paths from the root of the tree.
pub(crate) fn load(tree: &DiskTree, path: &Path, named: Option<&Path>) -> Result<Settings, CliError> {
    if let Some(file) = named {
        return Ok(Settings::of(read(file, file)?, ""));
    }
    let Some(found) = nearest(tree) else { return Ok(Settings::default()) };
    let mut config = read(&found.file, &shown(path, found.levels_up))?;
    for handle in &mut config.handles {
        if let Some(file) = handle.file.as_mut().filter(|_| !found.folder.is_empty()) {
            *file = format!("{}/{file}", found.folder);
        }
    }
    Ok(Settings::of(config, &found.folder))
}

/// A configuration ready for a scan.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub settings: Config,
    pub levels: Levels,
}

impl Settings {
    fn of(settings: Config, folder: &str) -> Self {
        let levels = Levels::of(&settings.rules, folder).expect("patterns are checked when they are read");
        Self { settings, levels }
    }
}

/// The file as seen from where the user is.
fn shown(path: &Path, levels_up: usize) -> PathBuf {
    let mut folder = path.to_owned();
    for _ in 0..levels_up {
        match folder.components().next_back() {
            Some(Component::Normal(_)) => drop(folder.pop()),
            _ => folder.push(".."),
        }
    }
    let plain = folder.components().filter(|part| *part != Component::CurDir);
    plain.collect::<PathBuf>().join(NAME)
}

/// A file that is there, without having been named.
struct Found {
    file: PathBuf,
    /// Of the file, relative to the root of the tree.
    folder: String,
    /// From the folder scanned.
    levels_up: usize,
}

fn nearest(tree: &DiskTree) -> Option<Found> {
    let mut folder = tree.focus();
    let mut levels_up = 0;
    loop {
        let file = tree.root().join(folder).join(NAME);
        // What is there but is no file is an error later, never overlooked.
        if fs::symlink_metadata(&file).is_ok() {
            return Some(Found { file, folder: folder.to_owned(), levels_up });
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        levels_up += 1;
    }
}

fn read(file: &Path, shown: &Path) -> Result<Config, CliError> {
    let cannot = || CliError::usage(format!("follow the configuration `{}`", shown.display()));
    let text = text_of(file).map_err(|error| cannot().because(&error))?;
    tuneup_scan::config(&text).map_err(|error| explained(cannot(), &error))
}

fn text_of(file: &Path) -> Result<String, ReadConfigError> {
    let about = fs::metadata(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadConfigError::Missing,
        _ => ReadConfigError::Unreadable(error),
    })?;
    if !about.is_file() {
        return Err(ReadConfigError::NotAFile);
    }
    if about.len() > MAX_BYTES {
        return Err(ReadConfigError::TooLarge);
    }
    let bytes = fs::read(file).map_err(ReadConfigError::Unreadable)?;
    String::from_utf8(bytes).map_err(|_| ReadConfigError::NotUtf8)
}

fn explained(refused: CliError, error: &ConfigError) -> CliError {
    let refused = refused.because(error);
    if let Some((word, known)) = &error.mistyped {
        return refused.hint(match suggest::nearest(word, known.iter().map(String::as_str)) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("one of these can stand there: `{}`", known.join("`, `")),
        });
    }
    match &error.hint {
        Some(hint) => refused.hint(hint.as_str()),
        None => refused,
    }
}
