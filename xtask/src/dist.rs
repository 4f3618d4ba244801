//! `cargo xtask dist`: what a release consists of, for one platform, in `target/packed`.
//!
//! Each platform is built on a machine of its kind, because the binary itself prints the completions and manual pages
//! that are packed with it. The archive's name has no version, so that the address of the newest is always the same.

mod archive;
mod binary;
mod check;
mod npm;
mod target;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use self::target::Target;
use crate::failure::Failure;
use crate::{metadata, process, workspace};

const LICENCES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];

/// Shell, and the name of the file with its completions.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "tuneup.bash"),
    ("elvish", "tuneup.elv"),
    ("fish", "tuneup.fish"),
    ("powershell", "_tuneup.ps1"),
    ("zsh", "_tuneup"),
];

#[derive(Debug, Args)]
pub(crate) struct DistArguments {
    /// Platform, as rustc calls it [default: this one; on Linux the static one]
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Then install what was built as a user would, from the archive and from npm, and run it
    #[arg(long)]
    check: bool,
}

/// A release of one platform as it lies in `folder`.
#[derive(Debug)]
struct Release {
    folder: PathBuf,
    target: &'static Target,
    version: String,
}

pub(crate) fn run(arguments: &DistArguments) -> Result<(), Failure> {
    let target = Target::chosen(arguments.target.as_deref())?;
    let metadata = metadata::read()?;
    let tuneup =
        metadata.packages.iter().find(|package| package.source.is_none() && package.name == "tuneup");
    let version = tuneup.expect("the workspace has the package tuneup").version.clone();
    let binary = binary::build(target, &metadata.target_directory)?;
    // Not `dist`: cargo keeps its own files of the profile there.
    let release = Release { folder: metadata.target_directory.join("packed"), target, version };
    // What an earlier build left is no part of this one.
    if release.folder.exists() {
        fs::remove_dir_all(&release.folder).map_err(|source| Failure::File {
            action: "remove",
            path: release.folder.clone(),
            source,
        })?;
    }

    let unpacked = release.folder.join(format!("tuneup-{}", target.triple));
    lay_out(&unpacked, target, &binary)?;
    let archive = archive::pack(&unpacked)?;
    archive::write_checksum(&archive)?;
    let mut made = vec![unpacked.join(target.binary), archive];
    made.extend(npm::pack(&release.folder, target, &binary, &release.version)?);
    if let Some(platform) = target.docker {
        lay_out_image(&release.folder.join("docker"), platform, &binary)?;
    }
    for path in &made {
        print_size(path, &metadata.workspace_root)?;
    }
    if arguments.check { check::run(&release) } else { Ok(()) }
}

/// The folder that is packed: the binary with its licences, completions and manual pages.
fn lay_out(folder: &Path, target: &Target, binary: &Path) -> Result<(), Failure> {
    let root = workspace::root();
    for part in ["completions", "man"] {
        create_folder(&folder.join(part))?;
    }
    copy(binary, &folder.join(target.binary))?;
    for document in LICENCES.iter().chain(&["README.md", "CHANGELOG.md"]) {
        copy(&root.join(document), &folder.join(document))?;
    }
    for (shell, file) in COMPLETIONS {
        let script = process::output(Command::new(binary).args(["completions", shell]))?;
        workspace::write(&folder.join("completions").join(file), &script)?;
    }
    let page = process::output(Command::new(binary).arg("man"))?;
    workspace::write(&folder.join("man/tuneup.1"), &page)?;
    for verb in verbs(&workspace::read(&root.join("docs/cli.md"))?) {
        let page = process::output(Command::new(binary).args(["man", verb]))?;
        workspace::write(&folder.join(format!("man/tuneup-{verb}.1")), &page)?;
    }
    Ok(())
}

/// The verbs that the reference of the command line has sections of.
fn verbs(reference: &str) -> Vec<&str> {
    reference.lines().filter_map(|line| line.strip_prefix("## tuneup ")).collect()
}

/// What `docker build` is given: the Dockerfile and what it copies.
fn lay_out_image(folder: &Path, platform: &str, binary: &Path) -> Result<(), Failure> {
    create_folder(&folder.join(platform))?;
    copy(binary, &folder.join(platform).join("tuneup"))?;
    let root = workspace::root();
    copy(&root.join("packaging/Dockerfile"), &folder.join("Dockerfile"))?;
    for licence in LICENCES {
        copy(&root.join(licence), &folder.join(licence))?;
    }
    Ok(())
}

fn create_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|source| Failure::File {
        action: "create",
        path: path.to_owned(),
        source,
    })
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::copy(from, to).map(drop).map_err(|source| Failure::File {
        action: "copy",
        path: from.to_owned(),
        source,
    })
}

fn print_size(path: &Path, root: &Path) -> Result<(), Failure> {
    let about = fs::metadata(path).map_err(|source| Failure::File {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    let megabytes = about.len() as f64 / f64::from(1 << 20);
    println!("{megabytes:6.2} MiB  {}", path.strip_prefix(root).unwrap_or(path).display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_those_of_the_reference() {
        assert_eq!(verbs("# Command line\n\n## tuneup\n\n## tuneup scan\n\n## Exit codes\n"), ["scan"]);
    }
}
