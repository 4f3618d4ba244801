//! Results leave here, to standard output or a file, complete or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::args::{Color, GlobalArgs};
use crate::error::CliError;

/// Columns where nobody says how wide the output is.
const DEFAULT_WIDTH: usize = 100;

/// Writes `text`, which may hold styles, where the user wants it.
pub(crate) fn write(text: &str, global: &GlobalArgs) -> Result<(), CliError> {
    match &global.output {
        Some(path) if path.as_os_str() != "-" => {
            let plain = anstream::adapter::strip_str(text).to_string();
            let text = if global.color == Color::Always { text } else { &plain };
            write_file(path, text)
                .map_err(|error| CliError::usage(format!("write `{}`", path.display())).because(&error))
        }
        _ => to_stdout(text).map_err(|error| CliError::usage("write to standard output").because(&error)),
    }
}

fn to_stdout(text: &str) -> io::Result<()> {
    match say(text) {
        // The reader has seen enough (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes `text`, which may hold styles, to standard output at once.
pub(crate) fn say(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
}

/// The new text stands beside the old file until it is complete, then takes its place in one step.
pub(crate) fn write_file(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: its target is replaced.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match fs::metadata(path) {
        Ok(about) if about.is_dir() => return Err(io::Error::from(io::ErrorKind::IsADirectory)),
        // Devices and pipes (`/dev/null`) are written to, never replaced.
        Ok(about) if !about.is_file() => {
            return fs::OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes());
        }
        _ => {}
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "its folder does not exist"));
    }
    let mut file = new_file_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Ok(about) = fs::metadata(path) {
        file.as_file().set_permissions(about.permissions())?;
    }
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// A file without a name of its own, until it is persisted.
pub(crate) fn new_file_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tuneup-").suffix(".tmp");
    // As any new file: the default of temporary files is to be the owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Columns of the terminal, or what `COLUMNS` says, or a readable width.
pub(crate) fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0));
    let width: usize = said.or_else(seen).unwrap_or(DEFAULT_WIDTH);
    width.clamp(40, 160)
}

/// The user's home, above which no workspace is looked for.
pub(crate) fn home() -> Option<PathBuf> {
    std::env::home_dir()?.canonicalize().ok()
}
