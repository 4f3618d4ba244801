//! Rule `long-work-in-request`: a request waits for a browser that starts or for media that is transcoded.

use tuneup_model::{Category, Cost, Count, RuleDoc, Severity, Standing};

use super::waits::is_waited_for;
use super::{Rule, paths, repeats};
use crate::facts::CallId;
use crate::program::{EntryKind, FnRef, Program, Role, SlowWork, Target, slow_work};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "long-work-in-request",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Http,
        summary: "A request starts a browser or transcodes media while the client waits",
        why: "Starting a headless browser takes one to three seconds and 150 MB, transcoding a minute of video takes many seconds of every \
              core. Inside a request nothing bounds how many of them run at once: ten users who export a PDF together are ten browsers on a \
              machine that bears three, the requests run into the timeout of the proxy, users press the button again, and what was done is \
              thrown away. A job has a queue in front, a number of workers that fits the machine, and a result that waits to be fetched.",
        slow: SLOW,
        fast: FAST,
        fine_when: "A pool keeps browsers open and bounds how many pages work at once, or the service does nothing else and scales by itself.",
        proof: "Memory and time of ten such requests at once",
        standing: Standing::Candidate { why: "nobody has read its findings on public code yet" },
    },
    check,
};

const SLOW: &str = r"
//- /routes.ts
import express from 'express';
import { toPdf } from './pdf';

const app = express();

app.get('/invoices/:id/pdf', async (req, res) => {
  res.type('application/pdf').send(await toPdf(`https://shop.example.com/invoices/${req.params.id}`));
});
//- /pdf.ts
import puppeteer from 'puppeteer';

export async function toPdf(url: string) {
  const browser = await puppeteer.launch();
  const page = await browser.newPage();
  await page.goto(url, { timeout: 10_000 });
  const pdf = await page.pdf();
  await browser.close();
  return pdf;
}
";

const FAST: &str = r"
//- /routes.ts
import express from 'express';
import { pdfs } from './pdf';

const app = express();

app.post('/invoices/:id/pdf', async (req, res) => {
  const job = await pdfs.add('pdf', { id: req.params.id });
  res.status(202).json({ job: job.id });
});
//- /pdf.ts
import { Queue, Worker } from 'bullmq';
import puppeteer from 'puppeteer';

export const pdfs = new Queue('pdfs', { defaultJobOptions: { attempts: 3, removeOnComplete: 100 } });

new Worker('pdfs', async (job) => {
  const browser = await puppeteer.launch();
  const page = await browser.newPage();
  await page.goto(`https://shop.example.com/invoices/${job.data.id}`, { timeout: 10_000 });
  await page.pdf({ path: `/var/pdfs/${job.data.id}.pdf` });
  await browser.close();
});
";

fn check(program: &Program, report: &mut Report) {
    for (n, targets) in program.targets.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App {
            continue;
        }
        for (n, target) in targets.iter().enumerate() {
            let call = CallId(n as u32);
            if let Target::Api(api) = target
                && let Some(work @ (SlowWork::Browser | SlowWork::Video)) = slow_work(api)
                && let Some(draft) = tell(program, file, call, work)
            {
                report.add(&RULE.doc, draft);
            }
        }
    }
}

fn tell(program: &Program, file: u32, call: CallId, work: SlowWork) -> Option<Draft> {
    let facts = program.facts(file);
    let it = facts.call(call);
    let function = FnRef { file, id: it.function };
    let arrival = paths::served_arrival(program, function).filter(|it| it.kind == EntryKind::Request)?;
    let callee = paths::callee_text(program, file, call);
    let anchor = format!("{} › {callee}", program.function_name(function));
    let entry = arrival.steps.first().map_or_else(String::new, |it| format!(" of {}", it.name));
    let message = format!("`{callee}` {} while the client{entry} waits", work.what());
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, call)), message, anchor);
    draft.rank = 60;
    paths::put(Some(&arrival), &mut draft);
    if arrival.by_name {
        draft.doubt(paths::BY_NAME);
    }
    if work == SlowWork::Browser && !it.awaited && !is_waited_for(facts, it.expr, 0) {
        draft.doubt("the request may not wait for it");
    }
    if program.asks_holder_first(function, call) || program.is_kept(file, call) {
        draft.doubt("what it starts is kept for the next");
    }
    draft.help = "make it a job with a bounded number of workers and let the client fetch the result; keep one browser open and give each \
                  job a page"
        .to_owned();
    draft.fix = Some(repeats::unsafe_fix("make a job of it"));
    draft.cost = Some(Cost {
        now: "r × t of a core and its memory at once".to_owned(),
        after: "w × t, the others in a queue".to_owned(),
        counts: vec![
            Count { variable: "r".to_owned(), of: "such requests at once".to_owned() },
            Count { variable: "t".to_owned(), of: format!("time of `{callee}` and what follows") },
            Count { variable: "w".to_owned(), of: "workers".to_owned() },
        ],
    });
    Some(draft)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    #[test]
    fn a_browser_behind_a_service() {
        check(
            &RULE,
            r"
//- /cards.controller.ts
import { Controller, Get } from '@nestjs/common';
import { Shots } from './shots';
@Controller('cards')
export class CardsController {
  constructor(private readonly shots: Shots) {}
  @Get('image')
  image() {
    return this.shots.take('https://example.com');
  }
}
//- /shots.ts
import { chromium } from 'playwright';
export class Shots {
  async take(url: string) {
    const browser = await chromium.launch();
    //                    ^^^^^^^^^^^^^^^^^ long-work-in-request: starts a browser while the client of
    const page = await browser.newPage();
    return page.screenshot();
  }
}
",
        );
    }

    #[test]
    fn a_browser_that_is_kept_and_one_of_a_job() {
        check(
            &RULE,
            r"
//- /routes.ts
import express from 'express';
import puppeteer, { Browser } from 'puppeteer';
import { Worker } from 'bullmq';
const app = express();
let browser: Browser | undefined;
async function open() {
  if (!browser) browser = await puppeteer.launch();
  return browser;
}
app.get('/shot', async (req, res) => {
  const page = await (await open()).newPage();
  res.send(await page.screenshot());
});
new Worker('shots', async () => {
  const own = await puppeteer.launch();
  await own.close();
}, { concurrency: 2 });
",
        );
    }
}
