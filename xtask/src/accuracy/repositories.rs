//! Public repositories as bare git folders, and their trees laid out in a scratch folder.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::failure::Failure;
use crate::process;

/// A folder of git folders.
#[derive(Debug)]
pub(super) struct Mirror {
    pub(super) folder: PathBuf,
}

impl Mirror {
    pub(super) fn open(folder: PathBuf) -> Result<Self, Failure> {
        let folder = fs::canonicalize(&folder).map_err(|source| Failure::File {
            action: "open the folder of repositories",
            path: folder,
            source,
        })?;
        Ok(Self { folder })
    }

    fn git_folder(&self, repository: &str) -> Result<PathBuf, Failure> {
        let base = self.folder.join(repository.replace('/', "+")).join("repo");
        let found = [base.clone(), base.join(".git")].into_iter().find(|it| it.join("HEAD").is_file());
        found.ok_or_else(|| {
            Failure::Usage(format!("{repository} is missing: `git clone --mirror` it to {}", base.display()))
        })
    }

    fn git(&self, repository: &str) -> Result<Command, Failure> {
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(self.git_folder(repository)?);
        Ok(command)
    }

    /// The whole name of a commit.
    pub(super) fn commit(&self, repository: &str, revision: &str) -> Result<String, Failure> {
        let said = process::output(self.git(repository)?.args(["rev-parse", revision]))?;
        Ok(said.trim().to_owned())
    }

    /// Lays the tree of a commit into a new folder, outside of any workspace. Blobs that the mirror lacks are left out.
    pub(super) fn lay(&self, repository: &str, commit: &str) -> Result<TempDir, Failure> {
        let folder = TempDir::new().map_err(|source| Failure::File {
            action: "create a folder in",
            path: std::env::temp_dir(),
            source,
        })?;
        let mut list = self.git(repository)?;
        let listing = process::output(list.args(["ls-tree", "-r", "-z", "--full-tree", commit]))?;
        let mut blobs = Blobs::start(self.git(repository)?)?;
        for (blob, path) in listing.split_terminator('\0').filter_map(file) {
            let Some(text) = blobs.read(blob)? else { continue };
            let place = folder.path().join(path);
            let written = fs::create_dir_all(place.parent().unwrap_or(folder.path()))
                .and_then(|()| fs::write(&place, text));
            written.map_err(|source| Failure::File { action: "write", path: place, source })?;
        }
        Ok(folder)
    }
}

/// Blob and path of a line of `git ls-tree`; none for links and submodules.
fn file(row: &str) -> Option<(&str, &str)> {
    let (meta, path) = row.split_once('\t')?;
    let mut words = meta.split(' ');
    let (mode, kind, blob) = (words.next()?, words.next()?, words.next()?);
    (kind == "blob" && mode != "120000").then_some((blob, path))
}

/// `git cat-file --batch`, asked one by one.
struct Blobs {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Blobs {
    fn start(mut command: Command) -> Result<Self, Failure> {
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let shown = process::shown(&command);
        let mut child = command.spawn().map_err(|source| Failure::Start { command: shown, source })?;
        let answers = BufReader::new(child.stdout.take().expect("its standard output is piped"));
        Ok(Self { child, answers })
    }

    /// None where the folder does not hold the blob.
    fn read(&mut self, blob: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.ask(blob).map_err(|source| Failure::File {
            action: "read from git",
            path: PathBuf::from(blob),
            source,
        })
    }

    fn ask(&mut self, blob: &str) -> std::io::Result<Option<Vec<u8>>> {
        let stdin = self.child.stdin.as_mut().expect("its standard input is piped");
        writeln!(stdin, "{blob}")?;
        stdin.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let size = head.split_whitespace().nth(2).and_then(|size| size.parse::<usize>().ok());
        let Some(size) = size else { return Ok(None) };
        let mut text = vec![0; size + 1];
        self.answers.read_exact(&mut text)?;
        text.pop();
        Ok(Some(text))
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_submodules_are_no_files() {
        assert_eq!(file("100644 blob 1f2e\ta b.ts"), Some(("1f2e", "a b.ts")));
        assert_eq!(file("120000 blob 1f2e\tlink"), None);
        assert_eq!(file("160000 commit 1f2e\tmodule"), None);
    }

    #[test]
    fn a_tree_is_laid_from_its_objects() {
        let scratch = tempfile::tempdir().unwrap();
        let git = scratch.path().join("mirror/some+one/repo");
        fs::create_dir_all(&git).unwrap();
        let run = |words: &[&str]| {
            let mut command = Command::new("git");
            command.current_dir(&git).args(["-c", "user.name=t", "-c", "user.email=t@t"]).args(words);
            process::output(&mut command).unwrap();
        };
        run(&["init", "--quiet"]);
        fs::create_dir_all(git.join("src")).unwrap();
        fs::write(git.join("src/a.ts"), "one\n").unwrap();
        run(&["add", "."]);
        run(&["commit", "--quiet", "-m", "first"]);
        let mirror = Mirror::open(scratch.path().join("mirror")).unwrap();
        let commit = mirror.commit("some/one", "HEAD").unwrap();
        let tree = mirror.lay("some/one", &commit).unwrap();
        assert_eq!(fs::read_to_string(tree.path().join("src/a.ts")).unwrap(), "one\n");
        assert!(mirror.commit("no/such", "HEAD").unwrap_err().to_string().contains("no/such is missing"));
    }
}
