//! Rule `async-foreach`: `forEach` is given an async callback, so that nothing waits for the work or sees it fail.

use tuneup_model::{Category, Cost, Count, RuleDoc, Severity, Standing};

use super::{Rule, paths, repeats};
use crate::facts::{CallId, Expr, FnId, GuardKind};
use crate::place::Place;
use crate::program::{Effects, FnRef, Program, Role, Value};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "async-foreach",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Runtime,
        summary: "`forEach` starts work for all elements at once and waits for none of it",
        why: "`forEach` throws away what its callback returns. All elements begin at the same moment, the code behind goes on before \
              any of them is done, and a rejected promise has nobody to catch it: since Node 15 that ends the process, with every \
              request it was serving.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The work is meant to go on in the background, catches its own errors, and the list is short.",
        proof: "The calls in flight are counted while the list grows, and one of them is made to fail",
        standing: Standing::Candidate {
            why: "of three findings that an entry point reaches two were right, both in one public repository",
        },
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import express from 'express';

const app = express();

app.post('/hooks', async (req, res) => {
  req.body.urls.forEach(async (url) => {
    await fetch(url, { method: 'POST', signal: AbortSignal.timeout(5_000) });
  });
  res.sendStatus(204);
});
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';
import pMap from 'p-map';

const app = express();

app.post('/hooks', async (req, res) => {
  const post = (url) => fetch(url, { method: 'POST', signal: AbortSignal.timeout(5_000) });
  await pMap(req.body.urls, post, { concurrency: 10 });
  res.sendStatus(204);
});
";

const OUTSIDE: Effects = Effects::DB.with(Effects::OUTSIDE).with(Effects::CACHE);

fn check(program: &Program, report: &mut Report) {
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App || program.is_browser_code(file) {
            continue;
        }
        for n in 0..facts.calls.len() as u32 {
            let call = CallId(n);
            if let Some((list, closure)) = thrown_away(program, file, call) {
                report.add(&RULE.doc, tell(program, file, call, &list, closure));
            }
        }
    }
}

/// `list.forEach(async (it) => { await … })` over what is no class of the program with a `forEach` of its own.
fn thrown_away(program: &Program, file: u32, call: CallId) -> Option<(String, FnId)> {
    let facts = program.facts(file);
    let it = facts.call(call);
    let Expr::Member { object, property } = facts.expr(it.callee) else { return None };
    let [callback] = facts.args(call) else { return None };
    let Expr::Function(closure) = facts.expr(*callback) else { return None };
    let receiver = program.eval(Place { file, expr: object });
    let own = matches!(receiver, Value::Instance(_) | Value::Api(_) | Value::Client(_));
    if facts.name(property) != "forEach" || it.awaited || own || !facts.function(closure).is_async {
        return None;
    }
    let waits = program
        .calls_in_place(FnRef { file, id: closure })
        .iter()
        .any(|(inner, _)| facts.call(*inner).awaited && program.call_effects(file, *inner).has_any(OUTSIDE));
    waits.then(|| (program.expr_text(file, object), closure))
}

/// True where all that the callback waits for stands in a `try` of its own.
fn catches(program: &Program, file: u32, closure: FnId) -> bool {
    let facts = program.facts(file);
    facts.calls.iter().filter(|it| it.function == closure && it.awaited).all(|it| {
        std::iter::successors(it.guard, |id| facts.guard(*id).parent)
            .any(|id| facts.guard(id).kind == GuardKind::Try)
    })
}

fn tell(program: &Program, file: u32, call: CallId, list: &str, closure: FnId) -> Draft {
    let function = FnRef { file, id: program.facts(file).call(call).function };
    let anchor = format!("{} › {list}.forEach", program.function_name(function));
    let message = format!("`{list}.forEach` starts the work for every element and waits for none of it");
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, call)), message, anchor);
    draft.help = format!(
        "await it: `for (const it of {list})` in turn, or `pMap({list}, work, {{ concurrency: 10 }})` for a few at a time"
    );
    draft.fix = Some(repeats::unsafe_fix("await the work"));
    draft.cost = Some(Cost {
        now: "n in flight".to_owned(),
        after: "10 in flight".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("elements of `{list}`") }],
    });
    draft.rank = 60;
    paths::lead_in_surely(program, function, &mut draft);
    if catches(program, file, closure) {
        draft.doubt("the callback catches its errors: the work may be meant for the background");
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    #[test]
    fn work_of_this_file_and_another() {
        laws::check(
            &RULE,
            r"
//- /hooks.ts
export async function call(url: string) { await fetch(url); }
//- /routes.ts
import express from 'express';
import { call } from './hooks';
const app = express();
app.post('/a', async (req, res) => {
  req.body.urls.forEach(async (url) => { await call(url); });
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ async-foreach: `req.body.urls.forEach` starts the work
  res.end();
});
",
        );
    }

    #[test]
    fn what_catches_waits_for_nothing_or_iterates_by_itself() {
        laws::check(
            &RULE,
            r"
//- /hooks.ts
export async function call(url: string) { await fetch(url); }
export class Urls { async forEach(work: (url: string) => Promise<void>) { for (const url of ['a']) await work(url); } }
//- /routes.ts
import express from 'express';
import { call, Urls } from './hooks';
const app = express();
const urls = new Urls();
app.post('/a', async (req, res) => {
  req.body.urls.forEach(async (url) => { try { await call(url); } catch (error) { console.error(error); } });
  req.body.urls.forEach(async (url) => { console.log(url); });
  await urls.forEach(async (url) => { await call(url); });
  urls.forEach(async (url) => { await call(url); });
  res.end();
});
",
        );
    }
}
