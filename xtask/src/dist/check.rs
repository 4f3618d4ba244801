//! `cargo xtask dist --check`: installs the release as users do, in empty folders and without Rust, and runs it.
//!
//! The archive goes through the script that the GitHub Action and the pre-commit hook use, with this disk in place of
//! GitHub; the npm packages through `packaging/npm/check.js`, with a registry of its own on this machine.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::Release;
use crate::failure::Failure;
use crate::{process, workspace};

/// One query in a loop.
const PROGRAM: [(&str, &str); 2] = [
    ("schema.prisma", "datasource db {\n  provider = \"postgresql\"\n}\n\nmodel User {\n  id Int @id\n}\n"),
    (
        "app.ts",
        "import { PrismaClient } from '@prisma/client';
import express from 'express';

const prisma = new PrismaClient();
const app = express();
app.post('/users', async (request, response) => {
  for (const id of request.body.ids) {
    await prisma.user.findUnique({ where: { id } });
  }
});
",
    ),
];

pub(super) fn run(release: &Release) -> Result<(), Failure> {
    let binary = installs(release)?;
    refuses_a_changed_archive(release)?;
    action_runs(&binary)?;
    hook_runs(release)?;
    packages_run(release)?;
    println!("the archive, the action, the hook and the npm packages install and run");
    Ok(())
}

/// The archive installs, once, and what it holds runs.
fn installs(release: &Release) -> Result<(TempDir, PathBuf), Failure> {
    let home = empty_folder()?;
    let path = process::output(&mut install(release, &release.folder, home.path()))?;
    let binary = PathBuf::from(path.trim_end());
    let version = process::output(Command::new(&binary).arg("--version"))?;
    expect(
        version.trim_end() == format!("tuneup {}", release.version),
        "--version of the archive",
        &version,
    )?;
    // From nowhere: it is there already.
    let again = process::output(&mut install(release, Path::new("/nowhere"), home.path()))?;
    expect(again == path, "the second installation", &again)?;
    Ok((home, binary))
}

fn refuses_a_changed_archive(release: &Release) -> Result<(), Failure> {
    let name = format!("tuneup-{}.tar.gz", release.target.triple);
    let (changed, home) = (empty_folder()?, empty_folder()?);
    super::copy(
        &release.folder.join(format!("{name}.sha256")),
        &changed.path().join(format!("{name}.sha256")),
    )?;
    workspace::write(&changed.path().join(name), "not the archive")?;
    let (code, said) = ended(&mut install(release, changed.path(), home.path()))?;
    expect(code == Some(3) && said.contains("the checksum of"), "a changed archive", &said)
}

/// `packaging/install.sh` with `releases` on this disk.
fn install(release: &Release, releases: &Path, home: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg(workspace::root().join("packaging/install.sh"));
    command.args(["owner/tuneup", &release.version]).arg(home);
    command.env("TUNEUP_RELEASES", format!("file://{}", releases.display()));
    command
}

/// The action's script scans the example, fails for its findings and leaves SARIF for the step after it.
fn action_runs((home, binary): &(TempDir, PathBuf)) -> Result<(), Failure> {
    let (sarif, outputs) = (home.path().join("tuneup.sarif"), home.path().join("outputs"));
    let mut command = Command::new("sh");
    command.arg(workspace::root().join("packaging/action.sh")).current_dir(workspace::root());
    command.env("TUNEUP", binary).env("GITHUB_OUTPUT", &outputs);
    for input in ["DIFF", "BASELINE", "CONFIG", "OUTPUT"] {
        command.env(format!("INPUT_{input}"), "");
    }
    command.env("INPUT_PATH", "examples/party-invites").env("INPUT_ARGS", "--rule n-plus-one-across-calls");
    command.env("INPUT_FAIL_ON", "high").env("INPUT_FORMAT", "json").env("INPUT_SARIF", &sarif);
    let (code, said) = ended(&mut command)?;
    expect(code == Some(1) && said.contains("n-plus-one-across-calls"), "the action's run", &said)?;
    let outputs = workspace::read(&outputs)?;
    expect(outputs == format!("sarif={}\nexit-code=1\n", sarif.display()), "the action's outputs", &outputs)?;
    let sarif = workspace::read(&sarif)?;
    expect(sarif.contains("\"2.1.0\""), "the action's SARIF", &sarif)
}

/// The hook of pre-commit, from a clone of its own, at the first commit of a repository.
fn hook_runs(release: &Release) -> Result<(), Failure> {
    let (clone, repository) = (empty_folder()?, empty_folder()?);
    super::create_folder(&clone.path().join("packaging"))?;
    for file in ["Cargo.toml", "packaging/install.sh", "packaging/pre-commit.sh"] {
        super::copy(&workspace::root().join(file), &clone.path().join(file))?;
    }
    for folder in [&clone, &repository] {
        process::output(Command::new("git").args(["init", "--quiet"]).current_dir(folder))?;
    }
    for (path, text) in PROGRAM {
        workspace::write(&repository.path().join(path), text)?;
    }
    let mut command = Command::new("sh");
    command.arg(clone.path().join("packaging/pre-commit.sh")).args(["--fail-on", "low"]);
    command.env("TUNEUP_RELEASES", format!("file://{}", release.folder.display()));
    let (code, said) = ended(command.current_dir(&repository))?;
    expect(code == Some(1) && said.contains("n-plus-one-in-loop"), "the hook's run", &said)
}

/// `npx tuneup` in an empty folder, on a path without cargo.
fn packages_run(release: &Release) -> Result<(), Failure> {
    let root = workspace::root();
    let mut command = Command::new("node");
    command.arg(root.join("packaging/npm/check.js")).arg(release.folder.join("npm"));
    command.arg(&release.version).arg(root.join("examples/party-invites"));
    if let Some(path) = env::var_os("PATH") {
        let without = env::split_paths(&path).filter(|folder| !has_rust(folder));
        command.env("PATH", env::join_paths(without).expect("these folders were joined before"));
    }
    process::run(&mut command)
}

fn has_rust(folder: &Path) -> bool {
    ["cargo", "rustc", "cargo.exe", "rustc.exe"].iter().any(|program| folder.join(program).exists())
}

/// Exit code and both streams.
fn ended(command: &mut Command) -> Result<(Option<i32>, String), Failure> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|source| Failure::Start { command: process::shown(command), source })?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.code(), String::from_utf8_lossy(&said).into_owned()))
}

fn expect(holds: bool, what: &str, said: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::Broken(vec![format!("{what} is not as it should be:\n{said}")])) }
}

fn empty_folder() -> Result<TempDir, Failure> {
    tempfile::tempdir().map_err(|source| Failure::File {
        action: "create a folder in",
        path: env::temp_dir(),
        source,
    })
}
