//! The terminal report as a reader sees it, without its styles.

use insta::assert_snapshot;
use tuneup_model::{Finding, ScanResult};
use tuneup_report::{Detail, TerminalOptions, terminal};

use crate::sample;

const OPTIONS: TerminalOptions =
    TerminalOptions { width: 90, summary: Detail::Brief, stats: Detail::Brief, warnings: Detail::Brief };

fn plain(result: &ScanResult, options: &TerminalOptions) -> String {
    anstream::adapter::strip_str(&terminal(result, options)).to_string()
}

fn one(finding: Finding) -> String {
    let result = ScanResult { findings: vec![finding], ..ScanResult::default() };
    plain(&result, &OPTIONS)
}

#[test]
fn a_finding_across_files() {
    assert_snapshot!(one(sample::across_calls()), @r#"
    high[n-plus-one-across-calls]: `this._posts.getPost` runs one query for each element of `ids`
      --> apps/api/src/posts.controller.ts:42:26
       |
    40 | for (const id of ids) {
       | ----------------------- runs once for each element of `ids`
    ...
    42 |   const post = await this._posts.getPost(id);
       |                      ^^^^^^^^^^^^^^^^^^^^^^^^
       = path: PostsController.list (apps/api/src/posts.controller.ts:38)
               -> PostsService.getPost (libs/core/src/posts.service.ts:22)
               -> prisma.post.findUnique (libs/db/src/posts.repository.ts:15)
       = cost: n queries → 1 query, where n = elements of ids
       = help: fetch all posts with one `findMany({ where: { id: { in: ids } } })` before the
               loop and look each of them up in a Map by its id
       = fix:  replace the loop by one `findMany` (needs a reader)
       = sure: likely
    "#);
}

#[test]
fn a_finding_in_a_schema() {
    assert_snapshot!(one(sample::missing_index()), @r#"
    medium[missing-fk-index]: no index leads with the foreign key `postId` of `Comment`
     --> prisma/schema.prisma:9:1
      |
    9 | model Comment {
      | ^^^^^^^^^^^^^^^
      = seen: PostgreSQL does not index foreign keys
      = help: add an index on `postId`
      = fix:  add `@@index([postId])` to model Comment
      = sql:  CREATE INDEX CONCURRENTLY ON "Comment" ("postId")
      = sure: candidate: no query joins on it; the table may be small
    "#);
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let mut finding = sample::across_calls();
    finding.source = vec![format!("{}await f(x){}", "a; ".repeat(50), "; b".repeat(50))];
    finding.location.column = 151;
    finding.location.end_column = 161;
    finding.evidence.clear();
    finding.call_path.clear();
    assert_snapshot!(one(finding), @r#"
    high[n-plus-one-across-calls]: `this._posts.getPost` runs one query for each element of `ids`
      --> apps/api/src/posts.controller.ts:42:151
       |
    42 | ...; a; a; a; a; a; a; a; a; await f(x); b; b; b; b; b; b; b; b; b; b; b; b; b; b;...
       |                              ^^^^^^^^^^
       = cost: n queries → 1 query, where n = elements of ids
       = help: fetch all posts with one `findMany({ where: { id: { in: ids } } })` before the
               loop and look each of them up in a Map by its id
       = fix:  replace the loop by one `findMany` (needs a reader)
       = sure: likely
    "#);
}

#[test]
fn the_source_cannot_steer_the_terminal() {
    let mut finding = sample::missing_index();
    finding.source = vec!["\u{1b}[2Jmodel".into()];
    finding.message = "a\u{1b}]0;title\u{7}b".into();
    let text = terminal(&ScanResult { findings: vec![finding], ..ScanResult::default() }, &OPTIONS);
    assert!(!text.contains("\u{1b}[2J") && !text.contains("\u{1b}]0"), "{text:?}");
    assert!(text.contains("\u{fffd}[2Jmodel"), "{text:?}");
}

#[test]
fn the_end_counts() {
    let findings = vec![sample::across_calls(), sample::across_calls(), sample::missing_index()];
    let options = TerminalOptions { summary: Detail::Full, stats: Detail::Full, ..OPTIONS };
    let text = plain(&sample::result(findings), &options);
    let end = text.find("warning").unwrap();
    assert_snapshot!(&text[end..], @r#"
    warning: src/1.ts: skipped: not valid UTF-8 at byte 3
    warning: src/2.ts: skipped: not valid UTF-8 at byte 3
    warning: src/3.ts: skipped: not valid UTF-8 at byte 3
    warning: src/4.ts: skipped: not valid UTF-8 at byte 3
    warning: src/5.ts: skipped: not valid UTF-8 at byte 3
    warning: 2 warnings more, shown with --verbose

    3 findings: 2 high, 1 medium
        2  n-plus-one-across-calls
        1  missing-fk-index
    `tuneup rule n-plus-one-across-calls` explains a rule
    9 candidates are hidden because a part of the evidence is missing: --candidates shows them
    2 findings left out by `tuneup-ignore` comments
    Scanned 731 files, 109,213 lines in 0.42 s

    Understood
      local imports  3,980 of 4,000 resolved (99.5 %)
      calls          12,345 of 20,000 resolved (61.7 %)
      query sites    312 (14 by form only)
      functions      4,321
      entry points   210
      tables         45 (PostgreSQL)
    "#);
}

#[test]
fn nothing_found_is_said() {
    let mut result = sample::result(vec![]);
    result.warnings.clear();
    result.stats.candidates = 0;
    result.stats.ignored = 0;
    let options = TerminalOptions { summary: Detail::Full, ..OPTIONS };
    assert_snapshot!(plain(&result, &options), @r#"
    No findings
    Scanned 731 files, 109,213 lines in 0.42 s
    "#);
}

#[test]
fn all_warnings_on_request() {
    let options = TerminalOptions { warnings: Detail::Full, ..OPTIONS };
    assert_eq!(plain(&sample::result(vec![]), &options).matches("warning: src/").count(), 7);
    assert_eq!(plain(&sample::result(vec![]), &OPTIONS).matches("warning: src/").count(), 5);
}
