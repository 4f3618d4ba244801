//! PostgreSQL and Redis of our own, on sockets in the scratch directory.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use super::programs::Programs;
use super::running::Running;
use crate::failure::Failure;
use crate::process;

/// The one user of the databases.
const USER: &str = "gallery";

pub(super) struct Postgres {
    running: Running,
    /// The directory of its socket.
    directory: PathBuf,
    createdb: PathBuf,
}

impl Postgres {
    pub(super) fn start(programs: &Programs, scratch: &Path) -> Result<Self, Failure> {
        let directory = scratch.join("postgres");
        let failed = |source| Failure::File { action: "create", path: directory.clone(), source };
        fs::create_dir(&directory).map_err(failed)?;
        if let Some(user) = programs.postgres_user {
            chown(&directory, Some(user), None).map_err(failed)?;
        }
        let data = directory.join("data");
        let command = |program: &str| {
            let mut command = Command::new(programs.postgres.join(program));
            command.current_dir(&directory).arg("-D").arg(&data);
            if let Some(user) = programs.postgres_user {
                command.uid(user);
            }
            command
        };
        let options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
        process::output(command("initdb").args(options))?;
        let mut server = command("postgres");
        server.arg("-k").arg(&directory).args(["-c", "listen_addresses=", "-c", "fsync=off"]);
        // SIGINT ends sessions and then the server; SIGTERM would wait for the sessions.
        let mut running = Running::start(&mut server, scratch.join("postgres.log"), Signal::SIGINT)?;
        let ready = programs.postgres.join("pg_isready");
        running.wait_for(|_| {
            process::output(Command::new(&ready).arg("-q").arg("-h").arg(&directory)).ok().map(drop)
        })?;
        Ok(Self { running, directory, createdb: programs.postgres.join("createdb") })
    }

    /// Makes a database and says its URL.
    pub(super) fn create(&self, name: &str) -> Result<String, Failure> {
        process::output(
            Command::new(&self.createdb).args(["-U", USER, "-h"]).arg(&self.directory).arg(name),
        )?;
        Ok(format!("postgresql:///{name}?host={}&user={USER}", self.directory.display()))
    }

    pub(super) fn stop(self) -> Result<(), Failure> {
        self.running.stop()
    }
}

/// A Redis that keeps nothing, and the path of its socket.
pub(super) fn redis(programs: &Programs, directory: &Path) -> Result<(Running, PathBuf), Failure> {
    let socket = directory.join("redis.sock");
    let mut command = Command::new(&programs.redis_server);
    command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(&socket);
    command.arg("--dir").arg(directory);
    let mut running = Running::start(&mut command, directory.join("redis.log"), Signal::SIGTERM)?;
    running.wait_for(|_| UnixStream::connect(&socket).ok().map(drop))?;
    Ok((running, socket))
}
