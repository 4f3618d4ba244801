//! `--watch`: a report after each save, by a process that goes on.

use std::fs;
use std::time::Duration;

use insta::assert_snapshot;
use tuneup_testkit::{Running, Sandbox};

use crate::shop::{shop, tuneup};

const END: &str = "Ctrl-C ends\n\n";

fn watch(sandbox: &Sandbox) -> Running {
    tuneup(sandbox, &["scan", "--watch"]).start()
}

/// The heads of findings, what is gone, and the last line.
fn told(text: &str) -> String {
    let wanted =
        ["high[", "medium[", "low[", "No findings", "Since", "  gone", "1 finding in", "2 findings in"];
    let lines: Vec<&str> =
        text.lines().filter(|line| wanted.iter().any(|word| line.starts_with(word))).collect();
    lines.join("\n")
}

const MORE: &str = "import express from 'express';
import { ordersOf } from './orders';

const app = express();

app.get('/more', async (req, res) => {
  for (const id of req.body.ids) {
    await ordersOf(id);
  }
  res.end();
});
";

/// The next report that says so: on a busy machine a file half written may have one of its own.
fn report_with(running: &mut Running, piece: &str) -> String {
    loop {
        let text = running.says(END);
        if text.contains(piece) {
            return told(&text);
        }
    }
}

#[test]
fn each_save_is_reported_until_the_end() {
    let sandbox = shop();
    let mut running = watch(&sandbox);
    assert_snapshot!(report_with(&mut running, ""), @r"
    high[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `ids`
    1 finding in all; waiting for changes, Ctrl-C ends
    ");
    // A new file in a new folder.
    sandbox.write("src/more/routes.ts", MORE.replace("./orders", "../orders"));
    assert_snapshot!(report_with(&mut running, "--> src/more/routes.ts"), @r"
    high[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `req.body.ids`
    Since the last report: 1 other is as before
    2 findings in all; waiting for changes, Ctrl-C ends
    ");
    // Renamed: the same finding at another place.
    fs::rename(sandbox.work().join("src/more"), sandbox.work().join("src/routes")).unwrap();
    assert_snapshot!(report_with(&mut running, "2 findings in all"), @r"
    No findings
    Since the last report: 2 others are as before
    2 findings in all; waiting for changes, Ctrl-C ends
    ");
    // In the renamed folder.
    sandbox.write("src/routes/routes.ts", "export const routes = [];\n");
    assert_snapshot!(report_with(&mut running, "gone: "), @r"
    No findings
    Since the last report: 1 other is as before
      gone: [n-plus-one-across-calls] src/routes/routes.ts: `ordersOf` runs `prisma.order.findMany` once per element of `req.body.ids`
    1 finding in all; waiting for changes, Ctrl-C ends
    ");
    fs::remove_dir_all(sandbox.work().join("src/routes")).unwrap();
    assert_snapshot!(report_with(&mut running, "Scanned 3 files"), @r"
    No findings
    Since the last report: 1 other is as before
    1 finding in all; waiting for changes, Ctrl-C ends
    ");
    // The same text again, as editors save it, and files that are none of ours: nothing to say.
    let saved = sandbox.home().join("app.ts");
    fs::write(&saved, sandbox.read("src/app.ts")).unwrap();
    fs::rename(saved, sandbox.work().join("src/app.ts")).unwrap();
    sandbox.write("node_modules/x/index.js", "module.exports = 1;\n");
    assert_eq!(running.says_within(Duration::from_millis(700)), "");
    let id = running.id().to_string();
    assert_eq!(sandbox.command("kill").args(["-INT", &id]).run().code, Some(0));
    assert_eq!(running.end(), None);
    let names = fs::read_dir(sandbox.work().join(".tuneup")).unwrap();
    assert_eq!(names.count(), 3, "nothing half written is left");
}

#[test]
fn a_wrong_configuration_is_outlived_and_a_burst_of_saves_reported() {
    let sandbox = shop();
    let mut running = watch(&sandbox);
    running.says(END);
    sandbox.write("tuneup.toml", "fail-on = \"sometimes\"\n");
    assert_eq!(running.says_within(Duration::from_millis(500)), "");
    sandbox.write("tuneup.toml", "[[rules]]\nids = [\"*\"]\nlevel = \"off\"\n");
    assert_snapshot!(report_with(&mut running, "gone: "), @r"
    No findings
    Since the last report: 0 others are as before
      gone: [n-plus-one-across-calls] src/app.ts: `ordersOf` runs `prisma.order.findMany` once per element of `ids`
    No findings in all; waiting for changes, Ctrl-C ends
    ");
    fs::remove_file(sandbox.work().join("tuneup.toml")).unwrap();
    report_with(&mut running, "1 finding in all");
    for number in 0..200 {
        sandbox.write(&format!("src/burst/{number}.ts"), format!("export const n = {number};\n"));
    }
    sandbox.write("src/burst/last.ts", MORE.replace("./orders", "../orders"));
    assert_snapshot!(report_with(&mut running, "--> src/burst/last.ts"), @r"
    high[n-plus-one-across-calls]: `ordersOf` runs `prisma.order.findMany` once per element of `req.body.ids`
    Since the last report: 1 other is as before
    2 findings in all; waiting for changes, Ctrl-C ends
    ");
}

#[test]
fn watching_is_for_a_terminal() {
    let sandbox = shop();
    assert_snapshot!(tuneup(&sandbox, &["scan", "--watch", "--format", "sarif"]).run(), @r"
    -- stderr
    error: cannot watch and write SARIF
    caused by: a report that is written again and again is for people
    hint: leave `--format` out, or scan once without `--watch`
    -- exit code 2
    ");
}
