//! Rule `queue-jobs-not-removed`: finished jobs stay in Redis for ever.

use tuneup_model::{Category, Cost, Count, EvidenceKind, Reading, RuleDoc, Severity, Standing};

use super::keys::{Variety, variety};
use super::queues::{Job, jobs, takes_jobs_away};
use super::{Rule, paths, repeats};
use crate::facts::{CallId, Expr};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::{FnRef, Given, Program};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "queue-jobs-not-removed",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queues,
        summary: "Jobs that are done stay in Redis because nothing says when to remove them",
        why: "Bull and BullMQ keep every completed job, its data and what it returned, until somebody removes it: the default of \
              `removeOnComplete` is to keep all. A thousand jobs a minute of 2 kB each are almost 3 GB a day in a Redis \
              whose memory also holds sessions, caches and the jobs that still wait. At `maxmemory` it refuses writes, and \
              adding jobs fails, which takes down what was decoupled by the queue. Dashboards that list jobs get slow long \
              before that. The mend is one option, best as a default of the queue.",
        slow: SLOW,
        fast: FAST,
        fine_when: "A `clean` that the program does not hold (a cron job, a dashboard) empties the sets of finished jobs, or few \
                    jobs are ever added.",
        proof: "`ZCARD bull:NAME:completed` over some hours, and `MEMORY USAGE` of one job times its growth",
        standing: Standing::Shown(&[
            Reading { repository: "NwaforChukwuebuka/orbit", right: 4, read: 4 },
            Reading { repository: "documenso/documenso", right: 1, read: 1 },
            Reading { repository: "wesleyara/queue-notification-with-bullmq", right: 1, read: 1 },
        ]),
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import { Queue } from 'bullmq';
import express from 'express';

const mails = new Queue('mails', { connection: { host: 'redis' } });
const app = express();

app.post('/invites', async (req, res) => {
  await mails.add('invite', { to: req.body.email });
  res.sendStatus(202);
});
";

const FAST: &str = r"
//- /routes.ts
import { Queue } from 'bullmq';
import express from 'express';

const mails = new Queue('mails', {
  connection: { host: 'redis' },
  defaultJobOptions: { removeOnComplete: { age: 3600, count: 1000 }, removeOnFail: { age: 7 * 24 * 3600 } },
});
const app = express();

app.post('/invites', async (req, res) => {
  await mails.add('invite', { to: req.body.email });
  res.sendStatus(202);
});
";

/// Options that end a finished job.
const REMOVING: &[&str] = &["removeOnComplete"];

fn check(program: &Program, report: &mut Report) {
    let mut kept: Vec<(Job, Given)> = Vec::new();
    for job in jobs(program) {
        let given = job.given(program, REMOVING);
        if given != Given::Yes && !is_one(program, &job) {
            kept.push((job, given));
        }
    }
    if kept.is_empty() {
        return;
    }
    let taken_away = takes_jobs_away(program);
    let queue_of = |job: &Job| match job.makings.first() {
        Some(making) => (Some(*making), String::new()),
        None => (None, job.name.clone().unwrap_or_else(|| program.expr_text(job.queue.file, job.queue.expr))),
    };
    kept.sort_by_key(|(job, given)| (queue_of(job), *given != Given::No, job.file, job.call));
    for group in kept.chunk_by(|a, b| queue_of(&a.0) == queue_of(&b.0)) {
        report.add(&RULE.doc, tell(program, group, taken_away));
    }
}

/// A job with an id of its own replaces itself.
fn is_one(program: &Program, job: &Job) -> bool {
    let Some(at) = job.options.and_then(|at| program.follow(at)) else { return false };
    let facts = program.facts(at.file);
    let Expr::Object(list) = facts.expr(at.expr) else { return false };
    facts
        .property(list, "jobId")
        .is_some_and(|expr| variety(program, Place { file: at.file, expr }) == Variety::Fixed)
}

fn tell(program: &Program, group: &[(Job, Given)], taken_away: bool) -> Draft {
    let (job, given) = &group[0];
    let function = FnRef { file: job.file, id: program.facts(job.file).call(job.call).function };
    let callee = paths::callee_text(program, job.file, job.call);
    let queue =
        job.name.as_ref().map_or_else(|| "the queue".to_owned(), |name| format!("the queue `{name}`"));
    let anchor = format!("{} › {callee} › {queue}", program.function_name(function));
    let message =
        format!("jobs of {queue} stay in Redis when they are done: nothing says `removeOnComplete`");
    let mut draft = Draft::new(Where::Code(paths::call_at(program, job.file, job.call)), message, anchor);
    draft.rank = 60;
    paths::lead_in_surely(program, function, &mut draft);
    if let Some((file, making)) = job.makings.first() {
        note(program, (*file, *making), "the queue is made here, without such a default", &mut draft);
    }
    for (other, _) in group.iter().skip(1).take(3) {
        note(program, (other.file, other.call), "adds to the same queue", &mut draft);
    }
    if *given != Given::No {
        draft.doubt("the options of the jobs could not be followed");
    }
    if !job.is_known(program) {
        draft.doubt("it is not known how the queue was made");
    }
    if taken_away {
        draft.doubt("the program removes or cleans jobs elsewhere");
    }
    draft.help = "give the queue `defaultJobOptions: { removeOnComplete: { age: 3600, count: 1000 }, removeOnFail: { age: 604800 } }`; \
                  keep as many as somebody looks at"
        .to_owned();
    draft.fix = Some(repeats::unsafe_fix("remove jobs that are done"));
    draft.cost = Some(Cost {
        now: "n jobs kept".to_owned(),
        after: "at most those of the last hour kept".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: "jobs ever done".to_owned() }],
    });
    draft
}

