//! Rules about Rust sources: purpose first, short, honestly named.

use super::House;

/// Lines of production code a file should not exceed, and those it must not.
const LINES: usize = 400;
const MOST_LINES: usize = 600;

/// Files between the two, each with the reason why splitting would hurt.
const LONG_FILES: &[(&str, &str)] = &[(
    "scan/src/facts/ir.rs",
    "one vocabulary, data alone: its types refer to each other and are read together",
)];

/// Words that say nothing about what a thing does.
const EMPTY_WORDS: [&str; 6] = ["util", "utils", "helper", "helpers", "manager", "managers"];

/// `//!` is the first thing in every file.
pub(super) fn purpose(house: &House) -> Vec<String> {
    let silent = house.files_ending(".rs").filter(|(_, text)| !text.starts_with("//! "));
    silent.map(|(path, _)| format!("{path} does not begin with `//! ` and its purpose")).collect()
}

/// Production code up to [`LINES`], or [`MOST_LINES`] with a reason.
pub(super) fn length(house: &House) -> Vec<String> {
    too_long(house, LONG_FILES)
}

fn too_long(house: &House, excused: &[(&str, &str)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in house.files_ending(".rs").filter(|(path, _)| !is_test(path)) {
        let lines = production_lines(text);
        let excuse = excused.iter().any(|(long, _)| *long == path);
        if lines > MOST_LINES {
            complaints.push(format!("{path} has {lines} lines of production code, more than {MOST_LINES}"));
        } else if lines > LINES && !excuse {
            complaints.push(format!("{path} has {lines} lines of production code, more than {LINES}"));
        } else if lines <= LINES && excuse {
            complaints.push(format!("{path} is short now: remove it from LONG_FILES"));
        }
    }
    let gone = excused.iter().filter(|(path, _)| !house.files.contains_key(*path));
    complaints.extend(gone.map(|(path, _)| format!("{path} is gone: remove it from LONG_FILES")));
    complaints
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs")
}

/// Lines before the tests of a file; `#[cfg(test)] mod tests;` only points at another file.
fn production_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let begins_tests = |index: usize| {
        let next = lines.get(index + 1).map_or("", |line| line.trim());
        lines[index].starts_with("#[cfg(test)]") && !next.ends_with(';')
    };
    (0..lines.len()).find(|index| begins_tests(*index)).unwrap_or(lines.len())
}

/// Every file is a module of its parent, and the tests of a crate are one program: a file that nobody names is
/// never compiled, and nobody would notice.
pub(super) fn declared(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, _) in house.files_ending(".rs") {
        let Some((directory, file)) = path.rsplit_once('/') else { continue };
        if directory.ends_with("/tests") && !directory.contains("/src/") {
            complaints.push(format!("{path}: tests of a crate live in one program, tests/it/main.rs"));
        }
        if ["lib.rs", "main.rs", "build.rs"].contains(&file) {
            continue;
        }
        let declaration = format!("mod {};", file.trim_end_matches(".rs"));
        let parents =
            [format!("{directory}.rs"), format!("{directory}/lib.rs"), format!("{directory}/main.rs")];
        let texts = parents.iter().filter_map(|parent| house.files.get(parent));
        let declared = texts.into_iter().any(|text| text.lines().any(|line| line.ends_with(&declaration)));
        if !declared && !is_program(house, path) {
            complaints.push(format!("{path} is the module of no file, so it is never compiled"));
        }
    }
    complaints
}

/// Whether a manifest names the file as the root of a program: `path = "fuzz_targets/x.rs"`.
fn is_program(house: &House, path: &str) -> bool {
    house.files_ending("Cargo.toml").any(|(manifest, text)| {
        let inside = path.strip_prefix(manifest.trim_end_matches("Cargo.toml"));
        inside.is_some_and(|inside| text.lines().any(|line| line == format!("path = \"{inside}\"")))
    })
}

