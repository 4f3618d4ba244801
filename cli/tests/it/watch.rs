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

#[test]
fn each_save_is_reported_until_the_end() {
    let sandbox = shop();
    let mut running = watch(&sandbox);
    assert_snapshot!(told(&running.says(END)), @r"");
    // A new file in a new folder.
    sandbox.write("src/more/routes.ts", MORE.replace("./orders", "../orders"));
    assert_snapshot!(told(&running.says(END)), @r"");
    // Renamed: the same finding at another place.
    fs::rename(sandbox.work().join("src/more"), sandbox.work().join("src/routes")).unwrap();
    assert_snapshot!(told(&running.says(END)), @r"");
    // In the renamed folder.
    sandbox.write("src/routes/routes.ts", "export const routes = [];\n");
    assert_snapshot!(told(&running.says(END)), @r"");
    fs::remove_dir_all(sandbox.work().join("src/routes")).unwrap();
    assert_snapshot!(told(&running.says(END)), @r"");
    // A text of before, saved twice, and files that are none of ours: nothing to say.
    sandbox.write("src/app.ts", sandbox.read("src/app.ts"));
    sandbox.write("node_modules/x/index.js", "module.exports = 1;\n");
    assert_eq!(running.says_within(Duration::from_millis(700)), "");
    let id = running.id().to_string();
    assert_eq!(sandbox.command("kill").args(["-INT", &id]).run().code, Some(0));
    assert_eq!(running.end(), None);
    let names = fs::read_dir(sandbox.work().join(".tuneup")).unwrap();
    assert_eq!(names.count(), 3, "nothing half written is left");
}

#[test]
fn a_burst_of_saves_is_one_report_and_a_wrong_configuration_is_outlived() {
    let sandbox = shop();
    let mut running = watch(&sandbox);
    running.says(END);
    sandbox.write("tuneup.toml", "fail-on = \"sometimes\"\n");
    assert_eq!(running.says_within(Duration::from_millis(700)), "");
    sandbox.write("tuneup.toml", "");
    assert_snapshot!(told(&running.says(END)), @r"");
    for number in 0..200 {
        sandbox.write(&format!("src/burst/{number}.ts"), format!("export const n = {number};\n"));
    }
    sandbox.write("src/burst/last.ts", MORE.replace("./orders", "../orders"));
    let mut text = running.says(END);
    while !text.contains("last.ts") {
        text = running.says(END);
    }
    assert_snapshot!(told(&text), @r"");
}

#[test]
fn watching_is_for_a_terminal() {
    let sandbox = shop();
    assert_snapshot!(tuneup(&sandbox, &["scan", "--watch", "--format", "sarif"]).run(), @r"");
}
