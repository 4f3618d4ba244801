//! The npm packages: `tuneup`, which holds a launcher, and one package for each platform, which holds the binary.
//!
//! npm installs of the optional dependencies those whose `os` and `cpu` are the machine's, so nothing is downloaded by a
//! script of ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use super::target::{TARGETS, Target};
use super::{LICENCES, copy, create_folder};
use crate::failure::Failure;
use crate::{process, workspace};

const NODE: &str = ">=18";

/// Lays both packages out below `dist`/npm and packs them there; answers with the packed files.
pub(super) fn pack(
    dist: &Path,
    target: &Target,
    binary: &Path,
    version: &str,
) -> Result<Vec<PathBuf>, Failure> {
    let home = dist.join("npm");
    let launcher = home.join("tuneup");
    lay_out(&launcher, &launcher_manifest(version))?;
    let sources = workspace::root().join("packaging/npm");
    copy(&sources.join("tuneup.js"), &launcher.join("bin/tuneup.js"))?;
    copy(&sources.join("README.md"), &launcher.join("README.md"))?;

    let platform = home.join(format!("{}-{}", target.node.0, target.node.1));
    lay_out(&platform, &platform_manifest(target, version))?;
    copy(binary, &platform.join("bin").join(target.binary))?;
    let readme = format!(
        "# {}\n\nThe binary of [tuneup](https://www.npmjs.com/package/tuneup) for one platform. Install `tuneup` instead: it \
         brings the package of yours.\n",
        target.package()
    );
    workspace::write(&platform.join("README.md"), &readme)?;
    [launcher, platform].iter().map(|folder| pack_folder(folder, &home)).collect()
}

fn lay_out(folder: &Path, manifest: &Value) -> Result<(), Failure> {
    create_folder(&folder.join("bin"))?;
    for licence in LICENCES {
        copy(&workspace::root().join(licence), &folder.join(licence))?;
    }
    workspace::write(&folder.join("package.json"), &format!("{manifest:#}\n"))
}

/// `npm pack`, which says what it wrote as JSON.
fn pack_folder(folder: &Path, destination: &Path) -> Result<PathBuf, Failure> {
    let mut command = npm();
    command.args(["pack", "--json", "--ignore-scripts", "--pack-destination"]).arg(destination);
    let said = process::output(command.current_dir(folder))?;
    let packed: Value = serde_json::from_str(&said).unwrap_or_default();
    match packed[0]["filename"].as_str() {
        Some(name) => Ok(destination.join(name)),
        None => {
            Err(Failure::Output { command: process::shown(&command), reason: "it names no file".to_owned() })
        }
    }
}

fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn launcher_manifest(version: &str) -> Value {
    let platforms: Map<String, Value> =
        TARGETS.iter().map(|target| (target.package(), version.into())).collect();
    json!({
        "name": "tuneup",
        "version": version,
        "description": "A performance engineer in one binary for Node.js, PostgreSQL and Redis backends",
        "license": "MIT OR Apache-2.0",
        "keywords": ["performance", "n-plus-one", "postgresql", "prisma", "typeorm", "static-analysis"],
        "bin": { "tuneup": "bin/tuneup.js" },
        "files": ["bin", LICENCES[0], LICENCES[1]],
        "engines": { "node": NODE },
        "optionalDependencies": platforms,
    })
}

fn platform_manifest(target: &Target, version: &str) -> Value {
    json!({
        "name": target.package(),
        "version": version,
        "description": format!("The binary of tuneup for {} on {}", target.node.0, target.node.1),
        "license": "MIT OR Apache-2.0",
        "files": ["bin", LICENCES[0], LICENCES[1]],
        "engines": { "node": NODE },
        "os": [target.node.0],
        "cpu": [target.node.1],
        // Yarn would keep it packed otherwise.
        "preferUnplugged": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_launcher_wants_every_platform_in_its_own_version() {
        let manifest = launcher_manifest("1.2.3");
        let wanted = manifest["optionalDependencies"].as_object().unwrap();
        assert_eq!(wanted.len(), TARGETS.len());
        for target in &TARGETS {
            assert_eq!(wanted[&target.package()], "1.2.3");
            let platform = platform_manifest(target, "1.2.3");
            assert_eq!(platform["name"], target.package());
            assert_eq!(
                (&platform["os"][0], &platform["cpu"][0]),
                (&target.node.0.into(), &target.node.1.into())
            );
        }
    }
}
