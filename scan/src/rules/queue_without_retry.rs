//! Rule `queue-without-retry`: a job that calls other services is tried once.

use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::queues::{Job, Worker, jobs, workers};
use super::{Rule, paths, repeats};
use crate::facts::{CallId, GuardId, GuardKind};
use crate::program::{Effects, FnRef, Given, Program};
use crate::report::{At, Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "queue-without-retry",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queues,
        summary: "A job that calls another service is tried once and then given up",
        why: "The default of `attempts` in Bull and BullMQ is one. A job whose worker sends mail or calls a provider then \
              fails for good with the first timeout, rate limit or restart on the other side: a provider with 99.9 % of \
              calls answered loses one job in a thousand, and all of them during an incident of minutes. Somebody has to find \
              and requeue them by hand. With a few attempts and exponential backoff the same incident is a delay. Backoff \
              also keeps the retries of many jobs from hitting the provider at the same moment.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The work must not happen twice and the provider offers no idempotency key, a schedule runs the job again \
                    anyway, or the worker retries inside.",
        proof: "Jobs in the `failed` set after the provider answers errors for a minute",
        standing: Standing::Candidate {
            why: "only two of its findings have been read on public code, both right",
        },
    },
    check,
};

const SLOW: &str = r"
//- /mails.ts
import { Queue, Worker } from 'bullmq';
import nodemailer from 'nodemailer';

const transport = nodemailer.createTransport({ host: 'smtp.example.com' });
export const mails = new Queue('mails', { defaultJobOptions: { removeOnComplete: 1000 } });

new Worker('mails', async (job) => {
  await transport.sendMail({ to: job.data.to, subject: 'Welcome' });
}, { concurrency: 10 });
//- /routes.ts
import express from 'express';
import { mails } from './mails';

const app = express();

app.post('/invites', async (req, res) => {
  await mails.add('invite', { to: req.body.email });
  res.sendStatus(202);
});
";

const FAST: &str = r"
//- /mails.ts
import { Queue, Worker } from 'bullmq';
import nodemailer from 'nodemailer';

const transport = nodemailer.createTransport({ host: 'smtp.example.com' });
export const mails = new Queue('mails', {
  defaultJobOptions: { removeOnComplete: 1000, attempts: 5, backoff: { type: 'exponential', delay: 1000 } },
});

new Worker('mails', async (job) => {
  await transport.sendMail({ to: job.data.to, subject: 'Welcome' });
}, { concurrency: 10 });
//- /routes.ts
import express from 'express';
import { mails } from './mails';

const app = express();

app.post('/invites', async (req, res) => {
  await mails.add('invite', { to: req.body.email });
  res.sendStatus(202);
});
";

/// Options by which a job runs again: of its own, or by a schedule.
const REPEATING: &[&str] = &["attempts", "repeat"];

fn check(program: &Program, report: &mut Report) {
    let mut once: Vec<(Job, Given)> = Vec::new();
    for job in jobs(program) {
        let given = job.given(program, REPEATING);
        if given != Given::Yes {
            once.push((job, given));
        }
    }
    if once.is_empty() {
        return;
    }
    let workers = workers(program);
    once.sort_by_key(|(job, given)| (job.name.clone(), *given != Given::No, job.file, job.call));
    for group in once.chunk_by(|a, b| a.0.name == b.0.name) {
        let (job, given) = &group[0];
        let of_queue: Vec<&Worker> =
            workers.iter().filter(|it| job.name.is_some() && it.name == job.name).collect();
        let Some((worker, call)) = of_queue.iter().find_map(|it| Some((*it, outside(program, it)?))) else {
            continue;
        };
        report.add(&RULE.doc, tell(program, (job, given), worker, call));
    }
}

/// The first call of a worker that leads to another service.
fn outside(program: &Program, worker: &Worker) -> Option<(FnRef, CallId)> {
    worker.processors.iter().find_map(|function| {
        program
            .calls_in_place(*function)
            .into_iter()
            .map(|(call, _)| call)
            .find(|call| program.call_effects(function.file, *call).has_any(Effects::NETWORK))
            .map(|call| (*function, call))
    })
}

