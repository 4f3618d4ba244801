//! `--diff`, `--baseline` and `tuneup-ignore`: what is new, and what a team lets stand.

use insta::assert_snapshot;
use tuneup_testkit::{Outcome, Sandbox};

use crate::shop::{shop, tuneup};

fn git(sandbox: &Sandbox, args: &[&str]) {
    let identity =
        ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"];
    let outcome = sandbox.command("git").args(identity).args(args).run();
    assert_eq!(outcome.code, Some(0), "{outcome}");
}

/// The small program, committed.
fn committed() -> Sandbox {
    let sandbox = shop();
    git(&sandbox, &["init", "--quiet"]);
    commit(&sandbox);
    sandbox
}

fn commit(sandbox: &Sandbox) {
    git(sandbox, &["add", "--all"]);
    git(sandbox, &["commit", "--quiet", "--message", "a state"]);
}

/// The lines that say what is found and compared.
fn told(outcome: &Outcome) -> String {
    let text = outcome.to_string();
    let wanted = [
        "high[",
        "medium[",
        "low[",
        "No findings",
        "Since",
        "  gone",
        "warning",
        "error",
        "caused",
        "hint",
        "-- exit",
    ];
    let is_place = |line: &str| line.trim_start().starts_with("-->");
    let lines =
        text.lines().filter(|line| is_place(line) || wanted.iter().any(|word| line.starts_with(word)));
    lines.map(without_commit).collect::<Vec<_>>().join("\n")
}

/// `HEAD (0123456789ab)` differs from run to run.
fn without_commit(line: &str) -> String {
    let is_commit = |word: &str| word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    match line.split_once('(').and_then(|(before, rest)| Some((before, rest.split_once(')')?))) {
        Some((before, (inside, after))) if is_commit(inside) => format!("{before}([COMMIT]){after}"),
        _ => line.to_owned(),
    }
}

fn diff(sandbox: &Sandbox, revision: &str) -> String {
    told(&tuneup(sandbox, &["scan", "--diff", revision]).run())
}