fn note(program: &Program, (file, call): (u32, CallId), text: &str, draft: &mut Draft) {
    let at = Where::Code(paths::call_at(program, file, call));
    draft.evidence.push((EvidenceKind::Source, text.to_owned(), at));
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    #[test]
    fn a_queue_of_another_file_is_found_once() {
        check(
            &RULE,
            r"
//- /queues.ts
import Bull from 'bull';
export const exports = new Bull('exports', process.env.REDIS_URL!);
//- /routes.ts
import express from 'express';
import { exports as queue } from './queues';
const app = express();
app.post('/exports', async (req, res) => {
  await queue.add({ user: req.body.user }, { attempts: 3 });
  //    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ queue-jobs-not-removed: of the queue `exports`
  res.end();
});
app.post('/exports/all', async (req, res) => {
  await queue.add('all', {});
  res.end();
});
",
        );
    }

    #[test]
    fn an_injected_queue_is_known_by_its_module() {
        check(
            &RULE,
            r"
//- /app.module.ts
import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
@Module({ imports: [BullModule.registerQueue({ name: 'audio' })] })
export class AppModule {}
//- /audio.controller.ts
import { InjectQueue } from '@nestjs/bullmq';
import { Controller, Post } from '@nestjs/common';
import { Queue } from 'bullmq';
@Controller('audio')
export class AudioController {
  constructor(@InjectQueue('audio') private readonly audio: Queue) {}
  @Post('transcode')
  async transcode() {
    await this.audio.add('transcode', { file: 'a.mp3' });
    //    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ queue-jobs-not-removed
  }
}
",
        );
    }

    #[test]
    fn an_option_anywhere_is_enough() {
        check(
            &RULE,
            r"
//- /options.ts
export const options = { attempts: 3, removeOnComplete: true };
//- /routes.ts
import { Queue } from 'bullmq';
import express from 'express';
import { options } from './options';
const connection = { host: 'redis' };
const own = new Queue('own', { connection });
const made = new Queue('made', { connection, defaultJobOptions: options });
const one = new Queue('one', { connection });
const app = express();
app.post('/a', async (req, res) => {
  await own.add('a', req.body, { ...options, delay: 1000 });
  await made.add('a', req.body);
  await one.add('sweep', {}, { jobId: 'sweep' });
  res.end();
});
",
        );
    }

    #[test]
    fn a_module_of_nest_may_give_the_default() {
        check(
            &RULE,
            r"
//- /app.module.ts
import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
@Module({ imports: [BullModule.forRoot({ defaultJobOptions: { removeOnComplete: 100 } }), BullModule.registerQueue({ name: 'a' })] })
export class AppModule {}
//- /a.controller.ts
import { InjectQueue } from '@nestjs/bullmq';
import { Controller, Post } from '@nestjs/common';
import { Queue } from 'bullmq';
@Controller('a')
export class AController {
  constructor(@InjectQueue('a') private readonly queue: Queue) {}
  @Post()
  async create() {
    await this.queue.add('a', {});
  }
}
",
        );
    }

    #[test]
    fn jobs_that_something_else_removes_are_candidates() {
        check(
            &RULE,
            r"
//- /routes.ts
import Bull from 'bull';
import express from 'express';
const visits = new Bull('visits', { redis: { host: 'redis' } });
visits.on('completed', (job) => job.remove());
const app = express();
app.get('/', async (req, res) => {
  await visits.add({ path: req.path });
  res.end();
});
",
        );
    }

    #[test]
    fn the_callers_of_a_wrapper_decide() {
        check(
            &RULE,
            r"
//- /mails.ts
import { JobsOptions, Queue } from 'bullmq';
const queue = new Queue('mails');
export const enqueue = (name: string, data: unknown, options: JobsOptions) => queue.add(name, data, options);
//- /routes.ts
import express from 'express';
import { enqueue } from './mails';
const app = express();
app.post('/a', async (req, res) => {
  await enqueue('a', req.body, { removeOnComplete: true });
  res.end();
});
",
        );
    }
}
