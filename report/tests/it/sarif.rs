//! The SARIF report: that it keeps to the standard, and what of a finding arrives where.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tuneup_model::{Category, Finding, RuleDoc, ScanResult, Severity, Standing};
use tuneup_report::{SarifOptions, SarifRule, sarif};

use crate::sample;
use crate::sarif_schema::complaints;

const RULE: RuleDoc = RuleDoc {
    id: "missing-fk-index",
    since: "0.1.0",
    severity: Severity::Medium,
    category: Category::Schema,
    summary: "a foreign key that no index leads with",
    why: "Each delete of the parent reads the **whole** table.\n",
    slow: "",
    fast: "",
    fine_when: "",
    proof: "",
    standing: Standing::Shown(&[]),
};

fn written(result: &ScanResult, focus: &str) -> Value {
    let rules = [SarifRule { doc: &RULE, page: "# missing-fk-index\n".into() }];
    let options = SarifOptions {
        tool_version: "1.2.3",
        information_uri: Some("https://tuneup.example"),
        rules: &rules,
        focus,
    };
    let text = sarif(result, &options);
    assert!(text.ends_with("}\n"), "{text}");
    serde_json::from_str(&text).unwrap()
}

fn document() -> Value {
    written(&sample::result(vec![sample::across_calls(), sample::missing_index()]), "")
}

fn result_of(finding: Finding) -> Value {
    written(&sample::result(vec![finding]), "")["runs"][0]["results"][0].clone()
}

#[test]
fn output_keeps_to_the_standard() {
    assert_eq!(complaints(&document()), Vec::<String>::new());
    assert_eq!(complaints(&written(&ScanResult::default(), "")), Vec::<String>::new());
    let hostile = written(&sample::result(vec![sample::hostile()]), "apps/a b");
    assert_eq!(complaints(&hostile), Vec::<String>::new());
}

/// The check above would mean nothing if the schema let anything pass.
#[test]
fn other_documents_are_refused() {
    let refused = |change: fn(&mut Value)| {
        let mut document = document();
        change(&mut document["runs"][0]["results"][0]);
        complaints(&document).join("\n").replace("/runs/0/results/0", "")
    };
    assert_eq!(
        refused(|r| r["level"] = "high".into()),
        r#"/level: "high" is not one of "none", "note" or 2 other candidates"#
    );
    assert!(refused(|r| r["path"] = "a".into()).contains("('path' was unexpected)"));
    assert_ne!(refused(|r| r["message"] = json!({})), "");
    assert_ne!(refused(|r| r["locations"][0]["physicalLocation"]["region"]["startLine"] = 0.into()), "");
    assert_ne!(
        refused(|r| r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b[".into()),
        ""
    );
}

#[test]
fn runs_of_one_repository_are_told_apart() {
    let id =
        |focus: &str| written(&sample::result(vec![]), focus)["runs"][0]["automationDetails"]["id"].clone();
    assert_eq!((id(""), id("apps/api")), ("tuneup/".into(), "tuneup/apps/api/".into()));
}

#[test]
fn a_result_says_where_and_how_it_gets_there() {
    let result = result_of(sample::across_calls());
    assert_eq!(result["ruleId"], "n-plus-one-across-calls");
    assert_eq!(result.get("ruleIndex"), None, "the rule was not among those asked");
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(
        place["artifactLocation"],
        json!({ "uri": "apps/api/src/posts.controller.ts", "uriBaseId": "SRCROOT" })
    );
    assert_eq!(
        place["region"],
        json!({ "startLine": 42, "startColumn": 26, "endLine": 42, "endColumn": 50 })
    );
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let names: Vec<_> = steps.iter().map(|step| &step["location"]["message"]["text"]).collect();
    assert_eq!(names, ["PostsController.list", "PostsService.getPost", "prisma.post.findUnique"]);
    let related = result["relatedLocations"].as_array().unwrap();
    assert_eq!(related.len(), 2);
    assert_eq!((&related[1]["id"], &related[1]["message"]["text"]), (&json!(2), &json!("the query")));
    assert_eq!(result["partialFingerprints"], json!({ "tuneup/v1": "00112233445566aa" }));
    assert_eq!(result["suppressions"], json!([]));
    assert_eq!(result["properties"]["cost"]["now"], "n queries");
    assert_eq!(result.get("fixes"), None, "a fix without edits is no change");
}

#[test]
fn the_message_names_the_problem_first() {
    let result = result_of(sample::missing_index());
    assert_snapshot!(result["message"]["text"].as_str().unwrap(), @r"
    no index leads with the foreign key `postId` of `Comment`
    help: add an index on `postId`
    note: PostgreSQL does not index foreign keys
    doubt: no query joins on it
    doubt: the table may be small
    ");
    assert_eq!(result["properties"]["confidence"], "candidate");
    assert_eq!(result["ruleIndex"], 0);
}

#[test]
fn a_fix_is_a_change_of_files() {
    let result = result_of(sample::missing_index());
    assert_eq!(
        result["fixes"],
        json!([{
            "description": { "text": "add `@@index([postId])` to model Comment" },
            "artifactChanges": [{
                "artifactLocation": { "uri": "prisma/schema.prisma", "uriBaseId": "SRCROOT" },
                "replacements": [{
                    "deletedRegion": { "startLine": 13, "startColumn": 1, "endLine": 13, "endColumn": 1 },
                    "insertedContent": { "text": "  @@index([postId])\n" },
                }],
            }],
        }])
    );
}

#[test]
fn rules_bring_their_page() {
    let rule = &document()["runs"][0]["tool"]["driver"]["rules"][0];
    assert_eq!(rule["id"], "missing-fk-index");
    assert_eq!(rule["shortDescription"]["text"], "a foreign key that no index leads with.");
    assert_eq!(rule["help"]["markdown"], "# missing-fk-index\n");
    assert_eq!(rule["defaultConfiguration"]["level"], "warning");
    assert_eq!(rule["properties"]["tags"], json!(["performance", "schema"]));
    assert_eq!(rule["properties"]["precision"], "high");
    assert_eq!(rule["properties"]["problem.severity"], "warning");
}

#[test]
fn warnings_are_notifications_of_the_run() {
    let run = &document()["runs"][0]["invocations"][0];
    assert_eq!(run["executionSuccessful"], true);
    let said = run["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(said.len(), 7);
    assert_eq!(said[0]["message"]["text"], "skipped: not valid UTF-8 at byte 3");
    assert_eq!(said[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "src/1.ts");
    let nothing_read = written(&ScanResult::default(), "");
    assert_eq!(nothing_read["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

/// A report of one package of a workspace still names files as the repository does.
#[test]
fn paths_begin_at_the_root_of_the_tree() {
    let mut finding = sample::across_calls();
    finding.location.file = "../../libs/[id]/a.ts".into();
    let document = written(&sample::result(vec![finding]), "apps/api");
    let run = &document["runs"][0];
    let place = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], "libs/%5Bid%5D/a.ts");
    let warned = &run["invocations"][0]["toolExecutionNotifications"][0]["locations"][0];
    assert_eq!(warned["physicalLocation"]["artifactLocation"]["uri"], "apps/api/src/1.ts");
}
