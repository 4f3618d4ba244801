//! Workflow commands, read back as the runner of GitHub Actions reads them.

use insta::assert_snapshot;
use tuneup_model::{ScanResult, ScanStats};
use tuneup_report::github;

use crate::sample;

/// The command, its properties and its message, with everything decoded.
fn read(line: &str) -> (String, Vec<(String, String)>, String) {
    let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (command, properties) = head.split_once(' ').unwrap();
    let properties = properties.split(',').map(|property| {
        let (name, value) = property.split_once('=').unwrap();
        (name.to_owned(), decoded(&value.replace("%3A", ":").replace("%2C", ",")))
    });
    (command.to_owned(), properties.collect(), decoded(message))
}

fn decoded(text: &str) -> String {
    text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

#[test]
fn a_finding_is_one_command() {
    let result = sample::result(vec![sample::across_calls(), sample::missing_index()]);
    assert_snapshot!(github(&result, ""), @r#"
    ::error file=apps/api/src/posts.controller.ts,line=42,endLine=42,col=26,endColumn=50,title=n-plus-one-across-calls::`this._posts.getPost` runs one query for each element of `ids`%0Apath: PostsController.list (apps/api/src/posts.controller.ts:38) -> PostsService.getPost (libs/core/src/posts.service.ts:22) -> prisma.post.findUnique (libs/db/src/posts.repository.ts:15)%0Acost: n queries → 1 query, where n = elements of ids%0Aseen: runs once for each element of `ids` (apps/api/src/posts.controller.ts:40)%0Ahelp: fetch all posts with one `findMany({ where: { id: { in: ids } } })` before the loop and look each of them up in a Map by its id%0Afix: replace the loop by one `findMany` (needs a reader)
    ::notice file=prisma/schema.prisma,line=9,endLine=14,title=missing-fk-index::no index leads with the foreign key `postId` of `Comment`%0Aseen: PostgreSQL does not index foreign keys%0Ahelp: add an index on `postId`%0Afix: add `@@index([postId])` to model Comment%0Asql: CREATE INDEX CONCURRENTLY ON "Comment" ("postId")%0Adoubt: no query joins on it%0Adoubt: the table may be small
    ::notice title=tuneup::7 warnings, the first: src/1.ts: skipped: not valid UTF-8 at byte 3
    "#);
}

#[test]
fn nothing_found_is_nothing_said() {
    let clean = ScanResult { stats: ScanStats { files: 1, ..ScanStats::default() }, ..ScanResult::default() };
    assert_eq!(github(&clean, ""), "");
    assert_eq!(github(&ScanResult::default(), ""), "::error title=tuneup::nothing could be read\n");
}

#[test]
fn hostile_text_stays_in_its_place() {
    let mut result = sample::result(vec![sample::hostile()]);
    result.warnings.clear();
    let text = github(&result, "apps/api");
    assert_eq!(text.lines().count(), 1, "{text}");
    let (command, properties, message) = read(text.trim_end());
    let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        (command.as_str(), names),
        ("error", vec!["file", "line", "endLine", "col", "endColumn", "title"])
    );
    assert!(properties[0].1.starts_with("apps/api/src/a\"'<b>&]]>"), "{properties:?}");
    assert_snapshot!(message.lines().next().unwrap(), @r#"a"'<b>&]]>-->|`x`*_[l](u)  ::error::e�[2J��%0A,:@octocat #1 🎉</details>"#);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
}
