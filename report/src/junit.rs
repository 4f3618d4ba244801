//! JUnit XML, which nearly every CI server shows: a rule is a suite of tests, a finding is a test that failed.
//!
//! A rule without findings is a test that passed, so that a clean run is no empty report; a run that read nothing is a
//! test that could not be done. Names hold no lines, so that a server knows a test again after the code moved.

use std::fmt::Write as _;

use tuneup_model::{Finding, ScanResult};

use crate::notes::{is_candidate, notes};
use crate::uri::path_below;
use crate::words::{clean, harmless};

/// What the document says beside the result.
#[derive(Debug)]
pub struct JunitOptions<'a> {
    /// The id of every rule that was asked.
    pub rules: &'a [&'a str],
    /// The folder scanned, relative to the root of the tree.
    pub focus: &'a str,
}

/// Renders `result` as one XML document.
pub fn junit(result: &ScanResult, options: &JunitOptions<'_>) -> String {
    let mut rules: Vec<&str> = options.rules.to_vec();
    for finding in &result.findings {
        if !rules.contains(&finding.rule.as_str()) {
            rules.push(&finding.rule);
        }
    }
    let mut suites = vec![reading(result, options.focus)];
    // Where nothing was read no rule has passed.
    if result.stats.files > 0 {
        suites.extend(rules.into_iter().map(|rule| of_rule(rule, result, options.focus)));
    }
    let sum = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    line(
        &mut out,
        &format!(
            "<testsuites name=\"tuneup\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            sum(|suite| suite.tests),
            sum(|suite| suite.failures),
            sum(|suite| suite.errors),
            sum(|suite| suite.skipped),
        ),
    );
    for suite in &suites {
        suite.write(&mut out);
    }
    line(&mut out, "</testsuites>");
    out
}

#[derive(Default)]
struct Suite {
    name: String,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    body: String,
}

impl Suite {
    fn write(&self, out: &mut String) {
        let Self { name, tests, failures, errors, skipped, body } = self;
        line(
            out,
            &format!(
                "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
                 skipped=\"{skipped}\">",
                escaped(name)
            ),
        );
        out.push_str(body);
        line(out, "  </testsuite>");
    }
}

/// Whether the program could be read, and what of it could not.
fn reading(result: &ScanResult, focus: &str) -> Suite {
    let mut suite = Suite { name: "tuneup".to_owned(), tests: 1, ..Suite::default() };
    let test = "    <testcase classname=\"tuneup\" name=\"the program can be read\"";
    if result.stats.files > 0 {
        line(&mut suite.body, &format!("{test}/>"));
    } else {
        suite.errors = 1;
        line(&mut suite.body, &format!("{test}>"));
        line(&mut suite.body, "      <error message=\"nothing could be read\" type=\"tuneup\"/>");
        line(&mut suite.body, "    </testcase>");
    }
    if !result.warnings.is_empty() {
        line(&mut suite.body, "    <system-err>");
        for warning in &result.warnings {
            let said = match warning.file.as_str() {
                "" => clean(&warning.message),
                file => clean(&format!("{}: {}", path_below(focus, file), warning.message)),
            };
            line(&mut suite.body, &escaped(&format!("warning: {said}")));
        }
        line(&mut suite.body, "    </system-err>");
    }
    suite
}

fn of_rule(rule: &str, result: &ScanResult, focus: &str) -> Suite {
    let mut suite = Suite { name: rule.to_owned(), ..Suite::default() };
    for finding in result.findings.iter().filter(|finding| finding.rule == rule) {
        suite.tests += 1;
        if is_candidate(finding) {
            suite.skipped += 1;
        } else {
            suite.failures += 1;
        }
        test_case(&mut suite.body, finding, focus);
    }
    if suite.tests == 0 {
        suite.tests = 1;
        line(
            &mut suite.body,
            &format!("    <testcase classname=\"{}\" name=\"no findings\"/>", escaped(rule)),
        );
    }
    suite
}

fn test_case(out: &mut String, finding: &Finding, focus: &str) {
    let file = path_below(focus, &finding.location.file);
    let place = format!("{file}:{}:{}", finding.location.line, finding.location.column);
    let message = clean(&finding.message);
    // Equal messages in one file are told apart by the fingerprint.
    let name = format!("{file}: {message} [{}]", finding.fingerprint.0);
    line(
        out,
        &format!(
            "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\">",
            escaped(&finding.rule),
            escaped(&name),
            escaped(&file),
            finding.location.line
        ),
    );
    if is_candidate(finding) {
        let said = format!("candidate: {message}");
        line(out, &format!("      <skipped message=\"{}\"/>", escaped(&said)));
    } else {
        line(
            out,
            &format!("      <failure message=\"{}\" type=\"{}\">", escaped(&message), finding.severity),
        );
        line(out, &escaped(&place));
        for note in notes(finding, focus) {
            line(out, &escaped(&note));
        }
        line(out, "      </failure>");
    }
    line(out, "    </testcase>");
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string cannot fail");
}

/// For text and for attributes in double quotes; what XML 1.0 has no place for is replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(harmless(c)),
        }
    }
    out
}
