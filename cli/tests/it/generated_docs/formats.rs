//! docs/formats.md: its prose is written by hand, each block below a line `<!-- shown: … -->` by the program.

use std::fs;
use std::path::Path;

use tuneup_testkit::Sandbox;
use tuneup_testkit::generated::{check, workspace_root};

use crate::shop::tuneup;

const PAGE: &str = "docs/formats.md";

/// Characters of a line that are shown.
const WIDTH: usize = 160;

#[test]
fn the_page_of_formats_is_current() {
    check(PAGE, &with_output(&page(), &example()));
}

#[test]
fn every_format_is_shown() {
    let help = tuneup(&Sandbox::new(), &["--format", "?"]).run().stderr;
    let (_, values) = help.split_once("[possible values: ").unwrap();
    let page = page();
    for format in values.split(']').next().unwrap().split(", ").filter(|format| *format != "terminal") {
        assert!(page.contains(&format!("--format {format}")), "{format}");
        assert!(page.contains(&format!("\n## {format}\n")), "{format}");
    }
}

fn page() -> String {
    fs::read_to_string(workspace_root().join(PAGE)).unwrap()
}

/// A copy of the example, as a user has it who has nothing else.
fn example() -> Sandbox {
    let sandbox = Sandbox::new();
    copy(&workspace_root().join("examples/party-invites"), "", &sandbox);
    sandbox
}

fn copy(folder: &Path, below: &str, sandbox: &Sandbox) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != "node_modules" {
                copy(&entry.path(), &format!("{path}/"), sandbox);
            }
        } else {
            sandbox.write(&path, fs::read(entry.path()).unwrap());
        }
    }
}

/// `page` with every shown block as the program writes it.
fn with_output(page: &str, example: &Sandbox) -> String {
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(command) = line.strip_prefix("<!-- shown: ").and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        let fence = lines.next().filter(|line| line.starts_with("```")).expect("a block follows");
        assert!(lines.any(|line| line == "```"), "the block of `{command}` does not end");
        let shown = shown(example, command);
        out.extend([fence, "\n", &shown, "```\n"]);
    }
    out
}

fn shown(example: &Sandbox, command: &str) -> String {
    let arguments: Vec<&str> = command.split(' ').collect();
    let outcome = tuneup(example, &arguments).run();
    assert_eq!((outcome.stderr.as_str(), outcome.code), ("", Some(1)), "{command}");
    let lines = outcome.stdout.lines().map(|line| {
        let line = without_time(line);
        match line.char_indices().nth(WIDTH) {
            Some((end, _)) => format!("{}…\n", &line[..end]),
            None => format!("{line}\n"),
        }
    });
    lines.collect()
}

/// The one thing that differs from run to run.
fn without_time(line: &str) -> String {
    let known = [("\"seconds\": ", "0.04,"), (" lines in ", "0.04 s")];
    for (before, time) in known {
        if let Some((head, _)) = line.split_once(before) {
            return format!("{head}{before}{time}");
        }
    }
    line.to_owned()
}