/// No `mod.rs`, no empty words in the names of files, types, traits, modules and functions.
pub(super) fn names(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in house.files_ending(".rs") {
        let file = path.rsplit('/').next().unwrap_or(path);
        if file == "mod.rs" {
            complaints.push(format!("{path}: write `foo.rs` beside `foo/`, not `mod.rs`"));
        }
        if is_empty_name(file.trim_end_matches(".rs")) {
            complaints.push(format!("{path}: the name does not say what the file is about"));
        }
        for (index, line) in text.lines().enumerate() {
            if let Some(name) = declared_name(line).filter(|name| is_empty_name(name)) {
                complaints.push(format!("{path}:{}: `{name}` does not say what it does", index + 1));
            }
        }
    }
    complaints
}

/// The name that a line of Rust declares.
fn declared_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    let keyword =
        words.find(|word| !(word.starts_with("pub") || ["const", "async", "unsafe"].contains(word)))?;
    if !["fn", "struct", "enum", "trait", "mod", "type"].contains(&keyword) {
        return None;
    }
    let name = words.next()?;
    Some(name.split(|next: char| !next.is_alphanumeric() && next != '_').next().unwrap_or(name))
}

/// Whether one of the words of `snake_case` or `CamelCase` is empty.
fn is_empty_name(name: &str) -> bool {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_uppercase() {
            words.push('_');
        }
        words.extend(character.to_lowercase());
    }
    words.split('_').any(|word| EMPTY_WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::super::tests::house;
    use super::*;

    #[test]
    fn a_file_without_purpose_is_named() {
        let house = house(&[("a/src/lib.rs", "//! Good.\n"), ("a/src/x.rs", "use std::fs;\n")]);
        assert_eq!(purpose(&house), ["a/src/x.rs does not begin with `//! ` and its purpose"]);
    }

    #[test]
    fn tests_do_not_count_as_production() {
        let long = "x\n".repeat(401);
        let tested = format!("{}#[cfg(test)]\nmod tests {{\n{long}}}\n", "x\n".repeat(400));
        let elsewhere = format!("#[cfg(test)]\nmod tests;\n{long}");
        let house = house(&[("a.rs", &tested), ("b.rs", &elsewhere), ("a/tests/it/main.rs", &long)]);
        assert_eq!(too_long(&house, &[]), ["b.rs has 403 lines of production code, more than 400"]);
    }

    #[test]
    fn a_reason_excuses_up_to_the_limit_and_must_be_needed() {
        let house = house(&[("a.rs", &"x\n".repeat(600)), ("b.rs", &"x\n".repeat(601)), ("c.rs", "x\n")]);
        let excused = [("a.rs", "a table"), ("b.rs", "a table"), ("c.rs", "a table"), ("d.rs", "a table")];
        assert_eq!(
            too_long(&house, &excused),
            [
                "b.rs has 601 lines of production code, more than 600",
                "c.rs is short now: remove it from LONG_FILES",
                "d.rs is gone: remove it from LONG_FILES"
            ]
        );
    }

    #[test]
    fn a_forgotten_file_is_named() {
        let house = house(&[
            ("a/src/lib.rs", "//! x\nmod known;\npub mod open;\n"),
            ("a/src/known.rs", "//! x\n"),
            ("a/src/known/inner.rs", "//! x\n"),
            ("a/src/open.rs", "//! x\n"),
            ("a/tests/alone.rs", "//! x\n"),
            ("a/tests/it/main.rs", "//! x\nmod seen;\n"),
            ("a/tests/it/seen.rs", "//! x\n"),
            ("b/Cargo.toml", "[[bin]]\nname = \"x\"\npath = \"programs/x.rs\"\n"),
            ("b/programs/x.rs", "//! x\n"),
        ]);
        assert_eq!(
            declared(&house),
            [
                "a/src/known/inner.rs is the module of no file, so it is never compiled",
                "a/tests/alone.rs: tests of a crate live in one program, tests/it/main.rs",
                "a/tests/alone.rs is the module of no file, so it is never compiled"
            ]
        );
    }

    #[test]
    fn empty_names_are_named() {
        let house = house(&[
            ("a/mod.rs", "//! x\n"),
            ("a/string_utils.rs", "//! x\npub(crate) struct LoopHelper<'a>;\nasync fn utility() {}\n"),
        ]);
        assert_eq!(
            names(&house),
            [
                "a/mod.rs: write `foo.rs` beside `foo/`, not `mod.rs`",
                "a/string_utils.rs: the name does not say what the file is about",
                "a/string_utils.rs:2: `LoopHelper` does not say what it does"
            ]
        );
    }
}
