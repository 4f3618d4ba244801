//! The comment under a pull request: what a reader sees, that it fits, and that the program cannot write into it.

use insta::assert_snapshot;
use roxmltree::Document;
use tuneup_model::{Confidence, Finding, Known, Likeness, ScanResult, ScanStats, Severity, Since};
use tuneup_report::{COMMENT_LIMIT, MarkdownOptions, markdown};

use crate::sample;

fn written(result: &ScanResult) -> String {
    markdown(result, &MarkdownOptions { focus: "", link_base: None })
}

/// The blocks of HTML, read as a browser does: each is whole, and holds no tag but ours.
fn check_blocks(text: &str) {
    for block in text.split("\n\n").filter(|block| block.starts_with('<') && !block.starts_with("<!--")) {
        let document = Document::parse(block).unwrap_or_else(|error| panic!("{error}\n{block}"));
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            let name = node.tag_name().name();
            let ours = ["details", "summary", "ul", "li", "b", "a", "code", "p"];
            assert!(ours.contains(&name), "<{name}> in {block}");
            let attributes: Vec<&str> = node.attributes().map(|attribute| attribute.name()).collect();
            assert_eq!(attributes, if name == "a" { vec!["href"] } else { vec![] }, "{block}");
        }
    }
}

#[test]
fn a_comment() {
    let result = sample::result(vec![sample::across_calls(), sample::missing_index()]);
    let text = written(&result);
    check_blocks(&text);
    assert_snapshot!(text, @r#"
    <!-- tuneup -->
    ### tuneup: 1 finding (1 high), 1 candidate

    <details><summary><b>high</b> <a href="apps/api/src/posts.controller.ts#L42">apps/api/src/posts.controller.ts:42</a>: <code>this._posts.getPost</code> runs one query for each element of <code>ids</code></summary>
    <ul>
    <li><b>rule:</b> <code>n-plus-one-across-calls</code></li>
    <li><b>path:</b> <code>PostsController.list</code> (<a href="apps/api/src/posts.controller.ts#L38">apps/api/src/posts.controller.ts:38</a>) → <code>PostsService.getPost</code> (<a href="libs/core/src/posts.service.ts#L22">libs/core/src/posts.service.ts:22</a>) → <code>prisma.post.findUnique</code> (<a href="libs/db/src/posts.repository.ts#L15">libs/db/src/posts.repository.ts:15</a>)</li>
    <li><b>cost:</b> n queries → 1 query, where n = elements of ids</li>
    <li><b>seen:</b> runs once for each element of <code>ids</code> (<a href="apps/api/src/posts.controller.ts#L40">apps/api/src/posts.controller.ts:40</a>)</li>
    <li><b>help:</b> fetch all posts with one <code>findMany({ where: { id: { in: ids } } })</code> before the loop and look each of them up in a Map by its id</li>
    <li><b>fix:</b> replace the loop by one <code>findMany</code> (needs a reader)</li>
    </ul>
    </details>

    <details><summary><b>medium, candidate</b> <a href="prisma/schema.prisma#L9">prisma/schema.prisma:9</a>: no index leads with the foreign key <code>postId</code> of <code>Comment</code></summary>
    <ul>
    <li><b>rule:</b> <code>missing-fk-index</code></li>
    <li><b>seen:</b> PostgreSQL does not index foreign keys</li>
    <li><b>help:</b> add an index on <code>postId</code></li>
    <li><b>fix:</b> add <code>@@index([postId])</code> to model Comment</li>
    <li><b>sql:</b> <code>CREATE INDEX CONCURRENTLY ON &quot;Comment&quot; (&quot;postId&quot;)</code></li>
    <li><b>doubt:</b> no query joins on it</li>
    <li><b>doubt:</b> the table may be small</li>
    </ul>
    </details>

    9 candidates are hidden: `tuneup scan --candidates` shows them.

    7 warnings: `tuneup scan --verbose` shows what could not be read.
    "#);
}

#[test]
fn links_lead_where_the_files_are() {
    let result = sample::result(vec![sample::missing_index()]);
    let options = MarkdownOptions { focus: "apps/[id]", link_base: Some("https://github.com/o/r/blob/abc/") };
    let text = markdown(&result, &options);
    let link = r#"<a href="https://github.com/o/r/blob/abc/apps/%5Bid%5D/prisma/schema.prisma#L9">apps/[id]/prisma/schema.prisma:9</a>"#;
    assert!(text.contains(link), "{text}");
}

#[test]
fn nothing_found_is_said() {
    let clean = ScanResult { stats: ScanStats { files: 1, ..ScanStats::default() }, ..ScanResult::default() };
    assert_eq!(written(&clean), "<!-- tuneup -->\n### tuneup: no findings\n");
    assert_eq!(written(&ScanResult::default()), "<!-- tuneup -->\n### tuneup: nothing could be read\n");
}

#[test]
fn hostile_text_stays_in_its_place() {
    let text = written(&sample::result(vec![sample::hostile()]));
    check_blocks(&text);
    let summary = text.lines().find(|line| line.starts_with("<details>")).unwrap();
    assert_snapshot!(summary, @r#"<details><summary><b>high</b> <a href="src/a%22%27%3Cb%3E%26%5D%5D%3E--%3E%7C%60x%60%2A_%5Bl%5D%28u%29%0D%0A%3A%3Aerror%3A%3Ae%1B%5B2J%E2%80%AE%00%250A%2C%3A%40octocat%20%231%20%F0%9F%8E%89%3C/details%3E.ts#L42">src/a&quot;&#39;&lt;b&gt;&amp;]]&gt;--&gt;|`x`*_[l](u)  ::error::e�[2J��%0A,:@octocat #1 🎉&lt;/details&gt;.ts:42</a>: a&quot;&#39;&lt;b&gt;&amp;]]&gt;--&gt;|<code>x</code>*_[l](u)  <code>::error::e�[2J��%0A,:@octocat</code> <code>#1</code> 🎉&lt;/details&gt;</summary>"#);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && !text.contains('\r'), "{text:?}");
    assert!(text.len() < 30_000, "one finding leaves room for others: {}", text.len());
}

#[test]
fn a_long_comment_is_cut_and_says_so() {
    let number = 1_000;
    for finding in [sample::across_calls(), sample::hostile()] {
        let findings: Vec<Finding> = vec![finding; number];
        let text = written(&sample::result(findings));
        check_blocks(&text);
        let shown = text.matches("<summary>").count() + text.matches("<p>").count();
        assert!((2..number).contains(&shown), "{shown}");
        let left = number - shown;
        assert!(text.contains(&format!("\n{left} findings more would make this comment too long")), "{text}");
        assert!(text.chars().count() <= COMMENT_LIMIT, "{}", text.len());
        assert!(text.len() > COMMENT_LIMIT / 2, "{}", text.len());
    }
}

#[test]
fn details_are_for_the_first_and_candidates_come_last() {
    let findings = [vec![sample::missing_index()], vec![sample::across_calls(); 30]].concat();
    let text = written(&sample::result(findings));
    check_blocks(&text);
    assert_eq!((text.matches("<summary>").count(), text.matches("<p>").count()), (20, 11));
    assert!(text.rfind("<p><b>high</b>") < text.find("<b>medium, candidate</b>"), "{text}");
}

#[test]
fn a_comparison_says_what_is_gone() {
    let known = Known {
        file: "src/a|b.ts".to_owned(),
        rule: "n-plus-one-in-loop".to_owned(),
        message: "`find` <b>runs</b> @everybody".to_owned(),
        severity: Severity::High,
        confidence: Confidence::Likely,
        likeness: Likeness::default(),
    };
    let since =
        Since { base: "main `x` (0123)".to_owned(), known: 4, worse: Vec::new(), fixed: vec![known; 5] };
    let result = ScanResult { since: Some(since), ..sample::result(Vec::new()) };
    check_blocks(&written(&result));
    assert_snapshot!(written(&result), @r"
    <!-- tuneup -->
    ### tuneup: nothing new

    <ul><li>compared with <code>main `x` (0123)</code>: 4 findings as before, 5 gone</li><li>gone: <code>n-plus-one-in-loop</code> in <code>src/a|b.ts</code>: <code>find</code> &lt;b&gt;runs&lt;/b&gt; <code>@everybody</code></li><li>gone: <code>n-plus-one-in-loop</code> in <code>src/a|b.ts</code>: <code>find</code> &lt;b&gt;runs&lt;/b&gt; <code>@everybody</code></li><li>gone: <code>n-plus-one-in-loop</code> in <code>src/a|b.ts</code>: <code>find</code> &lt;b&gt;runs&lt;/b&gt; <code>@everybody</code></li></ul>

    9 candidates are hidden: `tuneup scan --candidates` shows them.

    7 warnings: `tuneup scan --verbose` shows what could not be read.
    ");
}
