//! Rule `unbounded-concurrency`: work outside the process is started for all elements of a growing list at once.
//!
//! For the database alone the advice is one statement for all, and other rules give it; this one speaks of the database
//! only where each element takes several statements or a transaction.

pub(super) mod fanout;
mod work;

use std::cell::OnceCell;

use rustc_hash::FxHashSet;
use tuneup_model::{Bound, Category, Confidence, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::indexes::Tables;
use super::provenance::{Growth, Provenance, growth, provenance};
use super::repeats::{self, Repeat};
use super::{Rule, paths, volume};
use crate::facts::Span;
use crate::place::Place;
use crate::program::libraries::network::takes_few_at_once;
use crate::program::{FnRef, LoopClass, Program, Target};
use crate::report::{At, Draft, Report, Step, Where};

use fanout::Fanout;
use work::{Led, Turn, Work};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "unbounded-concurrency",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Runtime,
        summary: "Work outside the process is started for all elements of a growing list at once",
        why: "`Promise.all` over a mapped list starts everything before the first answer is there. With ten elements that is fast; \
              with ten thousand it is ten thousand sockets, bodies in memory and timeouts that all began to run at the same \
              moment: the other side answers `429`, the file system `EMFILE`, the pool of the database has no connection \
              left for anybody else. With ten or twenty in \
              flight the other side is just as busy.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The list is short by nature or limited (a schema, a page, a slice), the calls pass a limiter on the way, or most \
                    of them are answered from a cache.",
        proof: "The calls in flight are counted while the list grows",
        standing: Standing::Candidate {
            why: "2 of 11 findings in repositories not seen before were right: lists stay short or are capped",
        },
    },
    check,
};

const SLOW: &str = r"
//- /hooks.ts
export async function notify(url: string, body: string) {
  const answer = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(5_000) });
  return answer.status;
}
//- /routes.ts
import express from 'express';
import { notify } from './hooks';

const app = express();

app.post('/notifications', async (req, res) => {
  const sent = await Promise.all(req.body.urls.map((url) => notify(url, req.body.text)));
  res.json(sent);
});
";

const FAST: &str = r"
//- /hooks.ts
export async function notify(url: string, body: string) {
  const answer = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(5_000) });
  return answer.status;
}
//- /routes.ts
import express from 'express';
import pMap from 'p-map';
import { notify } from './hooks';

const app = express();

app.post('/notifications', async (req, res) => {
  const sent = await pMap(req.body.urls, (url) => notify(url, req.body.text), { concurrency: 10 });
  res.json(sent);
});
";

fn check(program: &Program, report: &mut Report) {
    let known = Known::of(program);
    for fanout in fanout::fanouts(program) {
        let turn = work::turn(program, &fanout.turn);
        for led in &turn.led {
            if let Some(draft) = tell(&known, &fanout, &turn, led) {
                report.add(&RULE.doc, draft);
                // The limit that one kind of work needs holds for all of the turn.
                break;
            }
        }
    }
}

/// What is worked out once and only where it is needed.
pub(super) struct Known<'p> {
    pub(super) program: &'p Program,
    told: OnceCell<FxHashSet<(u32, Span)>>,
    tables: OnceCell<Tables<'p>>,
}

impl<'p> Known<'p> {
    pub(super) fn of(program: &'p Program) -> Self {
        Self { program, told: OnceCell::new(), tables: OnceCell::new() }
    }

    /// True where a rule on repeated queries speaks of this loop by default.
    fn is_told(&self, fanout: &Fanout) -> bool {
        let program = self.program;
        let told = self.told.get_or_init(|| {
            [Repeat::InLoop, Repeat::AcrossCalls, Repeat::Fanout, Repeat::Write, Repeat::Invariant]
                .into_iter()
                .flat_map(|sort| repeats::of_sort(program, sort))
                .filter(|it| repeats::draft(program, it, String::new()).confidence == Confidence::Likely)
                .map(|it| (it.iteration.file, it.iteration.span))
                .collect()
        });
        told.contains(&(fanout.iteration.file, fanout.iteration.span))
    }

