//! Rule `sync-io-on-request-path`: a file or another program is waited for with the thread held.

use tuneup_model::{Category, RuleDoc, Severity};

use super::blocking::{self, Site};
use super::{Rule, paths};
use crate::program::{Blocking, Program, Target};
use crate::report::{Draft, Report};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "sync-io-on-request-path",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Runtime,
        summary: "A request waits for a file or another program with the thread held",
        why: "Node runs all requests of a process on one thread. `readFileSync`, `writeFileSync` or `execSync` keep that thread until \
              the disk or the other program is done: nobody else's request moves meanwhile, timers come late, health checks \
              fail. A file on a busy disk or a network file system takes tens of milliseconds, a program that is started takes \
              a hundred and more. The same call with a promise lets the other requests go on.",
        slow: SLOW,
        fast: FAST,
        fine_when: "It happens before the server listens, once (the result is kept), on the command line, in a build, or in a \
                    process or worker thread that serves no requests. Asking for a single path (`existsSync`, `statSync`) on a \
                    local disk costs little; it is told only where it is repeated per element or a request names the path, \
                    `existsSync` only where it is repeated.",
        proof: "The delay of the event loop is recorded while requests that come here run beside others",
    },
    check,
};

const SLOW: &str = r#"
//- /templates.ts
import fs from 'node:fs';
import path from 'node:path';

export function template(name: string) {
  return fs.readFileSync(path.join('templates', `${name}.html`), 'utf8');
}
//- /routes.ts
import express from 'express';
import { template } from './templates';

const app = express();

app.get('/letters/:name', (req, res) => {
  res.send(template(req.params.name));
});
"#;

const FAST: &str = r#"
//- /templates.ts
import fs from 'node:fs';
import path from 'node:path';

export async function template(name: string) {
  return fs.promises.readFile(path.join('templates', `${name}.html`), 'utf8');
}
//- /routes.ts
import express from 'express';
import { template } from './templates';

const app = express();

app.get('/letters/:name', async (req, res) => {
  res.send(await template(req.params.name));
});
"#;

fn check(program: &Program, report: &mut Report) {
    for site in blocking::sites(program, &[Blocking::Process, Blocking::Content, Blocking::Metadata]) {
        if let Some(draft) = tell(program, &site) {
            report.add(&RULE.doc, draft);
        }
    }
}

fn asks_whether_it_exists(program: &Program, site: &Site) -> bool {
    matches!(program.target(site.function.file, site.call), Target::Api(api) if matches!(api.last(), "existsSync" | "pathExistsSync"))
}

fn tell(program: &Program, site: &Site) -> Option<Draft> {
    let what = match site.kind {
        Blocking::Process => "another program",
        _ => "the file system",
    };
    let mut draft = blocking::draft(program, site, &|callee, entry| match entry {
        Some(entry) => format!("`{callee}` holds the thread of all requests for {what}, from `{entry}`"),
        None => format!("`{callee}` holds the thread for {what}"),
    })?;
    let file = site.function.file;
    let callee = paths::callee_text(program, file, site.call);
    draft.severity = match site.kind {
        Blocking::Process => Severity::High,
        Blocking::Metadata => Severity::Low,
        _ => Severity::Medium,
    };
    let repeated = blocking::is_repeated(program, file, site.call);
    draft.evidence.extend(blocking::loop_evidence(program, file, site.call));
    let is_quick = asks_whether_it_exists(program, site) || !blocking::is_asked_for(program, site);
    if site.kind == Blocking::Metadata && !repeated && is_quick {
        draft.doubt("one question to the file system is quick on a local disk");
    }
    if site.kind == Blocking::Process {
        draft.help = "start it with `execFile` or `spawn` and a promise; where it takes long, from a queue".to_owned();
        draft.fix = Some(blocking::unsafe_fix(format!("await the program instead of `{callee}`")));
    } else {
        let name = callee.rsplit('.').next().unwrap_or(&callee).trim_end_matches("Sync").to_owned();
        draft.help = format!(
            "await the same call with a promise (`{name}` of `fs/promises`); what never changes is read once, before the server \
             listens"
        );
        draft.fix = Some(blocking::unsafe_fix(format!("await `{name}` instead of `{callee}`")));
    }
    Some(draft)
}
