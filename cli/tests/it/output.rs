//! Results reach their file complete or not at all, and a reader that leaves early is no error.

use std::fs;
use std::time::Duration;

use insta::assert_snapshot;

use crate::shop::{TUNEUP, finds_the_loop, shop, tuneup};

fn files_in(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn a_file_gets_what_the_terminal_would() {
    let sandbox = shop();
    sandbox.write("out/result.txt", "old");
    let shown = tuneup(&sandbox, &["scan"]).run();
    let written = tuneup(&sandbox, &["scan", "--output", "out/result.txt"]).run();
    assert_eq!(written.to_string(), "-- stderr\n-- exit code 1\n");
    assert_eq!(shown.redact(&sandbox.read("out/result.txt")), shown.redact(&shown.stdout));
    assert_eq!(files_in(&sandbox.work().join("out")), ["result.txt"]);
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    assert_snapshot!(tuneup(&shop(), &["scan", "--output", "none/result.txt"]).run().to_string(), @r#"
    -- stderr
    error: cannot write `none/result.txt`
    caused by: its folder does not exist
    -- exit code 2
    "#);
    assert_snapshot!(tuneup(&shop(), &["scan", "--output", "src"]).run().to_string(), @r#"
    -- stderr
    error: cannot write `src`
    caused by: is a directory
    -- exit code 2
    "#);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let sandbox = shop();
    let outcome = sandbox.command("sh").args(["-c", "\"$0\" scan > /dev/full", TUNEUP]).run();
    assert_snapshot!(outcome.to_string(), @r#"
    -- stderr
    error: cannot write to standard output
    caused by: No space left on device (os error 28)
    -- exit code 2
    "#);
}

#[cfg(unix)]
#[test]
fn a_reader_may_leave_early() {
    let sandbox = shop();
    let outcome = sandbox.command("sh").args(["-c", "\"$0\" scan | true", TUNEUP]).run();
    assert_eq!(outcome.to_string(), "-- stderr\n-- exit code 0\n");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_and_not_replaced() {
    let sandbox = shop();
    let script = "mkfifo pipe; cat pipe & \"$0\" scan --output pipe; wait; test -p pipe";
    let outcome = sandbox.command("sh").args(["-c", script, TUNEUP]).run();
    assert!(finds_the_loop(&outcome), "{outcome}");
    assert_eq!(outcome.code, Some(0));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_new_files_have_usual_rights() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = shop();
    sandbox.write("real.json", "old");
    std::os::unix::fs::symlink("real.json", sandbox.work().join("link.json")).unwrap();
    tuneup(&sandbox, &["scan", "--format", "json", "--output", "link.json"]).run();
    assert!(fs::symlink_metadata(sandbox.work().join("link.json")).unwrap().is_symlink());
    assert!(sandbox.read("real.json").starts_with('{'));
    sandbox.command("sh").args(["-c", "umask 022; \"$0\" scan -o new.txt", TUNEUP]).run();
    let mode = fs::metadata(sandbox.work().join("new.txt")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

/// Stopped at whatever moment, the file holds the old result or the whole new one.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_no_half_written_file() {
    let sandbox = shop();
    for number in 0..300 {
        sandbox
            .write(&format!("src/more/{number}.ts"), "export const f = (a) => a.findMany({});\n".repeat(50));
    }
    for delay in [0, 10, 20, 40, 80, 160] {
        sandbox.write("result.json", "old");
        let mut child = std::process::Command::new(TUNEUP)
            .args(["scan", "--format", "json", "--output", "result.json"])
            .current_dir(sandbox.work())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        let text = sandbox.read("result.json");
        assert!(
            text == "old" || serde_json::from_str::<serde_json::Value>(&text).is_ok(),
            "after {delay} ms"
        );
    }
}
