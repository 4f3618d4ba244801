//! A program in the background: its output is kept in a file, and it ends with its value.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use crate::failure::Failure;
use crate::{process, workspace};

/// How long a program may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

pub(super) struct Running {
    command: String,
    child: Child,
    log: PathBuf,
    /// What makes it end in good order.
    farewell: Signal,
}

impl Running {
    /// Starts the command; what it says goes to `log`.
    pub(super) fn start(command: &mut Command, log: PathBuf, farewell: Signal) -> Result<Self, Failure> {
        let failed = |source| Failure::File { action: "create", path: log.clone(), source };
        let output = File::create(&log).map_err(failed)?;
        let errors = output.try_clone().map_err(failed)?;
        let child = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn();
        let command = process::shown(command);
        match child {
            Ok(child) => Ok(Self { command, child, log, farewell }),
            Err(source) => Err(Failure::Start { command, source }),
        }
    }

    /// Waits until `ready` has an answer.
    pub(super) fn wait_for<T>(&mut self, ready: impl Fn(&Path) -> Option<T>) -> Result<T, Failure> {
        let start = Instant::now();
        loop {
            if let Some(answer) = ready(&self.log) {
                return Ok(answer);
            }
            if let Some(status) = self.ended()? {
                return Err(Failure::Ended { command: self.command.clone(), status, said: self.said() });
            }
            if start.elapsed() > PATIENCE {
                return Err(self.late("start"));
            }
            thread::sleep(PAUSE);
        }
    }

    /// The URL after `listening on`.
    pub(super) fn url(&mut self) -> Result<String, Failure> {
        self.wait_for(|log| {
            let said = workspace::read(log).ok()?;
            let line = said.lines().find_map(|line| line.strip_prefix("listening on "))?;
            said.contains(&format!("{line}\n")).then(|| line.to_owned())
        })
    }

    /// Ends it in good order; a program that cannot do so has a fault.
    pub(super) fn stop(mut self) -> Result<(), Failure> {
        self.ask_to_end();
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match self.ended()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => {
                    return Err(Failure::Ended { command: self.command.clone(), status, said: self.said() });
                }
                None => thread::sleep(PAUSE),
            }
        }
        Err(self.late("end"))
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        self.child.try_wait().map_err(|source| Failure::Start { command: self.command.clone(), source })
    }

    fn ask_to_end(&self) {
        let id = i32::try_from(self.child.id()).expect("process ids of Linux are below 2^22");
        // It may have ended by itself.
        let _ = signal::kill(Pid::from_raw(id), self.farewell);
    }

    fn late(&self, action: &str) -> Failure {
        let seconds = PATIENCE.as_secs();
        Failure::Sample(format!("`{}` did not {action} within {seconds} s{}", self.command, self.said()))
    }

    fn said(&self) -> String {
        let said = workspace::read(&self.log).unwrap_or_default();
        format!("\n{}", said.trim_end())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        self.ask_to_end();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(5) {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(PAUSE);
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, log: &Path) -> Running {
        let log = log.join("log");
        Running::start(Command::new("sh").args(["-c", script]), log, Signal::SIGTERM).unwrap()
    }

    #[test]
    fn a_url_is_read_and_the_end_is_in_good_order() {
        let scratch = tempfile::tempdir().unwrap();
        let script = "trap 'exit 0' TERM; echo listening on http://127.0.0.1:7; while :; do sleep 0.01; done";
        let mut running = shell(script, scratch.path());
        assert_eq!(running.url().unwrap(), "http://127.0.0.1:7");
        running.stop().unwrap();
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let scratch = tempfile::tempdir().unwrap();
        let failure = shell("echo no database; exit 3", scratch.path()).url().unwrap_err().to_string();
        assert!(failure.ends_with("ended with exit status: 3\nno database"), "{failure}");
        let mut killed = shell("echo listening on http://x; sleep 60", scratch.path());
        killed.url().unwrap();
        assert!(killed.stop().is_err());
    }
}
