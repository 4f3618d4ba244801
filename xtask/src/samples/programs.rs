//! The programs the samples need: found, or installed from Debian's packages where that is ours to do.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// Where Debian keeps the servers of each PostgreSQL release.
const POSTGRES_RELEASES: &str = "/usr/lib/postgresql";
/// `package.json` of the samples asks for it.
const OLDEST_NODE: u32 = 20;

pub(super) struct Programs {
    pub(super) node: PathBuf,
    pub(super) npm: PathBuf,
    pub(super) redis_server: PathBuf,
    /// `initdb`, `postgres` and their kin.
    pub(super) postgres: PathBuf,
    /// Who runs PostgreSQL, which refuses to run as root; none where we are not root.
    pub(super) postgres_user: Option<u32>,
}

impl Programs {
    pub(super) fn find() -> Result<Self, Failure> {
        let root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
        let missing = missing();
        if !missing.is_empty() {
            let command = format!("apt-get install {}", missing.join(" "));
            if !root {
                return Err(Failure::Sample(format!(
                    "the samples need programs that are not here: {command}"
                )));
            }
            println!("{command}");
            install(&missing)?;
        }
        let node = in_path("node").ok_or_else(|| not_found("node"))?;
        is_recent(&process::output(Command::new(&node).arg("--version"))?)?;
        let postgres_user = root.then(|| process::output(Command::new("id").args(["-u", "postgres"])));
        Ok(Self {
            node,
            npm: in_path("npm").ok_or_else(|| not_found("npm"))?,
            redis_server: in_path("redis-server").ok_or_else(|| not_found("redis-server"))?,
            postgres: postgres().ok_or_else(|| not_found("initdb"))?,
            postgres_user: postgres_user.transpose()?.map(|id| user_id(&id)).transpose()?,
        })
    }
}

/// Debian's packages of what is not here.
fn missing() -> Vec<&'static str> {
    let wanted = [
        ("nodejs", in_path("node").is_some()),
        ("npm", in_path("npm").is_some()),
        ("redis-server", in_path("redis-server").is_some()),
        ("postgresql", postgres().is_some()),
    ];
    wanted.into_iter().filter(|(_, found)| !found).map(|(package, _)| package).collect()
}

fn install(packages: &[&str]) -> Result<(), Failure> {
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        // A run level of one: packages do not start their servers.
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
        process::output(&mut command)
    };
    let arguments = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    if apt(&arguments).is_err() {
        apt(&["update"])?;
        apt(&arguments)?;
    }
    Ok(())
}

fn in_path(program: &str) -> Option<PathBuf> {
    let directories = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&directories).map(|directory| directory.join(program)).find(|path| path.is_file())
}

/// The directory of the newest PostgreSQL servers.
fn postgres() -> Option<PathBuf> {
    let releases = fs::read_dir(POSTGRES_RELEASES).into_iter().flatten().flatten();
    let debian = releases.filter_map(|release| {
        let number: u32 = release.file_name().to_str()?.parse().ok()?;
        let directory = release.path().join("bin");
        directory.join("initdb").is_file().then_some((number, directory))
    });
    let elsewhere = || in_path("initdb")?.parent().map(Path::to_owned);
    debian.max().map(|(_, directory)| directory).or_else(elsewhere)
}

fn not_found(program: &str) -> Failure {
    Failure::Sample(format!("`{program}` is not found, although its package is installed"))
}

/// Whether `v20.11.1` will do.
fn is_recent(version: &str) -> Result<(), Failure> {
    let version = version.trim();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= OLDEST_NODE) {
        return Ok(());
    }
    Err(Failure::Sample(format!(
        "the samples need Node.js {OLDEST_NODE} or newer, and `node` is {version}: see https://nodejs.org"
    )))
}

fn user_id(text: &str) -> Result<u32, Failure> {
    text.trim().parse().map_err(|_| Failure::Output {
        command: "id -u postgres".to_owned(),
        reason: format!("`{}` is no number", text.trim()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_node_is_refused() {
        assert!(is_recent("v20.0.0\n").is_ok());
        assert!(is_recent("v24.1.0").is_ok());
        let said = is_recent("v18.20.4\n").map_err(|failure| failure.to_string());
        assert_eq!(
            said,
            Err("the samples need Node.js 20 or newer, and `node` is v18.20.4: see https://nodejs.org"
                .to_owned())
        );
        assert!(is_recent("").is_err());
    }
}
