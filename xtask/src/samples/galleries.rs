//! A gallery: installed, built, its database seeded, and running beside its Redis and its outside world.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use super::programs::Programs;
use super::running::Running;
use super::stores::{self, Postgres};
use crate::failure::Failure;
use crate::process;

pub(super) struct Gallery {
    // Fields are dropped in this order: the gallery ends before what it talks to.
    service: Running,
    outside: Running,
    redis: Running,
    urls: [String; 2],
}

impl Gallery {
    pub(super) fn start(
        name: &str,
        programs: &Programs,
        postgres: &Postgres,
        scratch: &Path,
    ) -> Result<Self, Failure> {
        let directory = scratch.join(name);
        let npm = |arguments: &[&str]| {
            let mut command = Command::new(&programs.npm);
            command.args(arguments).current_dir(&directory);
            command
        };
        quietly(&mut npm(&["ci"]))?;
        quietly(&mut npm(&["run", "build"]))?;
        let database = postgres.create(&name.replace('-', "_"))?;
        let state = scratch.join(format!("{name}-state"));
        fs::create_dir(&state).map_err(|source| Failure::File {
            action: "create",
            path: state.clone(),
            source,
        })?;
        let (redis, socket) = stores::redis(programs, &state)?;
        let mut outside = Command::new(&programs.node);
        outside.arg(scratch.join("outside.mjs")).env("PORT", "0");
        let mut outside = Running::start(&mut outside, state.join("outside.log"), Signal::SIGTERM)?;
        let outside_url = outside.url()?;
        let set_up = |command: &mut Command| {
            command.env("DATABASE_URL", &database).env("REDIS_URL", &socket);
            command.env("OUTSIDE_URL", &outside_url).env("UPLOAD_DIR", state.join("uploads"));
            command.env("PORT", "0").env_remove("HOST");
        };
        for script in ["migrate", "seed"] {
            let mut command = npm(&["run", script]);
            set_up(&mut command);
            quietly(&mut command)?;
        }
        // What `npm start` runs, without npm between us and its end.
        let mut service = Command::new(&programs.node);
        service.arg("dist/server.js").current_dir(&directory);
        set_up(&mut service);
        let mut service = Running::start(&mut service, state.join("service.log"), Signal::SIGTERM)?;
        let url = service.url()?;
        Ok(Self { service, outside, redis, urls: [url, outside_url] })
    }

    /// Its own and that of its outside world.
    pub(super) fn urls(&self) -> &[String; 2] {
        &self.urls
    }

    pub(super) fn stop(self) -> Result<(), Failure> {
        self.service.stop()?;
        self.outside.stop()?;
        self.redis.stop()
    }
}

/// Runs a command whose output is of interest only if it fails; `tsc` complains to standard output.
fn quietly(command: &mut Command) -> Result<(), Failure> {
    let shown = process::shown(command);
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|source| Failure::Start { command: shown.clone(), source })?;
    if output.status.success() {
        return Ok(());
    }
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let said = format!("\n{}\n{}", said.trim_end(), complained.trim_end());
    Err(Failure::Ended { command: shown, status: output.status, said })
}
