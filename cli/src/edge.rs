//! Where a run begins and ends: one thread with a deep stack, whose panic is our bug and is said so.

use std::io::Write as _;
use std::panic;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use clap::Parser as _;

use crate::Exit;
use crate::args::Cli;
use crate::verbs;

/// Program text decides how deep the analysis recurses.
pub(crate) const STACK_BYTES: usize = 64 << 20;

/// The first panic of the run, as its hook saw it.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version come this way too, with code 0.
        Err(error) => {
            error.print().ok();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Clean.into() };
        }
    };
    cli.global.color.apply();
    panic::set_hook(Box::new(|info| {
        if let Ok(mut first) = PANIC.lock() {
            first.get_or_insert_with(|| info.to_string());
        }
    }));
    guarded(move || match verbs::run(&cli) {
        Ok(exit) => exit,
        Err(error) => {
            error.print();
            error.exit()
        }
    })
    .into()
}

/// Runs `work` on a deep stack; a panic in it, or in a worker it waits for, becomes [`Exit::Bug`].
fn guarded(work: impl FnOnce() -> Exit + Send + 'static) -> Exit {
    let running = thread::Builder::new().name("tuneup".into()).stack_size(STACK_BYTES).spawn(work);
    let ended = match running {
        Ok(thread) => thread.join(),
        Err(error) => {
            crate::error::CliError::could_not_measure("start a thread").because(&error).print();
            return Exit::CouldNotMeasure;
        }
    };
    ended.unwrap_or_else(|_| {
        let panic = PANIC
            .lock()
            .ok()
            .and_then(|mut first| first.take())
            .unwrap_or_else(|| "a panic without a message".into());
        print_bug(&panic);
        Exit::Bug
    })
}

fn print_bug(panic: &str) {
    let text = format!(
        "error: tuneup has a bug and could not go on\n\
         caused by: {}\n\
         hint: please report it with the command line, `tuneup --version` and the line above\n",
        panic.replace('\n', " ")
    );
    anstream::stderr().write_all(text.as_bytes()).ok();
}

#[cfg(test)]
mod tests {
    use super::guarded;
    use crate::Exit;

    #[test]
    fn a_panic_is_our_bug() {
        assert_eq!(guarded(|| Exit::Findings), Exit::Findings);
        assert_eq!(guarded(|| panic!("the list is never empty")), Exit::Bug);
    }
}