fn tell(
    program: &Program,
    (job, given): (&Job, &Given),
    worker: &Worker,
    (processor, call): (FnRef, CallId),
) -> Draft {
    let function = FnRef { file: job.file, id: program.facts(job.file).call(job.call).function };
    let callee = paths::callee_text(program, job.file, job.call);
    let work = paths::callee_text(program, processor.file, call);
    let queue = job.name.clone().unwrap_or_default();
    let anchor = format!("{} › {callee} › {queue}", program.function_name(function));
    let message =
        format!("a job of the queue `{queue}` is tried once, though its worker depends on `{work}`");
    let mut draft = Draft::new(Where::Code(paths::call_at(program, job.file, job.call)), message, anchor);
    draft.rank = 45;
    paths::lead_in_surely(program, function, &mut draft);
    let at = Where::Code(At { file: worker.file, span: worker.at });
    draft.evidence.push((EvidenceKind::Source, "the worker".to_owned(), at));
    let at = Where::Code(paths::call_at(program, processor.file, call));
    draft.evidence.push((EvidenceKind::Source, "what may fail for a while".to_owned(), at));
    if *given != Given::No {
        draft.doubt("the options of the jobs could not be followed");
    }
    if !job.is_known(program) {
        draft.doubt("it is not known how the queue was made");
    }
    if is_caught(program, processor.file, program.facts(processor.file).call(call).guard) {
        draft.doubt("the worker catches what goes wrong");
    }
    draft.help = "give the queue `attempts: 5, backoff: { type: 'exponential', delay: 1000 }` and make the work safe to repeat: \
                  an idempotency key, or a check of what was done"
        .to_owned();
    draft.fix = Some(repeats::unsafe_fix("try the jobs again, with backoff"));
    draft.cost = Some(Cost {
        now: "p × n jobs lost".to_owned(),
        after: "p⁵ × n".to_owned(),
        counts: vec![
            Count { variable: "n".to_owned(), of: "jobs".to_owned() },
            Count { variable: "p".to_owned(), of: "share of calls that fail".to_owned() },
        ],
    });
    draft
}

fn is_caught(program: &Program, file: u32, guard: Option<GuardId>) -> bool {
    let facts = program.facts(file);
    std::iter::successors(guard, |id| facts.guard(*id).parent)
        .any(|id| facts.guard(id).kind == GuardKind::Try)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    const HEAD: &str = "//- /queue.ts\nimport { Queue } from 'bullmq';\nexport const posts = new Queue('posts');\n\
                        //- /routes.ts\nimport express from 'express';\nimport { posts } from './queue';\nconst app = express();\n";

    #[test]
    fn the_work_may_stand_in_another_file() {
        check(
            &RULE,
            &format!(
                "{HEAD}{}",
                r"
app.post('/posts', async (req, res) => {
  await posts.add('announce', req.body);
  //    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ queue-without-retry: of the queue `posts` is tried once
  await posts.add('announce', req.body, { attempts: 4 });
  res.end();
});
//- /worker.ts
import { Worker } from 'bullmq';
import { announce } from './announce';
new Worker('posts', (job) => announce(job.data));
//- /announce.ts
export async function announce(post: unknown) {
  await fetch('https://social.example.com/posts', { method: 'POST', body: JSON.stringify(post) });
}
"
            ),
        );
    }

    #[test]
    fn a_processor_of_nest_is_a_worker() {
        check(
            &RULE,
            r"
//- /app.module.ts
import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
@Module({ imports: [BullModule.registerQueue({ name: 'sms' })] })
export class AppModule {}
//- /sms.processor.ts
import { Process, Processor } from '@nestjs/bull';
@Processor('sms')
export class SmsProcessor {
  @Process()
  async send(job: { data: { to: string } }) {
    await fetch('https://sms.example.com', { method: 'POST', body: job.data.to });
  }
}
//- /users.controller.ts
import { InjectQueue } from '@nestjs/bull';
import { Controller, Post } from '@nestjs/common';
import { Queue } from 'bull';
@Controller('users')
export class UsersController {
  constructor(@InjectQueue('sms') private readonly sms: Queue) {}
  @Post()
  async create() {
    await this.sms.add({ to: '1' });
    //    ^^^^^^^^^^^^^^^^^^^^^^^^^ queue-without-retry
  }
}
",
        );
    }

    #[test]
    fn work_inside_a_schedule_and_a_worker_that_catches() {
        check(
            &RULE,
            &format!(
                "{HEAD}{}",
                r"
import { Queue } from 'bullmq';
const inside = new Queue('inside');
const caught = new Queue('caught');
app.post('/posts', async (req, res) => {
  await posts.add('poll', {}, { repeat: { every: 60_000 } });
  await inside.add('sum', req.body);
  await caught.add('sum', req.body);
  res.end();
});
//- /worker.ts
import { Worker } from 'bullmq';
new Worker('posts', () => fetch('https://social.example.com/posts'));
new Worker('inside', async (job) => job.data.a + job.data.b);
new Worker('caught', async () => {
  try {
    await fetch('https://social.example.com/posts');
  } catch (error) {
    console.error(error);
  }
});
"
            ),
        );
    }
}
