//! Reads a file that could crash the parser in a process of its own, whose end is a message and not ours.
//!
//! The child is this program with the hidden verb `__facts`: source on standard input, facts as JSON on standard output,
//! a stack as large as is reasonable and a limit of time.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tuneup_scan::facts::FileFacts;

const TIME_LIMIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(5);

/// The facts of `text`, or what happened to the child as a lowercase fragment.
pub(crate) fn facts_in_child(path: &str, text: &str) -> Result<FileFacts, String> {
    let program =
        std::env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
    let mut child = Command::new(program)
        .args(["__facts", "--", path])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("no process could be started: {error}"))?;
    let writer = feed(&mut child, text.to_owned());
    let reader = collect(&mut child);
    let status = wait(&mut child, Instant::now() + TIME_LIMIT)?;
    writer.join().ok();
    let answer = reader.join().unwrap_or_default();
    if !status.success() {
        return Err(format!("the parser crashed ({})", ended(status)));
    }
    serde_json::from_slice(&answer).map_err(|error| format!("the parser's answer is not readable: {error}"))
}

/// In a thread: a child that crashes does not read to the end, one that answers early must not block us.
fn feed(child: &mut Child, text: String) -> JoinHandle<()> {
    let stdin = child.stdin.take();
    thread::spawn(move || {
        if let Some(mut stdin) = stdin {
            stdin.write_all(text.as_bytes()).ok();
        }
    })
}

fn collect(child: &mut Child) -> JoinHandle<Vec<u8>> {
    let stdout = child.stdout.take();
    thread::spawn(move || {
        let mut answer = Vec::new();
        if let Some(mut stdout) = stdout {
            stdout.read_to_end(&mut answer).ok();
        }
        answer
    })
}

fn wait(child: &mut Child, deadline: Instant) -> Result<ExitStatus, String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
            Ok(None) => {
                child.kill().ok();
                child.wait().ok();
                return Err(format!("the parser took more than {} seconds", TIME_LIMIT.as_secs()));
            }
            Err(error) => return Err(format!("the parser's process was lost: {error}")),
        }
    }
}

fn ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.to_string()
}
