//! A command that goes on while a test does something beside it.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Nothing in a test takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running command; it ends with this value at the latest.
#[derive(Debug)]
pub struct Running {
    child: Child,
    said: Receiver<Vec<u8>>,
    unread: String,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        let mut stdout = child.stdout.take().expect("standard output was piped above");
        let (tell, said) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if tell.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, said, unread: String::new() }
    }

    /// What was said up to and with `end`, since the last time. Panics where that does not come.
    pub fn says(&mut self, end: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.unread.find(end) {
                let rest = self.unread.split_off(at + end.len());
                return std::mem::replace(&mut self.unread, rest);
            }
            match self.said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.unread.push_str(&String::from_utf8_lossy(&bytes)),
                Err(error) => panic!("no `{end}` ({error}) in:\n{}", self.unread),
            }
        }
    }

    /// What is said within a time, where nothing is expected.
    pub fn says_within(&mut self, time: Duration) -> String {
        let deadline = Instant::now() + time;
        while let Ok(bytes) = self.said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.unread.push_str(&String::from_utf8_lossy(&bytes));
        }
        std::mem::take(&mut self.unread)
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the process has ended; none where a signal ended it.
    pub fn end(mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the process does not end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
