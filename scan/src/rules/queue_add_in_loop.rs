//! Rule `queue-add-in-loop`: jobs are added to a queue one by one where the queue takes them all at once.

use rustc_hash::FxHashSet;
use tuneup_model::{Category, Cost, Count, RuleDoc, Severity, Standing};

use super::leads::{self, Lead};
use super::{Rule, paths, provenance, repeats};
use crate::facts::{CallId, Expr};
use crate::place::Place;
use crate::program::{Concurrency, Effects, FnRef, Iteration, LoopClass, Program, Role, Target, Trace};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "queue-add-in-loop",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Queues,
        summary: "Jobs are added to a queue one at a time, for each element of a list",
        why: "Each `add` is a script that Redis runs and a round trip that the loop waits for: with 1 ms to Redis ten thousand \
              jobs take ten seconds. If the process ends in between, some elements have a job and some have none, and a second run \
              adds the first ones twice. `addBulk` sends all jobs together and adds all or none of them.",
        slow: SLOW,
        fast: FAST,
        fine_when: "Jobs repeat by a pattern (Bull takes those one at a time), or whether the next one is added depends on the \
                    one before.",
        proof: "The time to add the jobs is measured while the list grows",
        standing: Standing::Candidate {
            why: "too few of its findings were read in public repositories to show it",
        },
    },
    check,
};

const SLOW: &str = r"
//- /queue.ts
import { Queue } from 'bullmq';

export const mails = new Queue('mails', { connection: { host: 'redis' } });
//- /routes.ts
import express from 'express';
import { mails } from './queue';

const app = express();

app.post('/campaigns', async (req, res) => {
  for (const recipient of req.body.recipients) {
    await mails.add('send', { recipient, text: req.body.text }, { removeOnComplete: true, removeOnFail: 100 });
  }
  res.sendStatus(202);
});
";

const FAST: &str = r"
//- /queue.ts
import { Queue } from 'bullmq';

export const mails = new Queue('mails', { connection: { host: 'redis' } });
//- /routes.ts
import express from 'express';
import { mails } from './queue';

const app = express();

app.post('/campaigns', async (req, res) => {
  const { recipients, text } = req.body;
  const opts = { removeOnComplete: true, removeOnFail: 100 };
  await mails.addBulk(recipients.map((recipient) => ({ name: 'send', data: { recipient, text }, opts })));
  res.sendStatus(202);
});
";

fn check(program: &Program, report: &mut Report) {
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App {
            continue;
        }
        let mut told = FxHashSet::default();
        for n in 0..facts.calls.len() as u32 {
            let call = CallId(n);
            if let Some((iteration, lead)) = added(program, file, call)
                && told.insert(iteration.form)
            {
                report.add(&RULE.doc, tell(program, file, call, &iteration, &lead));
            }
        }
    }
}

fn added(program: &Program, file: u32, call: CallId) -> Option<(Iteration, Lead)> {
    if !program.call_effects(file, call).has_any(Effects::QUEUE) {
        return None;
    }
    let iterations = program.iterations(file, call);
    let iteration = iterations.first().filter(|it| it.class == LoopClass::Collection)?;
    let may_go_together = match iteration.concurrency {
        Concurrency::Sequential => program.waits_needlessly(file, call, &iterations),
        Concurrency::Unbounded => {
            !program.is_on_error_path(file, program.facts(file).call(call).guard, iteration.body)
        }
        Concurrency::Bounded | Concurrency::Transaction => false,
    };
    let facts = program.facts(file);
    if !may_go_together || !Trace::new(facts, &iteration.sources).call_depends(call) {
        return None;
    }
    let lead = leads::nearest(program, file, call, Effects::QUEUE, &|file, call| adds(program, file, call))?;
    let other = Effects::DB.with(Effects::NETWORK).with(Effects::FILES);
    // What a turn or a wrapper does besides adding, it does for one element.
    let is_all = lead.path.len() <= 2
        && !program.call_effects(file, call).has_any(other)
        && !program.also_does(file, call, iteration, other);
    is_all.then(|| (iteration.clone(), lead))
}

/// `queue.add(…)` of a job that does not repeat.
fn adds(program: &Program, file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    let is_add = matches!(program.target(file, call), Target::Api(api)
        if matches!(api.package.as_str(), "bull" | "bullmq") && api.last() == "add");
    is_add
        && !facts.args(call).iter().any(|arg| match facts.expr(*arg) {
            Expr::Object(list) => facts.property(list, "repeat").is_some(),
            _ => false,
        })
}

fn tell(program: &Program, file: u32, call: CallId, iteration: &Iteration, lead: &Lead) -> Draft {
    let list =
        iteration.collection.map_or_else(|| "the list".to_owned(), |expr| program.expr_text(file, expr));
    let callee = paths::callee_text(program, lead.file, lead.call);
    let function = FnRef { file, id: program.facts(file).call(call).function };
    let anchor = format!("{} › {list} › {callee}", program.function_name(function));
    let message = format!("`{callee}` adds one job per element of `{list}`");
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, call)), message, anchor);
    draft.severity = RULE.doc.severity;
    draft.help = "collect the jobs and add them with one `addBulk([{ name, data, opts }, …])`".to_owned();
    draft.fix = Some(repeats::unsafe_fix("add all jobs with one call"));
    draft.cost = Some(Cost {
        now: "n round trips".to_owned(),
        after: "1 round trip".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("elements of `{list}`") }],
    });
    draft.rank = 40;
    paths::lead_in_surely(program, function, &mut draft);
    leads::put(program, lead, &mut draft);
    if program.long_list(iteration).is_none() {
        draft.doubt("every known way brings a list of a few elements");
    } else if let Some(expr) = iteration.collection
        && !provenance::may_grow(program, Place { file, expr })
    {
        draft.doubt("nothing says that the list grows");
    }
    if lead.ambiguous {
        draft.doubt("several implementations are possible on the way");
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;
    const HEAD: &str = "
//- /queue.ts
import { Queue } from 'bullmq';
export const mails = new Queue('mails', {});
export async function enqueue(to: string) { await mails.add('send', { to }); }
";

    fn check(text: &str) {
        laws::check(&RULE, &format!("{HEAD}{text}"));
    }

    #[test]
    fn directly_and_through_a_wrapper() {
        check(
            r"
//- /routes.ts
import express from 'express';
import { mails, enqueue } from './queue';
const app = express();
app.post('/a', async (req, res) => {
  for (const to of req.body.recipients) {
    await enqueue(to);
//        ^^^^^^^^^^^ queue-add-in-loop: `mails.add` adds one job per element of `req.body.recipients`
  }
  await Promise.all(req.body.others.map((to) => mails.add('send', { to })));
//                                              ^^^^^^^^^^^^^^^^^^^^^^^^^ queue-add-in-loop
  res.end();
});
",
        );
    }

    #[test]
    fn a_few_repeating_or_chained() {
        check(
            r"
//- /routes.ts
import express from 'express';
import { mails } from './queue';
const app = express();
app.post('/a', async (req, res) => {
  for (const kind of ['daily', 'weekly']) await mails.add(kind, {});
  for (const it of req.body.schedules) await mails.add('send', { it }, { repeat: { pattern: it } });
  let last = null;
  for (const to of req.body.recipients) {
    const job = await mails.add('send', { to, after: last });
    last = job.id;
  }
  for (const to of req.body.recipients) {
    await mails.add('send', { to });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  res.end();
});
",
        );
    }
}
