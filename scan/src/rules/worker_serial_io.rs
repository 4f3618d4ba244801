//! Rule `worker-serial-io`: a worker that mostly waits takes one job at a time.

use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::queues::{Worker, workers};
use super::waits::is_waited_for;
use super::{Rule, paths, repeats};
use crate::facts::CallId;
use crate::program::{Effects, FnRef, Given, Program, callee_name};
use crate::report::{At, Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "worker-serial-io",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queues,
        summary: "A worker that waits for another service takes one job at a time",
        why: "The default concurrency of Bull and BullMQ is one: a worker whose job waits 500 ms for a mail server or an API \
              does two jobs a second, whatever the machine can do, while its CPU is idle. A burst of ten thousand jobs then \
              takes 83 minutes; with `concurrency: 20` four. The queue grows, and users wait for their mail.",
        slow: SLOW,
        fast: FAST,
        fine_when: "Jobs must run in order or must not overlap, the provider allows one call at a time (say so with `limiter`), \
                    the job is heavy on the CPU, or enough processes run the worker.",
        proof: "Length of the queue and CPU of the worker during a burst, with concurrency 1 and 10",
        standing: Standing::Candidate {
            why: "4 of 8 findings in repositories not seen before were right: queues with few jobs",
        },
    },
    check,
};

const SLOW: &str = r"
//- /worker.ts
import { Worker } from 'bullmq';

new Worker('receipts', async (job) => {
  await fetch('https://mail.example.com/send', {
    method: 'POST',
    body: JSON.stringify(job.data),
    signal: AbortSignal.timeout(5_000),
  });
}, { connection: { host: 'redis' } });
";

const FAST: &str = r"
//- /worker.ts
import { Worker } from 'bullmq';

new Worker('receipts', async (job) => {
  await fetch('https://mail.example.com/send', {
    method: 'POST',
    body: JSON.stringify(job.data),
    signal: AbortSignal.timeout(5_000),
  });
}, { connection: { host: 'redis' }, concurrency: 20 });
";

fn check(program: &Program, report: &mut Report) {
    for worker in workers(program) {
        let given = worker.given(program, &["concurrency", "limiter", "useWorkerThreads"]);
        if given == Given::Yes {
            continue;
        }
        if let Some((processor, call)) = waits(program, &worker) {
            report.add(&RULE.doc, tell(program, &worker, &given, (processor, call)));
        }
    }
}

/// The first call of a job that waits for another service.
fn waits(program: &Program, worker: &Worker) -> Option<(FnRef, CallId)> {
    worker.processors.iter().find_map(|function| {
        program
            .calls_in_place(*function)
            .into_iter()
            .map(|(call, _)| call)
            .find(|call| {
                program.call_effects(function.file, *call).has_any(Effects::NETWORK)
                    && is_awaited(program, function.file, *call)
            })
            .map(|call| (*function, call))
    })
}

/// A job ends before what it lets go.
fn is_awaited(program: &Program, file: u32, call: CallId) -> bool {
    let facts = program.facts(file);
    let it = facts.call(call);
    it.awaited || is_waited_for(facts, it.expr, 0)
}

fn tell(program: &Program, worker: &Worker, given: &Given, (processor, call): (FnRef, CallId)) -> Draft {
    let work = paths::callee_text(program, processor.file, call);
    let queue = worker.name.as_ref().map_or_else(String::new, |name| format!(" of `{name}`"));
    let anchor = format!("{} › {work} › worker{queue}", program.function_name(processor));
    let message = format!("the worker{queue} takes one job at a time and waits for `{work}` in each");
    let mut draft = Draft::new(Where::Code(At { file: worker.file, span: worker.at }), message, anchor);
    draft.rank = 40;
    let at = Where::Code(paths::call_at(program, processor.file, call));
    draft.evidence.push((EvidenceKind::Source, "what it waits for".to_owned(), at));
    if *given != Given::No {
        draft.doubt("the options of the worker could not be followed");
    }
    if let Some(name) = worker.name.as_deref()
        && ["serial", "sequen", "fifo", "order", "lock"]
            .iter()
            .any(|word| name.to_ascii_lowercase().contains(word))
    {
        draft.doubt("the name of the queue speaks of order");
    }
    if is_paced(program, processor) {
        draft.doubt("the job keeps to a rate of its own");
    }
    draft.help = "give the worker a `concurrency` that the provider and the pool of connections bear, and a `limiter` where the \
                  provider counts calls"
        .to_owned();
    draft.fix = Some(repeats::unsafe_fix("let jobs overlap"));
    draft.cost = Some(Cost {
        now: "n × t".to_owned(),
        after: "n × t / c".to_owned(),
        counts: vec![
            Count { variable: "n".to_owned(), of: "jobs in the queue".to_owned() },
            Count { variable: "t".to_owned(), of: format!("time of `{work}`") },
            Count { variable: "c".to_owned(), of: "jobs at once".to_owned() },
        ],
    });
    draft
}

/// True where the job calls something that counts or delays calls: more at once would only wait there.
fn is_paced(program: &Program, processor: FnRef) -> bool {
    let facts = program.facts(processor.file);
    program.calls_in_place(processor).into_iter().any(|(call, _)| {
        let name = callee_name(facts, facts.call(call).callee).to_ascii_lowercase();
        program.direct_effects(processor.file, call).has_any(Effects::SLEEP)
            || ["ratelimit", "throttle", "sleep", "delay", "lock", "mutex"]
                .iter()
                .any(|word| name.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    #[test]
    fn a_worker_whose_work_stands_elsewhere() {
        check(
            &RULE,
            r"
//- /worker.ts
import Bull from 'bull';
import { push } from './push';
const queue = new Bull('push');
queue.process(async (job) => push(job.data));
//<^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ worker-serial-io: the worker of `push` takes one job at a time
//- /push.ts
export async function push(data: unknown) {
  await fetch('https://push.example.com', { method: 'POST', body: JSON.stringify(data) });
}
",
        );
    }

    #[test]
    fn a_processor_of_nest() {
        check(
            &RULE,
            r"
//- /push.processor.ts
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Push } from './push';
   @Processor('push')
  //^^^^^^^^^^^^^^^^^ worker-serial-io
export class PushProcessor extends WorkerHost {
  constructor(private readonly push: Push) { super(); }
  async process() {
    await this.push.send();
  }
}
@Processor('other', { concurrency: 5 })
export class OtherProcessor extends WorkerHost {
  constructor(private readonly push: Push) { super(); }
  async process() {
    await this.push.send();
  }
}
//- /push.ts
export class Push {
  async send() {
    await fetch('https://push.example.com', { method: 'POST' });
  }
}
",
        );
    }

    #[test]
    fn a_limit_a_number_or_work_of_the_cpu() {
        check(
            &RULE,
            r"
//- /worker.ts
import Bull from 'bull';
import { Worker } from 'bullmq';
const queue = new Bull('push');
queue.process(5, async () => fetch('https://push.example.com'));
new Worker('slow', () => fetch('https://push.example.com'), { limiter: { max: 1, duration: 1000 } });
new Worker('sum', async (job) => job.data.a + job.data.b);
new Worker('in-order', () => fetch('https://push.example.com'));
new Worker('paced', async () => {
  await checkRateLimit();
  await fetch('https://push.example.com');
});
async function checkRateLimit() {}
",
        );
    }
}
