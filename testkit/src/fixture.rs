//! A small program in one string: `//- /path` lines begin files, carets under a line say what is expected there.
//!
//! ```text
//! //- /src/posts.ts
//! for (const post of posts) {
//!   await prisma.comment.findMany({ where: { postId: post.id } });
//!   //    ^^^^^^^^^^^^^^^^^^^^^^^ n-plus-one-in-loop: one query per post
//! }
//! ```
//!
//! Annotations are comments, so they stay in the text and line numbers mean the text as it stands. A caret line
//! speaks of the nearest line above it that is not itself a caret line. The comment marker hides the first two
//! columns, so `//<^^^ rule-id` reaches from column 1 to the last caret. `.sql` files use `--` in place of `//`.
//!
//! Columns count from 1 in UTF-16 code units, as in [`tuneup_model::Location`]; `end_column` is the column after
//! the last caret.

use std::fmt::Write as _;

use tuneup_model::{Confidence, Finding, Fingerprint, Likeness, Location, Severity};

/// The files of a fixture and what its carets say, both in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fixture {
    /// Path without a leading slash, and text.
    pub files: Vec<(String, String)>,
    pub annotations: Vec<Annotation>,
}

/// One run of carets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Annotation {
    pub file: String,
    /// The annotated line, counted from 1.
    pub line: u32,
    pub column: u32,
    pub end_column: u32,
    /// What stands after the carets: `rule-id`, or `rule-id: part of the message`.
    pub text: String,
}

/// The file of a fixture that names none.
const ONLY_FILE: &str = "main.ts";

impl Fixture {
    /// Parses a fixture; indentation common to all lines is removed. Text without a header is `main.ts`.
    ///
    /// Panics where the fixture is malformed: a header without a slash, a path twice, carets without a line above.
    pub fn parse(text: &str) -> Self {
        let mut fixture = Self::default();
        for line in trim_indentation(text).split_inclusive('\n') {
            if let Some(path) = line.trim_end().strip_prefix("//- ") {
                fixture.begin_file(path);
                continue;
            }
            if fixture.files.is_empty() {
                if line.trim().is_empty() {
                    continue;
                }
                fixture.begin_file(&format!("/{ONLY_FILE}"));
            }
            let (_, current) = fixture.files.last_mut().expect("a file was begun above");
            current.push_str(line);
        }
        fixture.annotations = fixture.files.iter().flat_map(|(path, text)| annotations(path, text)).collect();
        fixture
    }

    /// The text of one file. Panics where there is none of that path.
    pub fn text(&self, path: &str) -> &str {
        let found = self.files.iter().find(|(name, _)| name == path);
        found.map_or_else(|| panic!("the fixture has no file `{path}`"), |(_, text)| text.as_str())
    }

    /// Panics unless the findings stand exactly where the carets do, each under its rule, each message containing
    /// what follows `rule-id:`. A finding of several lines is compared with its first line.
    pub fn assert_findings(&self, findings: &[Finding]) {
        let mut unexpected: Vec<Annotation> = findings.iter().map(|finding| self.seen(finding)).collect();
        let mut missing = Vec::new();
        for annotation in &self.annotations {
            match unexpected.iter().position(|seen| matches(seen, annotation)) {
                Some(position) => drop(unexpected.remove(position)),
                None => missing.push(annotation),
            }
        }
        if missing.is_empty() && unexpected.is_empty() {
            return;
        }
        let mut message = String::from("findings and carets differ\n");
        let places = missing.into_iter().map(|it| ("missing:   ", it));
        for (what, place) in places.chain(unexpected.iter().map(|it| ("unexpected:", it))) {
            let Annotation { file, line, column, end_column, text } = place;
            writeln!(message, "  {what} {file}:{line}:{column}-{end_column} {text}")
                .expect("writing to a string cannot fail");
        }
        panic!("{message}");
    }

    fn begin_file(&mut self, path: &str) {
        let name =
            path.strip_prefix('/').unwrap_or_else(|| panic!("fixture header `{path}` has no leading slash"));
        assert!(!self.files.iter().any(|(known, _)| known == name), "fixture names `{name}` twice");
        self.files.push((name.to_owned(), String::new()));
    }

    /// A finding in the form of an annotation.
    fn seen(&self, finding: &Finding) -> Annotation {
        let Location { file, line, column, end_line, end_column } = finding.location.clone();
        let end_column = if end_line == line { end_column } else { self.width_of(&file, line) + 1 };
        Annotation { file, line, column, end_column, text: format!("{}: {}", finding.rule, finding.message) }
    }

    /// Columns of a line without trailing blanks.
    fn width_of(&self, file: &str, line: u32) -> u32 {
        let text = self.text(file).lines().nth(line as usize - 1);
        text.map_or(0, |line| utf16_len(line.trim_end()))
    }
}

fn matches(seen: &Annotation, expected: &Annotation) -> bool {
    let (rule, message) = expected.text.split_once(':').unwrap_or((&expected.text, ""));
    let (seen_rule, seen_message) = seen.text.split_once(':').unwrap_or((&seen.text, ""));
    seen.file == expected.file
        && (seen.line, seen.column, seen.end_column) == (expected.line, expected.column, expected.end_column)
        && seen_rule == rule.trim()
        && seen_message.contains(message.trim())
}

fn annotations(path: &str, text: &str) -> Vec<Annotation> {
    let extension = path.rsplit('.').next().unwrap_or_default();
    let marker = if extension.eq_ignore_ascii_case("sql") { "--" } else { "//" };
    let mut found = Vec::new();
    let mut annotated_line = None;
    for (index, line) in text.lines().enumerate() {
        match caret_line(line, marker) {
            None => annotated_line = Some(index as u32 + 1),
            Some((column, end_column, text)) => {
                let line =
                    annotated_line.unwrap_or_else(|| panic!("carets without a line above in `{path}`"));
                found.push(Annotation {
                    file: path.to_owned(),
                    line,
                    column,
                    end_column,
                    text: text.to_owned(),
                });
            }
        }
    }
    found
}

