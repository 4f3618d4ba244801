//! Rule `await-in-loop-independent`: each turn of a loop does a piece of work of its own, and the next waits for it.
//!
//! A single request per turn is told by `http-call-in-loop`, a query by the rules on repeated queries: they know the
//! batched form. This rule speaks of turns that do more, so that only running some of them together helps.

use rustc_hash::FxHashSet;
use tuneup_model::{Category, Cost, Count, RuleDoc, Severity, Standing};

use super::http_call_in_loop::{NOBODY_WAITS, Remedy, waits_for_network, weigh};
use super::leads::{self, Lead};
use super::unbounded_concurrency::Known;
use super::{Rule, paths, repeats};
use crate::facts::CallId;
use crate::program::{Effects, EntryKind, FnRef, Iteration, Program, Role};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "await-in-loop-independent",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Runtime,
        summary: "Pieces of work that do not need each other wait for each other in a loop",
        why: "An account that is synchronized asks another service and the database a few times: half a second, nearly all of it \
              waiting. A loop that awaits one account before it begins the next takes n times that: a request for 100 accounts \
              runs into the timeout of the proxy, and the last account is as old as the whole run. With five at a time it takes \
              a fifth, and neither side notices.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The order matters, a turn needs what an earlier one left behind, the work takes a transaction or a lock, or the \
                    pace is meant to spare the other side.",
        proof: "The service asked is replaced by one that answers after 100 ms, and the request is timed while the list grows",
        standing: Standing::Candidate {
            why: "its findings in public repositories have not been counted yet",
        },
    },
    check,
};

const SLOW: &str = r"
//- /schema.prisma
datasource db {
  provider = 'postgresql'
}
model Feed {
  id    Int    @id
  url   String
  title String
}
//- /feeds.ts
import { PrismaClient } from '@prisma/client';

export const prisma = new PrismaClient();

export async function refresh(feed: { id: number; url: string }) {
  const answer = await fetch(feed.url, { signal: AbortSignal.timeout(5_000) });
  const title = (await answer.text()).split('<title>')[1];
  await prisma.feed.update({ where: { id: feed.id }, data: { title } });
}
//- /routes.ts
import express from 'express';
import { refresh } from './feeds';

const app = express();

app.post('/feeds/refresh', async (req, res) => {
  for (const feed of req.body.feeds) {
    await refresh(feed);
  }
  res.sendStatus(204);
});
";

const FAST: &str = r"
//- /schema.prisma
datasource db {
  provider = 'postgresql'
}
model Feed {
  id    Int    @id
  url   String
  title String
}
//- /feeds.ts
import { PrismaClient } from '@prisma/client';

export const prisma = new PrismaClient();

export async function refresh(feed: { id: number; url: string }) {
  const answer = await fetch(feed.url, { signal: AbortSignal.timeout(5_000) });
  const title = (await answer.text()).split('<title>')[1];
  await prisma.feed.update({ where: { id: feed.id }, data: { title } });
}
//- /routes.ts
import express from 'express';
import pMap from 'p-map';
import { refresh } from './feeds';

const app = express();

app.post('/feeds/refresh', async (req, res) => {
  await pMap(req.body.feeds, refresh, { concurrency: 5 });
  res.sendStatus(204);
});
";

fn check(program: &Program, report: &mut Report) {
    let known = Known::of(program);
    for (n, facts) in program.files.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App || program.is_browser_code(file) {
            continue;
        }
        let mut told = FxHashSet::default();
        for n in 0..facts.calls.len() as u32 {
            let call = CallId(n);
            let does_more = program.call_effects(file, call).has_any(Effects::DB);
            if does_more
                && let Some((iteration, lead)) = waits_for_network(program, file, call)
                && told.insert(iteration.form)
            {
                report.add(&RULE.doc, tell(&known, file, call, &iteration, &lead));
            }
        }
    }
}

fn tell(known: &Known<'_>, file: u32, call: CallId, iteration: &Iteration, lead: &Lead) -> Draft {
    let program = known.program;
    let list =
        iteration.collection.map_or_else(|| "the list".to_owned(), |expr| program.expr_text(file, expr));
    let callee = paths::callee_text(program, file, call);
    let function = FnRef { file, id: program.facts(file).call(call).function };
    let anchor = format!("{} › {list} › {callee}", program.function_name(function));
    let message = format!(
        "each element of `{list}` waits until `{callee}` has asked the database and another service for the one before"
    );
    let mut draft = Draft::new(Where::Code(paths::call_at(program, file, call)), message, anchor);
    draft.help = format!(
        "run a few at a time: `pMap({list}, work, {{ concurrency: 5 }})`, fewer than the database pool has connections"
    );
    draft.fix = Some(repeats::unsafe_fix("run several elements at a time"));
    draft.cost = Some(Cost {
        now: "n pieces of work in turn".to_owned(),
        after: "n / 5 in turn".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("elements of `{list}`") }],
    });
    draft.rank = 70;
    let kind = paths::lead_in_surely(program, function, &mut draft).map(|it| it.kind);
    leads::put(program, lead, &mut draft);
    weigh(known, iteration, lead, Remedy::Together, &mut draft);
    if matches!(kind, Some(EntryKind::Job | EntryKind::Schedule | EntryKind::Callback)) {
        draft.doubt(NOBODY_WAITS);
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    const HEAD: &str = "
//- /schema.prisma
datasource db {
  provider = \"postgresql\"
}
model Account {
  id String @id
  name String
}
//- /accounts.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
export async function sync(id: string) {
  const answer = await fetch(`https://example.com/${id}`);
  await prisma.account.update({ where: { id }, data: { name: await answer.text() } });
}
";

    fn check(text: &str) {
        laws::check(&RULE, &format!("{HEAD}{text}"));
    }

    #[test]
    fn across_files_also_where_each_element_may_fail() {
        check(
            r"
//- /routes.ts
import express from 'express';
import { sync } from './accounts';
const app = express();
app.post('/a', async (req, res) => {
  for (const id of req.body.ids) await sync(id);
//                                     ^^^^^^^^ await-in-loop-independent: each element of `req.body.ids` waits
  for (const account of req.body.accounts) {
    try {
      await sync(account.id);
//          ^^^^^^^^^^^^^^^^ await-in-loop-independent
    } catch (error) {
      console.error(error);
    }
  }
  res.end();
});
",
        );
    }

    #[test]
    fn chains_searches_pauses_and_chunks() {
        check(
            r"
//- /routes.ts
import express from 'express';
import { sync } from './accounts';
const app = express();
app.post('/a', async (req, res) => {
  for (const id of req.body.ids) { if (await sync(id)) break; }
  for (const id of req.body.ids) { await sync(id); await new Promise((done) => setTimeout(done, 100)); }
  const seen = new Set();
  for (const id of req.body.ids) { if (seen.has(id)) continue; seen.add(id); await sync(id); }
  for (const chunk of req.body.chunks) await sync(chunk);
  for (const id of ['a', 'b']) await sync(id);
  let last = '';
  for (const id of req.body.ids) { last = await sync(id + last); }
  res.end();
});
",
        );
    }
}
