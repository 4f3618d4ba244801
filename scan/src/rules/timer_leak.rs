//! Rule `timer-leak`: each request starts an interval that nothing ends.

use tuneup_model::{Category, Confidence, Cost, Count, RuleDoc, Severity, Standing};

use super::components::is_dropped;
use super::{Rule, paths, repeats};
use crate::facts::{CallId, CallKind, Expr, ExprId, FileFacts, FnId};
use crate::program::{EntryKind, FnRef, Program, Role, Target};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "timer-leak",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Memory,
        summary: "Each request or job starts an interval that is never cleared",
        why: "An interval runs until it is cleared, and keeps all that its function closes over. One per request means that \
              after a day of one request a second 86,400 functions run every period, most of them for connections that are \
              closed: the thread is busy with nothing else, and none of the requests is ever freed.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The code runs once, while the process starts.",
        proof: "Active timers (`process.getActiveResourcesInfo()`) are counted while requests come in at a steady rate",
        standing: Standing::Candidate { why: "no finding was met in 27 public repositories" },
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import express from 'express';

const app = express();

app.get('/events', (req, res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  setInterval(() => res.write(':\n\n'), 15_000);
});
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';

const app = express();

app.get('/events', (req, res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const beat = setInterval(() => res.write(':\n\n'), 15_000);
  req.on('close', () => clearInterval(beat));
});
";

fn check(program: &Program, report: &mut Report) {
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App || program.draws_pages(file) || program.is_browser_code(file) {
            continue;
        }
        for n in 0..facts.calls.len() as u32 {
            if let Some(draft) = found(program, file, CallId(n)) {
                report.add(&RULE.doc, draft);
            }
        }
    }
}

fn found(program: &Program, file: u32, id: CallId) -> Option<Draft> {
    let facts = program.facts(file);
    let call = facts.call(id);
    let is_interval = match program.target(file, id) {
        Target::Api(api) => api.package == "global" && api.last() == "setInterval",
        _ => false,
    };
    if !is_interval || call.kind != CallKind::Call || call.function == FnId(0) || !is_left(facts, call.expr) {
        return None;
    }
    let function = FnRef { file, id: call.function };
    let message =
        "`setInterval` starts an interval each time this is called, and nothing clears it".to_owned();
    let anchor = format!("{} › setInterval", program.function_name(function));
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, id)), message, anchor);
    draft.rank = 40;
    match paths::lead_in(program, function, &mut draft) {
        Some(EntryKind::Request | EntryKind::Job) => {}
        Some(_) => draft.doubt("it is not known how often this runs"),
        // What only runs while the process starts may go on for as long.
        None => return None,
    }
    if draft.doubts.iter().any(|it| it == paths::BY_NAME) {
        draft.confidence = Confidence::Candidate;
    }
    let is_constructor = facts.classes.iter().any(|class| class.constructor == Some(call.function));
    if is_constructor {
        draft.doubt("the class may be made once");
    }
    if call.guard.is_some() {
        draft.doubt("it stands under a condition, which may hold once");
    }
    draft.help =
        "keep what `setInterval` gives and clear it when the request or job ends: `req.on('close', () => \
                  clearInterval(timer))`, or in a `finally`"
            .to_owned();
    draft.fix = Some(repeats::unsafe_fix("clear the interval when the request or job ends"));
    draft.cost = Some(Cost {
        now: "r intervals running".to_owned(),
        after: "those of open requests".to_owned(),
        counts: vec![Count { variable: "r".to_owned(), of: "requests that ever came here".to_owned() }],
    });
    Some(draft)
}

/// True where nothing could clear the interval: its value is dropped, or the variable that holds it is never read.
fn is_left(facts: &FileFacts, expr: ExprId) -> bool {
    let holder = facts.symbols.iter().position(|it| it.definition == Some(expr));
    match holder {
        Some(n) => {
            let symbol = Expr::Symbol(crate::facts::SymbolId(n as u32));
            !facts.exprs.contains(&symbol)
        }
        None => is_dropped(facts, expr),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    #[test]
    fn a_job_reports_its_progress_for_ever() {
        laws::check(
            &RULE,
            "
//- /worker.ts
import { Worker } from 'bullmq';
import { beat } from './beat';
new Worker('mails', async (job) => { beat(job); });
//- /beat.ts
export function beat(job) {
  const timer = setInterval(() => job.updateProgress(1), 1000);
//              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ timer-leak: `setInterval` starts an interval each time this is called
}
",
        );
    }

    #[test]
    fn cleared_kept_handed_back_or_of_the_start_is_fine() {
        laws::check(
            &RULE,
            "
//- /routes.ts
import express from 'express';
const app = express();
let sweep;
setInterval(() => {}, 1000);
app.get('/a', (req, res) => {
  const beat = setInterval(() => res.write(':'), 1000);
  req.on('close', () => clearInterval(beat));
  sweep ??= setInterval(() => {}, 1000);
  const stop = every(() => {});
  setTimeout(() => {}, 1000);
});
function every(run) { return setInterval(run, 1000); }
",
        );
    }
}