    /// Why the rows of a query may be few.
    pub(super) fn few_rows(&self, query: u32) -> Option<&'static str> {
        // Who reads up to a thousand rows expects more than a few.
        if matches!(self.program.queries[query as usize].shape.limit, Bound::Constant(_)) {
            return None;
        }
        let tables = self.tables.get_or_init(|| Tables::of(self.program));
        let site = tables.sites.iter().find(|site| site.id == query)?;
        volume::few(site, volume::extent(site), &volume::volume(tables, site))
    }
}

fn tell(known: &Known<'_>, fanout: &Fanout, turn: &Turn, led: &Led) -> Option<Draft> {
    let program = known.program;
    let list = Place { file: fanout.file, expr: fanout.iteration.collection? };
    let several = turn.transaction || turn.statements.len() > 1;
    if led.work == Work::Database && (!several || known.is_told(fanout)) {
        return None;
    }
    let growth = growth(program, list);
    let by_form = fanout.iteration.class == LoopClass::Collection;
    if growth == Growth::Bounded || (!by_form && !matches!(growth, Growth::Grows(Provenance::Sent(..)))) {
        return None;
    }
    let mut draft = begin(program, fanout, led, list);
    if led.work == Work::Files && !matches!(growth, Growth::Grows(Provenance::Sent(..) | Provenance::Listing))
    {
        draft.doubt("the program seldom opens as many files as a process may hold");
    }
    match growth {
        Growth::Grows(provenance) => {
            if let Provenance::Rows(query) = provenance
                && let Some(reason) = known.few_rows(query)
            {
                draft.doubt(reason);
            }
            let over = Where::Code(At { file: list.file, span: program.facts(list.file).span(list.expr) });
            draft.evidence.push((EvidenceKind::Loop, says(program, &provenance), over));
        }
        Growth::Doubtful(why) => match slow_side(program, led) {
            // A page is more than such a service takes at once.
            Some(limit) if provenance(program, list) == Provenance::Remote => {
                let at = Where::Code(paths::call_at(program, led.file, led.call));
                draft.evidence.push((EvidenceKind::Source, limit.to_owned(), at));
            }
            _ => draft.doubt(why),
        },
        Growth::Bounded => {}
    }
    let text = program.expr_text(list.file, list.expr);
    if names_pieces(&text) {
        draft.doubt("the list is a piece of a longer one by its name");
    }
    doubt(program, led, turn, &mut draft);
    arrive(program, fanout, led, &mut draft);
    if draft.confidence == Confidence::Candidate {
        draft.severity = Severity::Low;
    }
    Some(draft)
}

fn slow_side(program: &Program, led: &Led) -> Option<&'static str> {
    match program.target(led.file, led.call) {
        Target::Api(api) => takes_few_at_once(api),
        _ => None,
    }
}

fn begin(program: &Program, fanout: &Fanout, led: &Led, list: Place) -> Draft {
    let over = program.expr_text(list.file, list.expr);
    let work = paths::callee_text(program, led.file, led.call);
    let all = paths::callee_text(program, fanout.file, fanout.joined);
    let function = FnRef { file: fanout.file, id: program.facts(fanout.file).call(fanout.joined).function };
    let anchor = format!("{} › {all} › {over} › {work}", program.function_name(function));
    let message = format!("`{work}` {} for every element of `{over}` at once", led.work.does());
    let mut draft =
        Draft::new(Where::Code(paths::call_at(program, fanout.file, fanout.joined)), message, anchor);
    let at = Where::Code(paths::call_at(program, led.file, led.call));
    draft.evidence.push((EvidenceKind::Source, format!("`{work}` {} here", led.work.does()), at));
    led.work.help().clone_into(&mut draft.help);
    draft.fix = Some(repeats::unsafe_fix(match led.work {
        Work::Queue => "add all jobs with one call",
        _ => "limit how many of them run at the same time",
    }));
    draft.cost = Some(Cost {
        now: "n in flight".to_owned(),
        after: "10 in flight".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("elements of `{over}`") }],
    });
    draft
}