/// First column, column after the last, and text of a line that is only a comment with carets.
fn caret_line<'a>(line: &'a str, marker: &str) -> Option<(u32, u32, &'a str)> {
    let comment = line.trim_start().strip_prefix(marker)?;
    let from_start = comment.starts_with('<');
    let comment = comment.strip_prefix('<').unwrap_or(comment);
    let carets_and_text = comment.trim_start();
    let text = carets_and_text.trim_start_matches('^');
    if text.len() == carets_and_text.len() {
        return None;
    }
    let column = utf16_len(&line[..line.len() - carets_and_text.len()]) + 1;
    let end_column = utf16_len(&line[..line.len() - text.len()]) + 1;
    Some((if from_start { 1 } else { column }, end_column, text.trim()))
}

fn utf16_len(text: &str) -> u32 {
    text.encode_utf16().count() as u32
}

/// Removes the indentation common to all lines that are not blank.
fn trim_indentation(text: &str) -> String {
    let indentation = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let common = text.lines().filter(|line| !line.trim().is_empty()).map(indentation).min().unwrap_or(0);
    let cut = |line: &str| {
        line.get(common..).map_or_else(|| line.trim_start_matches(' ').to_owned(), str::to_owned)
    };
    text.split_inclusive('\n').map(cut).collect()
}

/// A finding of which only rule, place and message are given.
pub fn some_finding(rule: &str, file: &str, line: u32, message: &str) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity: Severity::Medium,
        confidence: Confidence::Likely,
        fingerprint: Fingerprint(String::new()),
        likeness: Likeness::default(),
        location: Location { file: file.to_owned(), line, column: 1, end_line: line, end_column: 2 },
        source: Vec::new(),
        message: message.to_owned(),
        help: String::new(),
        cost: None,
        call_path: Vec::new(),
        evidence: Vec::new(),
        doubts: Vec::new(),
        fix: None,
        experiment: None,
        weight: None,
        rank: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_carets_are_read() {
        let fixture = Fixture::parse(
            "
            //- /src/a.ts
            const a = await find();
            //        ^^^^^^^^^^^^ slow: one query
            //<^^^ other
            //- /schema.prisma
            model Post {
              authorId Int
              // ^^^^^ missing-fk-index
            }
            //- /init.sql
            SELECT 1;
            --     ^ sql
            ",
        );
        let paths: Vec<&str> = fixture.files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["src/a.ts", "schema.prisma", "init.sql"]);
        assert!(fixture.text("src/a.ts").starts_with("const a = await find();\n//        ^^^"));
        let places: Vec<(&str, u32, u32, u32, &str)> = fixture
            .annotations
            .iter()
            .map(|it| (it.file.as_str(), it.line, it.column, it.end_column, it.text.as_str()))
            .collect();
        assert_eq!(
            places,
            [
                ("src/a.ts", 1, 11, 23, "slow: one query"),
                ("src/a.ts", 1, 1, 7, "other"),
                ("schema.prisma", 2, 6, 11, "missing-fk-index"),
                ("init.sql", 1, 8, 9, "sql"),
            ]
        );
    }

    #[test]
    fn text_without_header_is_one_file() {
        let fixture = Fixture::parse("\n  if (a) {\n    b();\n  }\n");
        assert_eq!(fixture.files, [("main.ts".to_owned(), "if (a) {\n  b();\n}\n".to_owned())]);
    }

    #[test]
    fn ordinary_comments_are_no_annotations() {
        let fixture = Fixture::parse("// see ^ below\nf();\n// x ^^^\n//\n");
        assert_eq!(fixture.annotations, []);
    }

    #[test]
    fn columns_count_utf16_units() {
        let fixture = Fixture::parse("say(\"😀\", x);\n//        ^ here\n");
        let line = fixture.text("main.ts").lines().next().unwrap();
        let before = line.split('x').next().unwrap();
        assert_eq!(fixture.annotations[0].column, utf16_len(before) + 1);
    }

    #[test]
    #[should_panic(expected = "carets without a line above")]
    fn carets_need_a_line() {
        Fixture::parse("//- /a.ts\n// ^^ what\n");
    }

    #[test]
    #[should_panic(expected = "names `a.ts` twice")]
    fn paths_are_unique() {
        Fixture::parse("//- /a.ts\nx\n//- /a.ts\ny\n");
    }

    #[test]
    fn findings_match_by_place_rule_and_message() {
        let fixture = Fixture::parse("await find(\n//    ^^^^^ slow: one query\n);\n");
        fixture.assert_findings(&[finding("slow", "one query per post", 7, 3)]);
    }

    #[test]
    #[should_panic(expected = "missing:    main.ts:1:7-12 slow: one query")]
    fn a_missing_finding_fails() {
        Fixture::parse("await find(\n//    ^^^^^ slow: one query\n);\n").assert_findings(&[]);
    }

    #[test]
    #[should_panic(expected = "unexpected: main.ts:1:7-12 slow: other words")]
    fn another_message_fails() {
        let fixture = Fixture::parse("await find(\n//    ^^^^^ slow: one query\n);\n");
        fixture.assert_findings(&[finding("slow", "other words", 7, 3)]);
    }

    fn finding(rule: &str, message: &str, column: u32, end_line: u32) -> Finding {
        let mut finding = some_finding(rule, "main.ts", 1, message);
        finding.location = Location { column, end_line, end_column: 2, ..finding.location };
        finding
    }
}
