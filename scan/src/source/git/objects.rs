//! What is asked of the program `git`: names, changes, objects. All answers are in forms meant for programs.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use super::OpenRevisionError;
use crate::compare::Renames;

/// A folder in a repository, with processes that read objects.
#[derive(Debug)]
pub(super) struct Repository {
    folder: PathBuf,
    readers: Mutex<Vec<Reader>>,
}

/// A `git cat-file --batch`, asked one object after the other.
#[derive(Debug)]
struct Reader {
    child: Child,
    ask: ChildStdin,
    answer: BufReader<ChildStdout>,
}

/// How the files on disk differ from a commit.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Paths of the commit that are changed, moved or gone.
    pub differ: BTreeSet<String>,
    pub renames: Renames,
}

/// What a commit holds below the folder.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Paths with object ids.
    pub files: Vec<(String, String)>,
    /// Folders that are repositories of their own.
    pub modules: Vec<String>,
}

impl Repository {
    pub(super) fn around(folder: &Path) -> Result<Self, OpenRevisionError> {
        let repository = Self { folder: folder.to_owned(), readers: Mutex::default() };
        let output = repository.run(&["rev-parse", "--is-inside-work-tree"])?;
        if output.status.success() {
            return Ok(repository);
        }
        let said = said(&output.stderr);
        if said.contains("not a git repository") {
            Err(OpenRevisionError::NotARepository)
        } else {
            Err(OpenRevisionError::Refused(said))
        }
    }

    /// The commit that a revision names.
    pub(super) fn commit(&self, revision: &str) -> Result<String, OpenRevisionError> {
        let name = format!("{revision}^{{commit}}");
        let output = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name])?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let shallow = self.run(&["rev-parse", "--is-shallow-repository"])?;
        if shallow.stdout.starts_with(b"true") {
            Err(OpenRevisionError::Shallow)
        } else {
            Err(OpenRevisionError::UnknownRevision)
        }
    }

    /// What differs between the commit and the files on disk, as far as git knows them.
    pub(super) fn changes(&self, commit: &str) -> Result<Changes, OpenRevisionError> {
        let list =
            ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--name-status", "-z", "-M", "-l1000"];
        let rest = ["--ignore-submodules=all", "--relative", commit, "--", "."];
        let answer = self.answer(&[&list[..], &rest[..]].concat())?;
        let mut changes = Changes::default();
        let mut parts = answer.split('\0').filter(|part| !part.is_empty());
        while let Some(status) = parts.next() {
            let Some(path) = parts.next() else { break };
            match status.as_bytes()[0] {
                b'A' => {}
                b'R' | b'C' => {
                    let Some(new) = parts.next() else { break };
                    if status.starts_with('R') {
                        changes.differ.insert(path.to_owned());
                        changes.renames.insert(path.to_owned(), new.to_owned());
                    }
                }
                _ => {
                    changes.differ.insert(path.to_owned());
                }
            }
        }
        Ok(changes)
    }

    /// The files of the commit below the folder, with paths from there.
    pub(super) fn files(&self, commit: &str) -> Result<Held, OpenRevisionError> {
        let answer = self.answer(&["ls-tree", "-r", "-z", commit])?;
        let mut held = Held::default();
        for entry in answer.split('\0').filter(|entry| !entry.is_empty()) {
            // `100644 blob 0123… \tpath`
            let Some((about, path)) = entry.split_once('\t') else { continue };
            let mut about = about.split(' ');
            match (about.next(), about.next(), about.next()) {
                (Some("160000"), ..) => held.modules.push(path.to_owned()),
                // A symbolic link is not followed on disk either.
                (Some("120000"), ..) => {}
                (_, Some("blob"), Some(id)) => held.files.push((path.to_owned(), id.to_owned())),
                _ => {}
            }
        }
        Ok(held)
    }

    /// Those of the paths that ignore files exclude.
    pub(super) fn ignored<'p>(
        &self,
        paths: impl Iterator<Item = &'p str>,
    ) -> Result<BTreeSet<String>, OpenRevisionError> {
        let asked = paths.fold(String::new(), |asked, path| asked + path + "\0");
        if asked.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut child = self
            .command(&["check-ignore", "--no-index", "-z", "--stdin"])
            .stdin(Stdio::piped())
            .spawn()
            .map_err(OpenRevisionError::NoGit)?;
        let stdin = child.stdin.take();
        let writer = std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                stdin.write_all(asked.as_bytes()).ok();
            }
        });
        let output = child.wait_with_output().map_err(OpenRevisionError::NoGit)?;
        writer.join().ok();
        let answer = String::from_utf8_lossy(&output.stdout);
        Ok(answer.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    /// The bytes of an object, or what went wrong.
    pub(super) fn blob(&self, id: &str) -> Result<Vec<u8>, String> {
        let idle = self.readers.lock().map_err(|error| error.to_string())?.pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => self.start_reader().map_err(|error| error.to_string())?,
        };
        // A reader that failed is not asked again.
        let bytes = reader.read(id).map_err(|error| format!("git: {error}"))?;
        self.readers.lock().map_err(|error| error.to_string())?.push(reader);
        Ok(bytes)
    }

    fn start_reader(&self) -> std::io::Result<Reader> {
        let mut child = self.command(&["cat-file", "--batch"]).stdin(Stdio::piped()).spawn()?;
        let (Some(ask), Some(answer)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::other("no pipe to the process"));
        };
        Ok(Reader { child, ask, answer: BufReader::new(answer) })
    }

    fn answer(&self, args: &[&str]) -> Result<String, OpenRevisionError> {
        let output = self.run(args)?;
        if !output.status.success() {
            return Err(OpenRevisionError::Unreadable(said(&output.stderr)));
        }
        // Names that are not UTF-8 are not listed on disk either.
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn run(&self, args: &[&str]) -> Result<std::process::Output, OpenRevisionError> {
        self.command(args).output().map_err(OpenRevisionError::NoGit)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.folder)
            .args(["-c", "core.quotePath=false", "-c", "diff.renames=true", "-c", "core.fsmonitor=false"])
            .args(args)
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .env_remove("GIT_EXTERNAL_DIFF")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

impl Reader {
    fn read(&mut self, id: &str) -> std::io::Result<Vec<u8>> {
        writeln!(self.ask, "{id}")?;
        self.ask.flush()?;
        // `ID blob SIZE`, the bytes, a line break.
        let mut head = String::new();
        self.answer.read_line(&mut head)?;
        let size = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
        let Some(size) = size else { return Err(std::io::Error::other(head.trim_end().to_owned())) };
        let mut bytes = vec![0; size];
        self.answer.read_exact(&mut bytes)?;
        self.answer.read_exact(&mut [0])?;
        Ok(bytes)
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let readers = self.readers.get_mut().map(std::mem::take).unwrap_or_default();
        for Reader { mut child, ask, answer } in readers {
            drop((ask, answer));
            child.wait().ok();
        }
    }
}

/// The first line of what git says, without its prefix.
fn said(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
    line.trim_start_matches("fatal: ").trim_end_matches('.').to_owned()
}