impl Work {
    fn does(self) -> &'static str {
        match self {
            Self::Network => "asks the network",
            Self::Files => "holds a file open",
            Self::Database => "takes a connection of the database",
            Self::Queue => "adds to a queue",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Network | Self::Files => {
                "run a few at a time: `pMap(list, work, { concurrency: 10 })`, a `p-limit`, or pieces of the list one after the \
                 other"
            }
            Self::Database => {
                "read and write for all elements with a few statements where that is possible; else run fewer at a time than the \
                 pool has connections (`pMap` with `concurrency`)"
            }
            Self::Queue => "add all jobs with one `addBulk`",
        }
    }
}

fn says(program: &Program, provenance: &Provenance) -> String {
    match provenance {
        Provenance::Sent(name, _) if name.is_empty() => "the client sends the list".to_owned(),
        Provenance::Sent(name, _) => format!("the client sends `{name}`"),
        Provenance::Listing => "another service lists the elements".to_owned(),
        Provenance::Rows(query) => {
            let query = &program.queries[*query as usize];
            format!(
                "`{}` reads the list without a small limit",
                paths::callee_text(program, query.file, query.call)
            )
        }
        Provenance::Part
        | Provenance::Folder
        | Provenance::Remote
        | Provenance::Context
        | Provenance::Awaited
        | Provenance::Unknown => "the list".to_owned(),
    }
}

/// `batch`, `chunk.items`, `pageOfUsers`.
fn names_pieces(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["batch", "chunk", "slice", "page"].iter().any(|piece| text.contains(piece))
}

fn doubt(program: &Program, led: &Led, turn: &Turn, draft: &mut Draft) {
    if led.ambiguous {
        draft.doubt("several implementations are possible on the way");
    }
    if led.kept {
        draft.doubt("results are kept on the way, so that few calls may leave the process");
    }
    match led.work {
        Work::Queue => draft.doubt("jobs are added over one connection, which takes them in turn"),
        Work::Database if turn.transaction => {
            draft.doubts.push("each element takes a connection for as long as its transaction".to_owned());
        }
        // What a caller's transaction or an injected handle holds is not seen from here.
        Work::Database => draft.doubt("the calls may share one connection, and then take turns on it"),
        _ => {}
    }
    if program.facts(led.file).path.ends_with('x') {
        draft.doubt("the code may run in a browser");
    }
}

