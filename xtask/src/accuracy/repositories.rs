//! Public repositories as bare git folders, and their trees laid out in a scratch folder.

use std::fs;
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

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
        let files: Vec<(&str, &str)> = listing.split_terminator('\0').filter_map(file).collect();
        each_blob(self.git(repository)?, &files, &|path, text| {
            let place = folder.path().join(path);
            fs::create_dir_all(place.parent().unwrap_or(folder.path())).and_then(|()| fs::write(&place, text))
        })
        .map_err(|source| Failure::File {
            action: "lay a tree in",
            path: folder.path().to_owned(),
            source,
        })?;
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

/// Hands over the text of each file that the git folder holds, in order; `git` answers while it is still being asked.
fn each_blob(
    mut git: Command,
    files: &[(&str, &str)],
    take: &dyn Fn(&str, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut child = git.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().expect("its standard input is piped");
    let mut answers = BufReader::new(child.stdout.take().expect("its standard output is piped"));
    let taken = thread::scope(|scope| {
        scope.spawn(move || files.iter().try_for_each(|(blob, _)| writeln!(stdin, "{blob}")));
        files.iter().try_for_each(|(_, path)| match answer(&mut answers)? {
            Some(text) => take(path, &text),
            None => Ok(()),
        })
    });
    drop(answers);
    child.wait()?;
    taken
}

/// None where the folder does not hold the blob.
fn answer(answers: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut head = String::new();
    answers.read_line(&mut head)?;
    let Some(size) = head.split_whitespace().nth(2).and_then(|size| size.parse::<usize>().ok()) else {
        return Ok(None);
    };
    let mut text = vec![0; size + 1];
    answers.read_exact(&mut text)?;
    text.pop();
    Ok(Some(text))
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
