//! The peer: where it comes from and what it says of itself.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::failure::Failure;
use crate::process;

/// The version measured where the machine has none.
const PINNED: &str = "oxlint@1.94.0";

/// What oxlint prints last: `Finished in 123ms on 730 files with 12 rules using 2 threads.`
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) time: Duration,
    pub(super) files: u64,
}

/// The one given, the one in PATH, or the pinned one, installed below the target directory.
pub(super) fn find(given: Option<&Path>, target: &Path) -> Result<PathBuf, Failure> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    let directories = env::var_os("PATH").unwrap_or_default();
    if let Some(found) = env::split_paths(&directories).map(|it| it.join("oxlint")).find(|it| it.is_file()) {
        return Ok(found);
    }
    let peers = target.join("peers");
    let installed = peers.join("node_modules/.bin/oxlint");
    if !installed.exists() {
        let mut npm = Command::new("npm");
        npm.arg("install").arg("--prefix").arg(&peers).args([
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            PINNED,
        ]);
        process::output(&mut npm)?;
    }
    Ok(installed)
}

pub(super) fn summary(said: &str) -> Result<Summary, String> {
    let line = said.lines().rev().find_map(|line| line.trim().strip_prefix("Finished in "));
    let words: Vec<&str> = line.ok_or("no line begins with `Finished in`")?.split(' ').collect();
    let [time, "on", files, "file" | "files", ..] = words[..] else {
        return Err(format!("the summary has another form: `{}`", words.join(" ")));
    };
    let time = duration(time).ok_or_else(|| format!("`{time}` is no duration"))?;
    Ok(Summary { time, files: files.replace(',', "").parse().map_err(|_| format!("`{files}` is no count"))? })
}

/// `87ms` or `1.2s`.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|next: char| next.is_alphabetic())?);
    let number: f64 = number.parse().ok()?;
    let seconds = match unit {
        "s" => number,
        "ms" => number / 1e3,
        "us" | "µs" => number / 1e6,
        _ => return None,
    };
    Some(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_summary_is_read() {
        let said = "x.ts: Finished in time\n\nFound 3 warnings and 0 errors.\nFinished in 1.5s on 6,012 files with 12 rules using 2 threads.\n";
        assert_eq!(summary(said), Ok(Summary { time: Duration::from_millis(1500), files: 6012 }));
        assert_eq!(
            summary("Finished in 87ms on 1 file with 1 rule.").unwrap().time,
            Duration::from_millis(87)
        );
    }

    #[test]
    fn another_form_is_refused() {
        assert!(summary("").is_err());
        assert!(summary("Finished in 3 moons on 2 files").is_err());
        assert!(summary("Finished in 3moons on 2 files").is_err());
    }
}
