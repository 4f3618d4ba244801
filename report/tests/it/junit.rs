//! JUnit XML: that it is XML, and that its counts are those of its tests.

use insta::assert_snapshot;
use roxmltree::{Document, Node};
use tuneup_model::{ScanResult, ScanStats};
use tuneup_report::{JunitOptions, junit};

use crate::sample;

fn written(result: &ScanResult) -> String {
    junit(result, &JunitOptions { rules: &["missing-fk-index", "unbounded-find"], focus: "" })
}

/// Every count of the document equals what it counts.
fn check_counts(text: &str) {
    let document = Document::parse(text).unwrap();
    let root = document.root_element();
    for node in root.descendants().filter(|node| matches!(node.tag_name().name(), "testsuites" | "testsuite"))
    {
        let stated = |name: &str| node.attribute(name).unwrap().parse::<usize>().unwrap();
        let counted = |name: &str| node.descendants().filter(|child| child.has_tag_name(name)).count();
        assert_eq!(stated("tests"), counted("testcase"), "{text}");
        assert_eq!(stated("failures"), counted("failure"), "{text}");
        assert_eq!(stated("errors"), counted("error"), "{text}");
        assert_eq!(stated("skipped"), counted("skipped"), "{text}");
    }
}

#[test]
fn a_rule_is_a_suite_and_a_finding_a_failed_test() {
    let mut result = sample::result(vec![sample::across_calls(), sample::missing_index()]);
    result.warnings.truncate(1);
    let text = written(&result);
    check_counts(&text);
    assert_snapshot!(text, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="tuneup" tests="4" failures="1" errors="0" skipped="1">
      <testsuite name="tuneup" tests="1" failures="0" errors="0" skipped="0">
        <testcase classname="tuneup" name="the program can be read"/>
        <system-err>
    warning: src/1.ts: skipped: not valid UTF-8 at byte 3
        </system-err>
      </testsuite>
      <testsuite name="missing-fk-index" tests="1" failures="0" errors="0" skipped="1">
        <testcase classname="missing-fk-index" name="prisma/schema.prisma: no index leads with the foreign key `postId` of `Comment` [fedcba9876543210]" file="prisma/schema.prisma" line="9">
          <skipped message="candidate: no index leads with the foreign key `postId` of `Comment`"/>
        </testcase>
      </testsuite>
      <testsuite name="unbounded-find" tests="1" failures="0" errors="0" skipped="0">
        <testcase classname="unbounded-find" name="no findings"/>
      </testsuite>
      <testsuite name="n-plus-one-across-calls" tests="1" failures="1" errors="0" skipped="0">
        <testcase classname="n-plus-one-across-calls" name="apps/api/src/posts.controller.ts: `this._posts.getPost` runs one query for each element of `ids` [00112233445566aa]" file="apps/api/src/posts.controller.ts" line="42">
          <failure message="`this._posts.getPost` runs one query for each element of `ids`" type="high">
    apps/api/src/posts.controller.ts:42:26
    path: PostsController.list (apps/api/src/posts.controller.ts:38) -&gt; PostsService.getPost (libs/core/src/posts.service.ts:22) -&gt; prisma.post.findUnique (libs/db/src/posts.repository.ts:15)
    cost: n queries → 1 query, where n = elements of ids
    seen: runs once for each element of `ids` (apps/api/src/posts.controller.ts:40)
    help: fetch all posts with one `findMany({ where: { id: { in: ids } } })` before the loop and look each of them up in a Map by its id
    fix: replace the loop by one `findMany` (needs a reader)
          </failure>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn nothing_found_is_passed() {
    let clean = ScanResult { stats: ScanStats { files: 1, ..ScanStats::default() }, ..ScanResult::default() };
    let text = written(&clean);
    check_counts(&text);
    assert_snapshot!(text, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="tuneup" tests="3" failures="0" errors="0" skipped="0">
      <testsuite name="tuneup" tests="1" failures="0" errors="0" skipped="0">
        <testcase classname="tuneup" name="the program can be read"/>
      </testsuite>
      <testsuite name="missing-fk-index" tests="1" failures="0" errors="0" skipped="0">
        <testcase classname="missing-fk-index" name="no findings"/>
      </testsuite>
      <testsuite name="unbounded-find" tests="1" failures="0" errors="0" skipped="0">
        <testcase classname="unbounded-find" name="no findings"/>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn nothing_read_is_not_passed() {
    let text = written(&ScanResult::default());
    check_counts(&text);
    assert_snapshot!(text, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="tuneup" tests="1" failures="0" errors="1" skipped="0">
      <testsuite name="tuneup" tests="1" failures="0" errors="1" skipped="0">
        <testcase classname="tuneup" name="the program can be read">
          <error message="nothing could be read" type="tuneup"/>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn hostile_text_stays_in_its_place() {
    let text = written(&sample::result(vec![sample::hostile()]));
    check_counts(&text);
    let document = Document::parse(&text).unwrap();
    let failure: Node<'_, '_> = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert_snapshot!(failure.attribute("message").unwrap(), @r#"a"'<b>&]]>-->|`x`*_[l](u)  ::error::e�[2J��%0A,:@octocat #1 🎉</details>"#);
    assert!(!text.contains(|c: char| c.is_control() && c != '\n') && !text.contains('\u{202e}'), "{text:?}");
}
