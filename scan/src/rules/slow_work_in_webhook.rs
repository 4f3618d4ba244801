//! Rule `slow-work-in-webhook`: the caller of a webhook waits for mail, a model or a browser.

use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::io_in_transaction::search::{Outside, calls_while_open, search};
use super::{Rule, paths, repeats};
use crate::facts::{CallId, Expr, FileFacts};
use crate::program::{Effects, Entry, EntryKind, FnRef, Program, SlowWork, Target, callee_name, slow_work};
use crate::report::{At, Draft, Report, Step, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "slow-work-in-webhook",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Http,
        summary: "A webhook is answered only after mail was sent or a model has replied",
        why: "Whoever calls a webhook waits a few seconds and then calls again: GitHub 10 s, Slack 3 s, Stripe some 20 s. A handler that \
              awaits a mail server or a language model before it answers works until that one is slow; then the event is delivered \
              again while the first is still at work, so that the mail goes out twice, and after enough timeouts the sender switches the \
              endpoint off. Stored or put into a queue, the event is acknowledged in milliseconds, and the work has retries of its own.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The answer needs the result, or the handler is itself the worker of a queue that calls by HTTP.",
        proof: "Time to the answer of the webhook while the other service takes five seconds",
        standing: Standing::Candidate {
            why: "only one of its findings has been read on public code, which was right",
        },
    },
    check,
};

const SLOW: &str = r"
//- /webhooks.ts
import express from 'express';
import Stripe from 'stripe';
import { sendReceipt } from './mail';

const app = express();
const stripe = new Stripe(process.env.STRIPE_KEY!);

app.post('/webhooks/stripe', async (req, res) => {
  const event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature']!, process.env.WEBHOOK_SECRET!);
  if (event.type === 'invoice.paid') {
    await sendReceipt(event.data.object);
  }
  res.json({ received: true });
});
//- /mail.ts
import { Resend } from 'resend';

const resend = new Resend(process.env.RESEND_KEY);

export async function sendReceipt(invoice: { customer_email: string }) {
  await resend.emails.send({ from: 'shop@example.com', to: invoice.customer_email, subject: 'Receipt', text: 'Paid' });
}
";

const FAST: &str = r"
//- /webhooks.ts
import express from 'express';
import Stripe from 'stripe';
import { receipts } from './mail';

const app = express();
const stripe = new Stripe(process.env.STRIPE_KEY!);

app.post('/webhooks/stripe', async (req, res) => {
  const event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature']!, process.env.WEBHOOK_SECRET!);
  if (event.type === 'invoice.paid') {
    await receipts.add('receipt', event.data.object, { jobId: event.id });
  }
  res.json({ received: true });
});
//- /mail.ts
import { Queue, Worker } from 'bullmq';
import { Resend } from 'resend';

const resend = new Resend(process.env.RESEND_KEY);
export const receipts = new Queue('receipts', {
  defaultJobOptions: { attempts: 5, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: 1000 },
});

new Worker('receipts', async (job) => {
  await resend.emails.send({ from: 'shop@example.com', to: job.data.customer_email, subject: 'Receipt', text: 'Paid' });
}, { concurrency: 10 });
";

fn check(program: &Program, report: &mut Report) {
    for entry in program.entries.iter().filter(|it| is_webhook(program, it)) {
        let file = entry.function.file;
        let found: Vec<(CallId, Outside, SlowWork)> = calls_while_open(program, entry.function)
            .into_iter()
            .filter_map(|call| {
                let wanted = |file: u32, call: CallId| work(program, file, call).is_some();
                let outside = search(program, file, call, Effects::NETWORK, &wanted)?;
                let work = work(program, outside.file, outside.call)?;
                outside.awaited.then_some((call, outside, work))
            })
            .collect();
        if let Some(draft) = tell(program, entry, &found) {
            report.add(&RULE.doc, draft);
        }
    }
}

fn work(program: &Program, file: u32, call: CallId) -> Option<SlowWork> {
    match program.target(file, call) {
        Target::Api(api) => slow_work(api),
        _ => None,
    }
}

/// A route whose name speaks of webhooks, in a file that checks who calls it.
fn is_webhook(program: &Program, entry: &Entry) -> bool {
    let facts = program.facts(entry.function.file);
    let speaks = |text: &str| text.to_ascii_lowercase().contains("webhook");
    let reads = ["GET", "DELETE", "PUT", "PATCH"].iter().any(|verb| entry.label.starts_with(verb));
    entry.kind == EntryKind::Request
        && !reads
        && (speaks(&entry.label) || speaks(&facts.path))
        && checks_caller(facts)
}

fn checks_caller(facts: &FileFacts) -> bool {
    let by_call = facts.calls.iter().any(|call| {
        let name = callee_name(facts, call.callee).to_ascii_lowercase();
        name.contains("constructevent") || name.contains("signature") || name.starts_with("verify")
    });
    by_call || facts.names.iter().any(|name| name.to_ascii_lowercase().ends_with("-signature"))
}