fn arrive(program: &Program, fanout: &Fanout, led: &Led, draft: &mut Draft) {
    draft.rank = 70;
    let function = FnRef { file: fanout.file, id: program.facts(fanout.file).call(fanout.joined).function };
    paths::lead_in_surely(program, function, draft);
    draft.path.extend(led.path.iter().map(|hop| Step {
        at: paths::call_at(program, hop.file, hop.call),
        name: program.function_name(hop.enters),
    }));
    draft.path.push(Step {
        at: paths::call_at(program, led.file, led.call),
        name: paths::callee_text(program, led.file, led.call),
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    const HEAD: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model User {
  id String @id
  email String
  hooks Hook[]
}
model Hook {
  id String @id
  url String
  calls Int
  userId String
  user User @relation(fields: [userId], references: [id])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /hooks.ts
import axios from 'axios';
import { prisma } from './db';
export const call = (url: string) => axios.post(url);
export async function replace(user: { id: string; url: string }) {
  await prisma.$transaction(async (tx) => {
    await tx.hook.deleteMany({ where: { userId: user.id } });
    await tx.hook.create({ data: { id: user.id, url: user.url, calls: 0, userId: user.id } });
  });
}
export async function urlsOf(userId: string) {
  const hooks = await prisma.hook.findMany({ where: { userId } });
  return hooks.map((hook) => hook.url);
}
"#;

    fn check(routes: &str) {
        let start = "//- /routes.ts\nimport express from 'express';\nimport { prisma } from './db';\nimport { call, replace, urlsOf } from './hooks';\nconst app = express();\n";
        laws::check(&RULE, &format!("{HEAD}{start}{routes}"));
    }

    #[test]
    fn a_list_of_the_request_goes_to_the_network_in_another_file() {
        check(
            r"
app.post('/all', async (req, res) => {
  const { urls } = req.body;
  await Promise.all(urls.map(async (url: string) => { await call(url); }));
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-concurrency: `axios.post` asks the network for every element of `urls` at once
  await Promise.allSettled(req.query.ids.split(',').map((id) => fetch(`https://example.com/${id}`)));
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-concurrency
  res.end();
});
",
        );
    }

    #[test]
    fn what_frameworks_call_the_request() {
        check(
            r#"
//- /package.json
{"dependencies":{"next":"15.0.0"}}
//- /app/api/threads/route.ts
import { call } from '../../../hooks';
export async function GET(request: Request) {
  const { searchParams } = new URL(request.url);
  const param = searchParams.get('threads');
  if (!param) return Response.json([]);
  const threads = param.split(',').filter(Boolean);
  return Response.json(await Promise.all(threads.map(async (id) => { try { return await call(id); } catch { return null; } })));
//                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-concurrency
}
export async function POST(request: Request) {
  const { urls } = await request.json();
  return Response.json(await Promise.all(urls.map(call)));
//                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-concurrency
}
//- /hooks.controller.ts
import { Body, Controller, Post } from '@nestjs/common';
import { call } from './hooks';
@Controller('hooks')
export class HooksController {
  @Post() all(@Body() body: { urls: string[] }, @CurrentUser() user: { urls: string[] }) {
    return Promise.all([...body.urls.map((url) => call(url)), ...user.urls.map((url) => call(url))]);
//         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-concurrency: every element of `body.urls`
  }
}
"#,
        );
    }

    #[test]
    fn promises_of_a_loop_and_functions_by_name() {
        check(
            r"
app.post('/all', async (req, res) => {
  const sent: Promise<unknown>[] = [];
  for (const url of req.body.urls) sent.push(call(url));
  await Promise.all(sent);
//      ^^^^^^^^^^^^^^^^^ unbounded-concurrency: for every element of `req.body.urls`
  const calls = req.body.urls.map(call);
  await Promise.all(calls);
//      ^^^^^^^^^^^^^^^^^^ unbounded-concurrency
  res.end();
});
",
        );
    }

    #[test]
    fn all_rows_of_a_table_in_a_job() {
        check(
            r"
//- /nightly.ts
import { CronJob } from 'cron';
import { prisma } from './db';
import { call } from './hooks';
new CronJob('0 3 * * *', async () => {
  const users = await prisma.user.findMany();
  await Promise.all(users.map((user) => call(`https://example.com/${user.email}`)));
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-concurrency
});
",
        );
    }

    #[test]
    fn a_transaction_per_element() {
        check(
            r"
app.put('/hooks', async (req, res) => {
  await Promise.all(req.body.users.map((user) => replace(user)));
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-concurrency: takes a connection of the database
  res.end();
});
",
        );
    }

    #[test]
    fn files_that_are_held_open() {
        check(
            r"
//- /files.ts
import { readdir, readFile, stat } from 'fs/promises';
import express from 'express';
const router = express.Router();
router.post('/files', async (req, res) => {
  const sizes = await Promise.all(req.body.names.map((name) => stat(name)));
  res.json([sizes, await Promise.all(req.body.names.map((name) => readFile(name, 'utf8')))]);
//                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-concurrency: holds a file open
});
router.get('/locales', async (req, res) => {
  const names = await readdir('locales');
  res.json(await Promise.all(names.map((name) => readFile(name, 'utf8'))));
});
",
        );
    }

    #[test]
    fn keys_that_another_service_lists() {
        check(
            r"
//- /archive.ts
import { S3Client, ListObjectsV2Command, GetObjectCommand } from '@aws-sdk/client-s3';
import express from 'express';
const s3 = new S3Client({});
const router = express.Router();
async function keysOf(prefix: string) {
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: 'archive', Prefix: prefix }));
  return listed.Contents.map((it) => it.Key);
}
router.get('/archive/:id', async (req, res) => {
  const keys = await keysOf(req.params.id);
  res.json(await Promise.all(keys.map((Key) => s3.send(new GetObjectCommand({ Bucket: 'archive', Key })))));
//               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-concurrency: `s3.send` asks the network
});
",
        );
    }

    #[test]
    fn pieces_and_limiters() {
        check(
            r"
import pLimit from 'p-limit';
import pMap from 'p-map';
import Bottleneck from 'bottleneck';
import { Sema } from 'async-sema';
import { chunk } from 'lodash';
const limiter = new Bottleneck({ maxConcurrent: 5 });
const sema = new Sema(5);
async function paced(url: string) { return limiter.schedule(() => call(url)); }
async function permitted(url: string) {
  await sema.acquire();
  try { return await call(url); } finally { sema.release(); }
}
app.post('/all', async (req, res) => {
  const urls: string[] = req.body.urls;
  const limit = pLimit(5);
  await Promise.all(urls.map((url) => limit(() => call(url))));
  await pMap(urls, call, { concurrency: 5 });
  await Promise.all(urls.map((url) => paced(url)));
  await Promise.all(urls.map((url) => permitted(url)));
  for (const part of chunk(urls, 10)) await Promise.all(part.map((url) => call(url)));
  for (let i = 0; i < urls.length; i += 10) await Promise.all(urls.slice(i, i + 10).map((url) => call(url)));
  res.end();
});
",
        );
    }

    #[test]
    fn short_lists() {
        check(
            r"
import { z } from 'zod';
const Body = z.object({ targets: z.array(z.string()).min(1).max(20) });
app.post('/all', async (req, res) => {
  const users = await prisma.user.findMany({ take: 20 });
  await Promise.all(users.map((user) => call(user.email)));
  const { targets } = Body.parse(req.body);
  await Promise.all(targets.map((url) => call(url)));
  await Promise.all(['a', 'b'].map((name) => call(`https://example.com/${name}`)));
  await Promise.all(req.body.urls.slice(0, 10).map((url) => call(url)));
  if (req.body.files.length > 5) throw new Error('too many files');
  await Promise.all(req.body.files.map((url) => call(url)));
  const total = users.length + req.body.pages.length;
  if (total > LIMIT) return res.sendStatus(400);
  const left = LIMIT - req.body.links.length;
  if (left < 0) return res.sendStatus(400);
  await Promise.all(req.body.links.map((url) => call(url)));
  const wanted = req.body.pages.filter((url) => url !== '');
  await Promise.all(wanted.map((url) => call(url)));
  res.end();
});
",
        );
    }

    #[test]
    fn a_handful_of_one_parent_and_a_page_of_another_service() {
        check(
            r"
app.post('/hooks/:id', async (req, res) => {
  const user = await prisma.user.findFirst({ where: { id: req.params.id }, include: { hooks: true } });
  await Promise.all(user.hooks.map((hook) => call(hook.url)));
  const urls = await urlsOf(req.params.id);
  await Promise.all(urls.map((url) => call(url)));
  const { items } = await fetch('https://example.com/items').then((it) => it.json());
  await Promise.all(items.map((item) => call(item.url)));
  res.end();
});
",
        );
    }

    #[test]
    fn one_statement_per_element_is_told_by_other_rules() {
        check(
            r"
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await Promise.all(ids.map((id) => prisma.hook.count({ where: { userId: id } })));
  await Promise.all(ids.map((id) => prisma.hook.update({ where: { id }, data: { calls: 0 } })));
  await Promise.all(ids.map(async (id) => {
    const hook = await prisma.hook.findFirst({ where: { userId: id } });
    await prisma.user.update({ where: { id }, data: { email: hook.url } });
  }));
  res.end();
});
",
        );
    }

    #[test]
    fn browsers_tests_scripts_and_results_that_are_kept() {
        check(
            r"
const names = new Map<string, string>();
async function nameOf(id: string) {
  const known = names.get(id);
  if (known) return known;
  const answer = await fetch(`https://example.com/${id}`);
  names.set(id, await answer.text());
  return names.get(id);
}
app.post('/names', async (req, res) => {
  res.json(await Promise.all(req.body.ids.map((id) => nameOf(id))));
});
//- /app/Uploader.tsx
'use client';
export function Uploader({ files }) {
  return <button onClick={() => Promise.all(files.map((file) => fetch('/upload', { body: file })))} />;
}
//- /scripts/ping.ts
import { prisma } from '../db';
import { call } from '../hooks';
export async function main() { await Promise.all((await prisma.hook.findMany()).map((hook) => call(hook.url))); }
//- /__tests__/hooks.ts
import { call } from '../hooks';
test('all', () => Promise.all(urls.map((url) => call(url))));
",
        );
    }
}
