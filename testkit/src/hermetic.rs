//! Runs a program as a stranger's machine would: an empty environment, an own home, a fixed width, no colour.
//!
//! An [`Outcome`] displays as standard output, standard error and exit code with everything that changes from
//! run to run replaced (durations, times, the sandbox's own paths), ready for an inline snapshot:
//!
//! ```
//! use tuneup_testkit::Sandbox;
//!
//! let sandbox = Sandbox::new();
//! sandbox.write("notes.txt", "hello\n");
//! let outcome = sandbox.command("cat").arg("notes.txt").run();
//! assert_eq!(outcome.to_string(), "hello\n-- stderr\n-- exit code 0\n");
//! ```

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fmt, fs, thread};

use tempfile::TempDir;

use crate::redact;

/// Width that programs are told to wrap at.
pub const COLUMNS: usize = 100;

/// A throw-away directory with `work` (where commands run), `home` and `tmp` below it.
#[derive(Debug)]
pub struct Sandbox {
    directory: TempDir,
}

/// A command to run in a [`Sandbox`].
#[derive(Debug)]
pub struct Run {
    command: Command,
    stdin: Vec<u8>,
    names: Vec<(PathBuf, &'static str)>,
}

/// What a command said and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// As written, invalid UTF-8 replaced.
    pub stdout: String,
    pub stderr: String,
    /// Absent where a signal ended the program.
    pub code: Option<i32>,
    names: Vec<(PathBuf, &'static str)>,
}

impl Sandbox {
    pub fn new() -> Self {
        let directory =
            TempDir::with_prefix("tuneup-test-").expect("the system has a place for temporary files");
        for part in ["work", "home", "tmp"] {
            fs::create_dir(directory.path().join(part)).expect("a fresh directory is writable");
        }
        Self { directory }
    }

    /// The directory commands run in.
    pub fn work(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    pub fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    /// Writes a file below [`Sandbox::work`], with its directories.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.work().join(path);
        let parent = file.parent().expect("a file below the sandbox has a parent");
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&file, content))
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
    }

    /// Writes every file of a fixture.
    pub fn write_fixture(&self, fixture: &crate::Fixture) {
        for (path, text) in &fixture.files {
            self.write(path, text);
        }
    }

    /// The text of a file below [`Sandbox::work`].
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.work().join(path))
            .unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
    }

    /// A command whose environment holds nothing of the machine's but `PATH`.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Run {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin:/bin")))
            .env("HOME", self.home())
            .env("XDG_CONFIG_HOME", self.home().join(".config"))
            .env("TMPDIR", self.directory.path().join("tmp"))
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "dumb")
            .env("NO_COLOR", "1")
            .env("COLUMNS", COLUMNS.to_string())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("RUST_BACKTRACE", "0")
            .current_dir(self.work());
        Run { command, stdin: Vec::new(), names: self.names() }
    }

    /// Paths that differ from run to run, with their names in an [`Outcome`]. Longer paths first.
    fn names(&self) -> Vec<(PathBuf, &'static str)> {
        let root = self.directory.path();
        let canonical = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let mut names = Vec::new();
        for root in [canonical.as_path(), root] {
            names.push((root.join("work"), "[WORK]"));
            names.push((root.join("home"), "[HOME]"));
            names.push((root.join("tmp"), "[TMP]"));
            names.push((root.to_owned(), "[SANDBOX]"));
        }
        names.push((crate::generated::workspace_root(), "[WORKSPACE]"));
        names
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Run {
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn current_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.command.current_dir(directory);
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Starts the command, which reads nothing.
    pub fn start(self) -> crate::Running {
        crate::Running::start(self.command)
    }

    /// Runs the command to its end. Panics where it cannot be started.
    pub fn run(mut self) -> Outcome {
        let program = self.command.get_program().to_string_lossy().into_owned();
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        let mut stdin = child.stdin.take().expect("stdin was piped above");
        let input = self.stdin;
        // In a thread of its own: a child that writes before it reads would block both sides.
        // A child may also end without reading; the broken pipe is not the test's concern.
        let writer = thread::spawn(move || drop(stdin.write_all(&input)));
        let Output { status, stdout, stderr } =
            child.wait_with_output().unwrap_or_else(|error| panic!("cannot wait for {program}: {error}"));
        writer.join().expect("writing to a pipe does not panic");
        Outcome {
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
            code: status.code(),
            names: self.names,
        }
    }
}

impl Outcome {
    /// Text of this run with paths, durations and times replaced.
    pub fn redact(&self, text: &str) -> String {
        redact::redact(text, &self.names)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end_line =
            |text: &str| if text.is_empty() || text.ends_with('\n') { "" } else { "[no newline]\n" };
        let (stdout, stderr) = (self.redact(&self.stdout), self.redact(&self.stderr));
        write!(f, "{stdout}{}-- stderr\n{stderr}{}", end_line(&stdout), end_line(&stderr))?;
        match self.code {
            Some(code) => writeln!(f, "-- exit code {code}"),
            None => writeln!(f, "-- ended by a signal"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_empty_but_for_ours() {
        let sandbox = Sandbox::new();
        let outcome = sandbox.command("env").run();
        let mut names: Vec<&str> =
            outcome.stdout.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "COLUMNS",
                "GIT_CONFIG_NOSYSTEM",
                "HOME",
                "LC_ALL",
                "NO_COLOR",
                "PATH",
                "RUST_BACKTRACE",
                "TERM",
                "TMPDIR",
                "TZ",
                "XDG_CONFIG_HOME"
            ]
        );
    }

    #[test]
    fn an_outcome_shows_both_streams_and_the_exit_code() {
        let sandbox = Sandbox::new();
        let script = "cat; pwd; echo $HOME/x >&2; printf 'in 0.31s' >&2; exit 3";
        let outcome = sandbox.command("sh").args(["-c", script]).stdin("typed\n").run();
        assert_eq!(
            outcome.to_string(),
            "typed\n[WORK]\n-- stderr\n[HOME]/x\nin [TIME][no newline]\n-- exit code 3\n"
        );
    }

    #[test]
    fn a_signal_is_told_from_an_exit_code() {
        let sandbox = Sandbox::new();
        let outcome = sandbox.command("sh").args(["-c", "kill -9 $$"]).run();
        assert_eq!(outcome.code, None);
        assert!(outcome.to_string().ends_with("-- ended by a signal\n"));
    }
}
