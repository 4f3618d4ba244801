//! Rules about documents: what they name exists.

use super::House;
use crate::codegen::FILTER;

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const TEST_HEADING: &str = "## Test it";

/// ARCHITECTURE.md names every crate, and every path it names exists.
pub(super) fn architecture(house: &House) -> Vec<String> {
    let Some(text) = house.files.get(ARCHITECTURE) else { return vec![format!("{ARCHITECTURE} is missing")] };
    let named: Vec<&str> = code_spans(text).collect();
    let unnamed = house.crates.keys().filter(|directory| !named.contains(&directory.as_str()));
    let mut complaints: Vec<String> =
        unnamed.map(|directory| format!("{ARCHITECTURE} does not name the crate `{directory}`")).collect();
    let dead = named.into_iter().filter(|span| is_path(span) && !house.has(span));
    complaints.extend(dead.map(|path| format!("{ARCHITECTURE} names `{path}`, which does not exist")));
    complaints
}

/// Every link to a local file in a Markdown document leads to a file or directory.
pub(super) fn links(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in house.files_ending(".md") {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        for (index, line) in outside_fences(text) {
            for target in link_targets(line).filter(|target| is_local(target)) {
                let file = target.split('#').next().unwrap_or_default();
                if !joined(directory, file).is_some_and(|file| house.has(&file)) {
                    complaints.push(format!("{path}:{}: `{target}` leads nowhere", index + 1));
                }
            }
        }
    }
    complaints
}

/// The command under the README's heading of tests is what CI runs.
pub(super) fn test_command(house: &House) -> Vec<String> {
    let text = |path: &str| house.files.get(path).map_or("", String::as_str);
    let section = text("README.md").lines().skip_while(|line| *line != TEST_HEADING).skip(1);
    let command =
        section.take_while(|line| !line.starts_with('#')).find_map(|line| line.strip_prefix("    "));
    let Some(command) = command else {
        return vec![format!("README.md shows no command under `{TEST_HEADING}`")];
    };
    let runs = text(".ci/run").lines().last().is_some_and(|last| last == format!("exec {command}"));
    if runs { Vec::new() } else { vec![format!(".ci/run does not end with `exec {command}`")] }
}

/// The command line's reference and a page for each rule are there, and `cargo xtask codegen` finds their tests.
pub(super) fn generated(house: &House) -> Vec<String> {
    let registry = house.files.get("scan/src/rules.rs").map_or("", String::as_str);
    let rules = registry.lines().filter_map(|line| line.strip_prefix("    &")?.strip_suffix("::RULE,"));
    let pages = rules.map(|rule| format!("docs/rules/{}.md", rule.replace('_', "-")));
    let expected = std::iter::once("docs/cli.md".to_owned()).chain(pages);
    let missing = expected.filter(|path| !house.files.contains_key(path));
    let mut complaints: Vec<String> =
        missing.map(|path| format!("{path} is missing: run cargo xtask codegen")).collect();
    for (path, text) in house.files_ending(".rs").filter(|(path, _)| !path.starts_with("testkit/")) {
        let holds_document = text.contains(concat!("testkit::generated::", "check"));
        if holds_document && !path.contains(FILTER) && !text.contains(&format!("fn {FILTER}")) {
            complaints
                .push(format!("{path}: name the test `{FILTER}…`, or cargo xtask codegen does not find it"));
        }
    }
    complaints
}

/// Texts between backticks, outside fenced blocks.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    outside_fences(text).flat_map(|(_, line)| line.split('`').skip(1).step_by(2))
}

/// Lines with their index that do not belong to a fenced block.
fn outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    text.lines().enumerate().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

/// Whether a code span means a file or directory of this tree.
fn is_path(span: &str) -> bool {
    let plain = |next: char| next.is_alphanumeric() || "/._-".contains(next);
    let known_end = [".rs", ".md", ".toml", "/"].iter().any(|end| span.ends_with(end));
    span.chars().all(plain) && !span.starts_with('.') && (known_end || span.contains('/'))
}

/// Targets of `](…)` on a line.
fn link_targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

fn is_local(target: &str) -> bool {
    !(target.is_empty() || target.starts_with('#') || target.contains("://") || target.starts_with("mailto:"))
}

/// `directory/path` without `.` and `..`; none where it leaves the tree.
fn joined(directory: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::Edges;
    use super::super::tests::house;
    use super::*;

    #[test]
    fn architecture_names_crates_and_real_paths() {
        let text = "`model` in `model/src/lib.rs`, `a/b.rs`, `a::b`, `rules/<id>.rs`\n```\n`c/d.rs`\n```\n";
        let mut house = house(&[(ARCHITECTURE, text), ("model/src/lib.rs", "")]);
        house.crates.insert("model".to_owned(), Edges::default());
        house.crates.insert("sql".to_owned(), Edges::default());
        assert_eq!(
            architecture(&house),
            [
                "ARCHITECTURE.md does not name the crate `sql`",
                "ARCHITECTURE.md names `a/b.rs`, which does not exist"
            ]
        );
    }

    #[test]
    fn local_links_are_followed_from_their_document() {
        let text = "[a](../README.md#x) [b](rules/) [c](gone.md) [d](https://x.example/y)\n```\n[e](f.md)\n```\n[g](../../h)\n";
        let house = house(&[("README.md", ""), ("docs/a.md", text), ("docs/rules/x.md", "")]);
        assert_eq!(
            links(&house),
            ["docs/a.md:1: `gone.md` leads nowhere", "docs/a.md:5: `../../h` leads nowhere"]
        );
    }

    #[test]
    fn ci_runs_the_command_of_the_readme() {
        let readme = ("README.md", "# x\n\n    cargo run\n\n## Test it\n\n    cargo xtask test\n");
        let good = house(&[readme, (".ci/run", "#!/bin/sh\nexec cargo xtask test\n")]);
        assert_eq!(test_command(&good), [""; 0]);
        let other = house(&[readme, (".ci/run", "exec cargo test\n")]);
        assert_eq!(test_command(&other), [".ci/run does not end with `exec cargo xtask test`"]);
        let silent = house(&[("README.md", "## Test it\n")]);
        assert_eq!(test_command(&silent), ["README.md shows no command under `## Test it`"]);
    }

    #[test]
    fn each_rule_has_its_page() {
        let registry =
            "mod a_b;\nmod c;\nmod shared;\nstatic RULES = &[\n    &a_b::RULE,\n    &c::RULE,\n];\n";
        let hidden = concat!("fn pages() { tuneup_testkit::generated::", "check(x) }");
        let found = concat!("fn generated_docs() { tuneup_testkit::generated::", "check(x) }");
        let house = house(&[
            ("scan/src/rules.rs", registry),
            ("docs/rules/c.md", ""),
            ("scan/src/laws.rs", hidden),
            ("scan/src/found.rs", found),
        ]);
        assert_eq!(
            generated(&house),
            [
                "docs/cli.md is missing: run cargo xtask codegen",
                "docs/rules/a-b.md is missing: run cargo xtask codegen",
                "scan/src/laws.rs: name the test `generated_docs…`, or cargo xtask codegen does not find it"
            ]
        );
    }
}