#[test]
fn a_query_planted_in_a_callee_reports_its_callers() {
    let sandbox = shop();
    sandbox.write("src/names.ts", "export async function nameOf(id: number) {\n  return `user ${id}`;\n}\n");
    let caller = "import express from 'express';
import { nameOf } from './names';

const app = express();

app.get('/names', async (req, res) => {
  const names = [];
  for (const id of req.body.ids) {
    names.push(await nameOf(id));
  }
  res.json(names);
});

app.get('/name', async (req, res) => {
  res.json(await nameOf(req.body.id));
});
";
    sandbox.write("src/people.ts", caller);
    git(&sandbox, &["init", "--quiet"]);
    commit(&sandbox);
    assert_snapshot!(diff(&sandbox, "HEAD"), @r"
    No findings
    Since HEAD ([COMMIT]): 1 other is as before
    -- exit code 0
    ");
    sandbox.write(
        "src/names.ts",
        "import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export async function nameOf(id: number) {
  const user = await prisma.user.findFirst({ where: { id } });
  return user?.name;
}
",
    );
    assert_snapshot!(diff(&sandbox, "HEAD"), @r"
    high[n-plus-one-across-calls]: `nameOf` runs `prisma.user.findFirst` once per element of `req.body.ids`
     --> src/people.ts:9:22
    Since HEAD ([COMMIT]): 1 other is as before
    -- exit code 1
    ");
    commit(&sandbox);
    assert_snapshot!(diff(&sandbox, "HEAD~1"), @r"
    high[n-plus-one-across-calls]: `nameOf` runs `prisma.user.findFirst` once per element of `req.body.ids`
     --> src/people.ts:9:22
    Since HEAD~1 ([COMMIT]): 1 other is as before
    -- exit code 1
    ");
    assert_snapshot!(diff(&sandbox, "HEAD"), @r"
    No findings
    Since HEAD ([COMMIT]): 2 others are as before
    -- exit code 0
    ");
    git(&sandbox, &["rm", "--quiet", "src/people.ts"]);
    assert_snapshot!(diff(&sandbox, "HEAD"), @r"
    No findings
    Since HEAD ([COMMIT]): 1 other is as before
      gone: [n-plus-one-across-calls] src/people.ts: `nameOf` runs `prisma.user.findFirst` once per element of `req.body.ids`
    -- exit code 0
    ");
}

#[test]
fn moved_renamed_and_reformatted_code_reports_nothing() {
    let sandbox = committed();
    let text = sandbox.read("src/app.ts");
    sandbox.write("src/routes/orders.ts", text.replace("'./orders'", "'../orders'"));
    git(&sandbox, &["rm", "--quiet", "src/app.ts"]);
    git(&sandbox, &["add", "--all"]);
    assert_snapshot!(diff(&sandbox, "HEAD"), @r"
    No findings
    Since HEAD ([COMMIT]): 1 other is as before
    -- exit code 0
    ");
    commit(&sandbox);
    let orders = sandbox.read("src/orders.ts").replace("ordersOf", "findOrders").replace('\n', "\r\n");
    sandbox.write("src/orders.ts", format!("\u{feff}// Reformatted.\r\n\r\n{orders}"));
    let routes = sandbox.read("src/routes/orders.ts").replace("ordersOf", "findOrders").replace("  ", "\t");
    sandbox.write("src/routes/orders.ts", routes);
    assert_snapshot!(diff(&sandbox, "HEAD"), @r"
    No findings
    Since HEAD ([COMMIT]): 1 other is as before
    -- exit code 0
    ");
}

#[test]
fn revisions_that_cannot_be_read() {
    let sandbox = shop();
    assert_snapshot!(diff(&sandbox, "HEAD"), @r"
    error: cannot compare with `HEAD`
    caused by: the folder is not in a git repository
    hint: run inside a clone, or accept today's findings with `--baseline FILE --update-baseline`
    -- exit code 2
    ");
    let sandbox = committed();
    assert_snapshot!(diff(&sandbox, "v9"), @r"
    error: cannot compare with `v9`
    caused by: there is no such revision
    hint: name a commit, branch or tag: `HEAD~1`, `origin/main`, `v1.2.0`
    -- exit code 2
    ");
    assert_snapshot!(diff(&sandbox, "--output=x"), @r"
    error: a value is required for '--diff <REV>' but none was supplied
    -- exit code 2
    ");
    assert_snapshot!(diff(&sandbox, "HEAD:src"), @r"
    error: cannot compare with `HEAD:src`
    caused by: there is no such revision
    hint: name a commit, branch or tag: `HEAD~1`, `origin/main`, `v1.2.0`
    -- exit code 2
    ");
    sandbox.write("src/more.ts", "export const more = 1;\n");
    commit(&sandbox);
    let work = format!("file://{}", sandbox.work().display());
    git(&sandbox, &["clone", "--quiet", "--depth=1", &work, "../shallow"]);
    let outcome = tuneup(&sandbox, &["scan", "../shallow", "--diff", "HEAD~1"]).run();
    assert_snapshot!(told(&outcome), @r"
    error: cannot compare with `HEAD~1`
    caused by: this is a shallow clone, and the revision is not in it
    hint: fetch more history: `git fetch --unshallow`, or `fetch-depth: 0` in the checkout step
    -- exit code 2
    ");
}

#[test]
fn a_merge_and_a_subfolder() {
    let sandbox = committed();
    git(&sandbox, &["checkout", "--quiet", "-b", "side"]);
    sandbox.write("src/side.ts", "export const side = 1;\n");
    commit(&sandbox);
    git(&sandbox, &["checkout", "--quiet", "-"]);
    sandbox.write("src/main.ts", "export const main = 1;\n");
    commit(&sandbox);
    git(&sandbox, &["merge", "--quiet", "--no-edit", "side"]);
    assert_snapshot!(diff(&sandbox, "HEAD^2"), @r"
    No findings
    Since HEAD^2 ([COMMIT]): 1 other is as before
    -- exit code 0
    ");
    let outcome = tuneup(&sandbox, &["scan", "src", "--diff", "HEAD~1"]).run();
    assert_snapshot!(told(&outcome), @r"
    No findings
    Since HEAD~1 ([COMMIT]): 1 other is as before
    -- exit code 0
    ");
}

#[test]
fn a_submodule_is_no_part_of_the_change() {
    let sandbox = shop();
    sandbox.write("vendor/lib/index.ts", "export const one = 1;\n");
    git(&sandbox, &["init", "--quiet", "vendor/lib"]);
    git(&sandbox, &["-C", "vendor/lib", "add", "--all"]);
    git(&sandbox, &["-C", "vendor/lib", "commit", "--quiet", "--message", "a state"]);
    git(&sandbox, &["init", "--quiet"]);
    git(&sandbox, &["-c", "advice.addEmbeddedRepo=false", "add", "--all"]);
    commit(&sandbox);
    sandbox.write("vendor/lib/index.ts", "export const two = 2;\n");
    assert_snapshot!(diff(&sandbox, "HEAD"), @r"
    No findings
    Since HEAD ([COMMIT]): 1 other is as before
    -- exit code 0
    ");
}

#[test]
fn a_baseline_accepts_what_is_there() {
    let sandbox = shop();
    let with = |args: &[&str]| {
        told(&tuneup(&sandbox, &[&["scan", "--baseline", "known.json"], args].concat()).run())
    };
    assert_snapshot!(with(&[]), @r"
    error: cannot follow the baseline `known.json`
    caused by: there is no such file
    hint: make one of today's findings: add `--update-baseline`
    -- exit code 2
    ");
    assert_snapshot!(with(&["--update-baseline"]), @r"
    No findings
    Since known.json: 1 other is as before
    -- exit code 0
    ");
    assert_snapshot!(with(&[]), @r"
    No findings
    Since known.json: 1 other is as before
    -- exit code 0
    ");
    let text = sandbox.read("src/app.ts");
    sandbox.write("src/app.ts", format!("{text}\napp.get('/more', async (req, res) => {{\n  for (const id of req.body.ids) await ordersOf(id);\n}});\n"));
    assert_snapshot!(with(&[]), @r"
    high[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `req.body.ids`
      --> src/app.ts:16:40
    Since known.json: 1 other is as before
    -- exit code 1
    ");
    sandbox.write("src/app.ts", "export {};\n");
    assert_snapshot!(with(&[]), @r"
    No findings
    Since known.json: 0 others are as before
      gone: [n-plus-one-across-calls] src/app.ts: `ordersOf` runs `prisma.order.findMany` once per element of `ids`
    -- exit code 0
    ");
    sandbox.write("known.json", "{\"kind\":\"baseline\",\"schema\":9,\"findings\":[]}");
    assert_snapshot!(with(&[]), @r"
    error: cannot follow the baseline `known.json`
    caused by: it is a baseline of form 9, and this program reads form 1
    hint: make one of today's findings: add `--update-baseline`
    -- exit code 2
    ");
    sandbox.write("known.json", "[");
    assert_snapshot!(with(&[]), @r"
    error: cannot follow the baseline `known.json`
    caused by: it is not a baseline
    caused by: invalid type: sequence, expected struct Saved at line 1 column 0
    hint: make one of today's findings: add `--update-baseline`
    -- exit code 2
    ");
}

#[test]
fn comments_leave_findings_out() {
    let sandbox = shop();
    let scanned = |before: &str| {
        let text = sandbox.read("src/app.ts");
        let text: Vec<&str> = text.lines().filter(|line| !line.contains("tuneup-ignore")).collect();
        let text = text.join("\n").replace("    all.push", &format!("{before}    all.push"));
        sandbox.write("src/app.ts", text + "\n");
        told(&tuneup(&sandbox, &["scan"]).run())
    };
    assert_snapshot!(scanned("    // tuneup-ignore n-plus-one-across-calls: three at most\n"), @r"
    No findings
    -- exit code 0
    ");
    assert_snapshot!(scanned("    /* tuneup-ignore n-plus-one-across-calls, write-in-loop: three at most */\n"), @r"
    warning: src/app.ts: line 10: `tuneup-ignore write-in-loop` is not needed: nothing is found there
    No findings
    -- exit code 0
    ");
    assert_snapshot!(scanned("    // tuneup-ignore n-plus-one-across-calls\n"), @r"
    high[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `ids`
      --> src/app.ts:11:20
    warning: src/app.ts: line 10: `tuneup-ignore` without a reason leaves nothing out: write `tuneup-ignore RULE: REASON`
    -- exit code 1
    ");
    assert_snapshot!(scanned("    // tuneup-ignore n-plus-one: few\n"), @r"
    high[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `ids`
      --> src/app.ts:11:20
    warning: src/app.ts: line 10: `tuneup-ignore` names `n-plus-one`, which is no rule: `tuneup rule` lists them
    -- exit code 1
    ");
    assert_snapshot!(scanned("    // tuneup-ignore: few\n"), @r"
    high[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `ids`
      --> src/app.ts:11:20
    warning: src/app.ts: line 10: `tuneup-ignore` names no rule: write `tuneup-ignore RULE: REASON`
    -- exit code 1
    ");
    assert_snapshot!(scanned(""), @r"
    high[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `ids`
      --> src/app.ts:10:20
    -- exit code 1
    ");
}