fn tell(program: &Program, entry: &Entry, found: &[(CallId, Outside, SlowWork)]) -> Option<Draft> {
    let surely = |it: &&(CallId, Outside, SlowWork)| !it.1.ambiguous && !it.1.memoized;
    let (call, outside, work) = found.iter().find(surely).or_else(|| found.first())?;
    let file = entry.function.file;
    let callee = paths::callee_text(program, file, *call);
    let anchor = format!("{} › {callee}", program.function_name(entry.function));
    let message = format!("the caller of the webhook waits while `{callee}` {}", work.what());
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, *call)), message, anchor);
    draft.rank = 60;
    draft.path = way(program, entry, outside);
    for (other, _, work) in found.iter().filter(|it| it.0 != *call).take(4) {
        let at = Where::Code(paths::call_at(program, file, *other));
        draft.evidence.push((EvidenceKind::Source, format!("{} as well", work.what()), at));
    }
    if outside.ambiguous {
        draft.doubt("several implementations are possible on the way");
    }
    if answers_before(program, entry.function, *call) {
        draft.doubt("the handler may answer before");
    }
    draft.help = "store the event or add a job, answer at once, and do the work from there (with `waitUntil` or `after` where there is no \
                  queue)"
        .to_owned();
    draft.fix = Some(repeats::unsafe_fix("answer first, work later"));
    draft.cost = Some(Cost {
        now: "t until the answer".to_owned(),
        after: "some milliseconds".to_owned(),
        counts: vec![Count { variable: "t".to_owned(), of: format!("time of `{callee}`") }],
    });
    Some(draft)
}

fn way(program: &Program, entry: &Entry, outside: &Outside) -> Vec<Step> {
    let facts = program.facts(entry.function.file);
    let span = facts.function(entry.function.id).name_span;
    let mut steps = vec![Step { at: At { file: entry.function.file, span }, name: entry.label.clone() }];
    steps.extend(outside.path.iter().map(|hop| Step {
        at: paths::call_at(program, hop.file, hop.call),
        name: program.function_name(hop.enters),
    }));
    steps.push(Step {
        at: paths::call_at(program, outside.file, outside.call),
        name: paths::callee_text(program, outside.file, outside.call),
    });
    steps
}

/// `res.sendStatus(200)` above the work, outside of any condition.
fn answers_before(program: &Program, function: FnRef, call: CallId) -> bool {
    let facts = program.facts(function.file);
    let at = facts.span(facts.call(call).expr).start;
    facts.calls.iter().any(|it| {
        it.function == function.id
            && it.guard.is_none()
            && facts.span(it.expr).end < at
            && matches!(facts.expr(it.callee), Expr::Member { property, .. }
                if matches!(facts.name(property), "json" | "send" | "sendStatus" | "end"))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    #[test]
    fn a_model_is_asked_two_calls_away() {
        check(
            &RULE,
            r#"
//- /package.json
{ "dependencies": { "next": "15.0.0", "openai": "5.0.0" } }
//- /app/api/webhooks/forms/route.ts
import { verifySignature } from '../../../../lib/verify';
import { handle } from '../../../../lib/handle';
export async function POST(request: Request) {
  const body = await request.text();
  verifySignature(body, request.headers.get('x-signature'));
  await handle(JSON.parse(body));
  //    ^^^^^^^^^^^^^^^^^^^^^^^^ slow-work-in-webhook: waits while `handle` asks a language model
  return Response.json({ ok: true });
}
//- /lib/verify.ts
export function verifySignature(body: string, signature: string | null) {}
//- /lib/handle.ts
import { summarize } from './summarize';
export const handle = async (form: { text: string }) => summarize(form.text);
//- /lib/summarize.ts
import OpenAI from 'openai';
const openai = new OpenAI();
export async function summarize(text: string) {
  return await openai.chat.completions.create({ model: 'gpt', messages: [{ role: 'user', content: text }] });
}
"#,
        );
    }

    #[test]
    fn work_that_nobody_waits_for_and_routes_that_manage_webhooks() {
        check(
            &RULE,
            r"
//- /webhooks.ts
import express from 'express';
import { Resend } from 'resend';
const app = express();
const resend = new Resend('key');
app.post('/webhooks/github', async (req, res) => {
  if (!verify(req.headers['x-hub-signature'])) return res.sendStatus(401);
  res.sendStatus(202);
  await resend.emails.send({ from: 'a@example.com', to: 'b@example.com', subject: 'Push', text: 'Pushed' });
});
app.post('/webhooks/slack', async (req, res) => {
  void resend.emails.send({ from: 'a@example.com', to: 'b@example.com', subject: 'Push', text: 'Pushed' });
  res.sendStatus(202);
});
function verify(signature: unknown) {
  return Boolean(signature);
}
//- /manage.ts
import express from 'express';
import { Resend } from 'resend';
const app = express();
const resend = new Resend('key');
app.post('/settings/webhooks', async (req, res) => {
  await resend.emails.send({ from: 'a@example.com', to: 'b@example.com', subject: 'New', text: 'New webhook' });
  res.sendStatus(202);
});
",
        );
    }
}
