//! Rule `cache-never-invalidated`: what is cached is written elsewhere, and nobody drops its key.

use std::collections::BTreeMap;

use tuneup_model::{Category, Cost, Count, EvidenceKind, Operation, RuleDoc, Severity, Standing, TableRef};

use super::asides::{Aside, Lifetime, Used, asides, uses};
use super::{Rule, paths, repeats};
use crate::program::libraries::caches::KeyUse;
use crate::program::{EntryKind, FnRef, Program, Role};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "cache-never-invalidated",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Caching,
        summary: "What is cached is written elsewhere, and nothing drops its key",
        why: "A value that stays cached after its rows have changed is wrong until it ends: a user renames a project and sees the old \
              name for an hour, or for ever where the key has no expiry. Teams then shorten the expiry until the cache saves \
              little, or flush all of it, and every page is computed at once. Dropping the key beside the write costs one \
              command and lets the expiry be long, so that the cache is hit more often.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The value may be stale for as long as its expiry says (a ranking, a count, a feed), or the rows change only by \
                    hand.",
        proof: "Read, write and read again: the second answer is the old one until the key ends",
        standing: Standing::Candidate { why: "how long a value may be stale is not in the source" },
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Project {
  id   String @id
  name String
}
//- /clients.ts
import { PrismaClient } from '@prisma/client';
import Redis from 'ioredis';
export const prisma = new PrismaClient();
export const redis = new Redis();
//- /routes.ts
import express from 'express';
import { prisma, redis } from './clients';

const app = express();

app.get('/projects/:id', async (req, res) => {
  const key = `project:${req.params.id}`;
  const kept = await redis.get(key).catch(() => null);
  if (kept) return res.send(kept);
  const project = await prisma.project.findUnique({ where: { id: req.params.id } });
  await redis.set(key, JSON.stringify(project), 'EX', 24 * 3600);
  res.json(project);
});

app.patch('/projects/:id', async (req, res) => {
  await prisma.project.update({ where: { id: req.params.id }, data: { name: req.body.name } });
  res.end();
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Project {
  id   String @id
  name String
}
//- /clients.ts
import { PrismaClient } from '@prisma/client';
import Redis from 'ioredis';
export const prisma = new PrismaClient();
export const redis = new Redis();
//- /routes.ts
import express from 'express';
import { prisma, redis } from './clients';

const app = express();

app.get('/projects/:id', async (req, res) => {
  const key = `project:${req.params.id}`;
  const kept = await redis.get(key).catch(() => null);
  if (kept) return res.send(kept);
  const project = await prisma.project.findUnique({ where: { id: req.params.id } });
  await redis.set(key, JSON.stringify(project), 'EX', 24 * 3600);
  res.json(project);
});

app.patch('/projects/:id', async (req, res) => {
  await prisma.project.update({ where: { id: req.params.id }, data: { name: req.body.name } });
  await redis.unlink(`project:${req.params.id}`);
  res.end();
});
"#;

/// Values that end sooner are stale by design.
const SHORT: f64 = 300.0;
/// Values that end later are stale for longer than a user waits.
const LONG: f64 = 3600.0;

fn check(program: &Program, report: &mut Report) {
    let uses = uses(program);
    for aside in asides(program, &uses) {
        let lifetime = aside.set.lifetime(program);
        if matches!(lifetime, Lifetime::Seconds(seconds) if seconds < SHORT)
            || is_dropped(program, &uses, &aside)
        {
            continue;
        }
        if let Some((table, write)) = written(program, &aside) {
            report.add(&RULE.doc, tell(program, &uses, &aside, lifetime, (&table, write)));
        }
    }
}

/// True where some code drops the key, or writes it anew beside the aside itself.
fn is_dropped(program: &Program, uses: &[Used], aside: &Aside<'_>) -> bool {
    uses.iter().any(|it| match it.kind {
        KeyUse::Drop | KeyUse::Pattern => it.shape(program).is_some_and(|shape| meets(&shape, &aside.key)),
        KeyUse::Set => {
            let function = paths::named(
                program,
                FnRef { file: it.file, id: program.facts(it.file).call(it.call).function },
            );
            (it.file, function) != (aside.function.file, aside.function.id)
                && it.links.len() >= aside.set.links.len()
                && it.shape(program).as_ref() == Some(&aside.key)
        }
        KeyUse::Get => false,
    })
}

/// True where two keys may be the same: their texts before what varies agree.
fn meets(a: &str, b: &str) -> bool {
    let literal = |text: &str| text.split('*').next().unwrap_or_default().to_owned();
    let (a, b) = (literal(a), literal(b));
    a.starts_with(&b) || b.starts_with(&a)
}

/// The table that a query reads; none for one that writes.
fn table_read(program: &Program, query: u32) -> Option<(String, Operation)> {
    let shape = &program.queries[query as usize].shape;
    match &shape.table {
        TableRef::Known(table) if !shape.operation.is_write() => Some((table.clone(), shape.operation)),
        _ => None,
    }
}

/// A write that changes what is cached, where a request or job comes to it.
fn written(program: &Program, aside: &Aside<'_>) -> Option<(String, u32)> {
    let read: BTreeMap<String, Operation> =
        aside.queries(program).into_iter().filter_map(|query| table_read(program, query)).collect();
    let writes = program.queries.iter().enumerate().filter(|(_, query)| {
        let function = FnRef { file: query.file, id: program.facts(query.file).call(query.call).function };
        program.roles[query.file as usize] == Role::App
            && query.shape.operation.is_write()
            && (query.file, paths::named(program, function)) != (aside.function.file, aside.function.id)
            && paths::arrival(program, function)
                .is_some_and(|it| matches!(it.kind, EntryKind::Request | EntryKind::Job) && !it.by_name)
    });
    for (n, query) in writes {
        let TableRef::Known(table) = &query.shape.table else { continue };
        let changes = match read.get(table) {
            // One row by its key does not change because another comes in.
            Some(Operation::ReadOne) => {
                !matches!(query.shape.operation, Operation::Insert | Operation::InsertMany)
            }
            Some(_) => true,
            None => false,
        };
        if changes {
            return Some((table.clone(), n as u32));
        }
    }
    None
}

fn tell(
    program: &Program,
    uses: &[Used],
    aside: &Aside<'_>,
    lifetime: Lifetime,
    (table, write): (&str, u32),
) -> Draft {
    let set = aside.set;
    let callee = paths::callee_text(program, set.file, set.call);
    let anchor = format!("{} › {callee} › {}", program.function_name(aside.function), aside.key);
    let message = match lifetime {
        Lifetime::Endless => {
            format!(
                "`{}` keeps rows of `{table}` for ever, and nothing drops it when they are written",
                aside.key
            )
        }
        _ => format!("`{}` keeps rows of `{table}`, and nothing drops it when they are written", aside.key),
    };
    let mut draft = Draft::new(Where::Code(paths::call_at(program, set.file, set.call)), message, anchor);
    draft.rank = 50;
    paths::lead_in_surely(program, aside.function, &mut draft);
    let query = &program.queries[write as usize];
    let at = Where::Code(paths::call_at(program, query.file, query.call));
    draft.evidence.push((EvidenceKind::Source, format!("writes `{table}` and leaves the key"), at));
    match lifetime {
        Lifetime::Seconds(seconds) if seconds < LONG => {
            draft.doubt("it may be short enough to be stale by design");
        }
        Lifetime::Unknown => draft.doubt("it is not known how soon the key ends"),
        _ => {}
    }
    let unnamed = uses.iter().any(|it| {
        matches!(it.kind, KeyUse::Drop | KeyUse::Pattern)
            && it.shape(program).is_none()
            && it.links.is_empty()
            && {
                let function = FnRef { file: it.file, id: program.facts(it.file).call(it.call).function };
                program.callers(function).is_empty()
            }
    });
    if unnamed {
        draft.doubt("the program drops keys whose names could not be followed");
    }
    draft.help = "drop the key beside each write (`UNLINK`), after the transaction; keep the expiry as the second line".to_owned();
    draft.fix = Some(repeats::unsafe_fix("drop the key where its rows are written"));
    draft.cost = Some(Cost {
        now: "t of old answers after a write".to_owned(),
        after: "none".to_owned(),
        counts: vec![Count { variable: "t".to_owned(), of: "time until the key ends".to_owned() }],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws;

    fn check(rest: &str) {
        const HEAD: &str = "//- /schema.prisma\ndatasource db {\n  provider = \"postgresql\"\n}\nmodel User {\n  id String @id\n  name String\n}\n\
                            //- /clients.ts\nimport { PrismaClient } from '@prisma/client';\nimport Redis from 'ioredis';\n\
                            export const prisma = new PrismaClient();\nexport const redis = new Redis();\n\
                            //- /routes.ts\nimport express from 'express';\nimport { prisma, redis } from './clients';\nconst app = express();\n";
        laws::check(&RULE, &format!("{HEAD}{rest}"));
    }

    #[test]
    fn a_cache_behind_a_class_and_a_write_in_another_file() {
        check(
            r"
import { Cache } from './cache';
const cache = new Cache();
app.get('/users/:id', async (req, res) => {
  let user = await cache.read(`user:${req.params.id}`);
  if (!user) {
    user = await prisma.user.findUnique({ where: { id: req.params.id } });
    await cache.keep(`user:${req.params.id}`, user);
    //    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ cache-never-invalidated: keeps rows of `User` for ever
  }
  res.json(user);
});
//- /cache.ts
import { redis } from './clients';
export class Cache {
  async read(key: string) {
    return JSON.parse((await redis.get(key)) ?? 'null');
  }
  async keep(key: string, value: unknown) {
    await redis.set(key, JSON.stringify(value));
  }
}
//- /admin.ts
import express from 'express';
import { prisma } from './clients';
const app = express();
app.post('/admin/users/:id', async (req, res) => {
  await prisma.user.update({ where: { id: req.params.id }, data: { name: req.body.name } });
  res.end();
});
",
        );
    }

    #[test]
    fn a_key_that_is_dropped_or_written_anew_or_short() {
        check(
            r"
const drop = (key: string) => redis.del(key);
app.get('/users/:id', async (req, res) => {
  const key = `user:${req.params.id}`;
  if (!(await redis.get(key))) {
    const user = await prisma.user.findUnique({ where: { id: req.params.id } });
    await redis.set(key, JSON.stringify(user), 'EX', 86_400);
  }
  const names = await redis.get('names');
  if (!names) {
    await redis.setex('names', 60, JSON.stringify(await prisma.user.findMany({ take: 10 })));
  }
  res.end();
});
app.post('/users/:id', async (req, res) => {
  await prisma.user.update({ where: { id: req.params.id }, data: { name: req.body.name } });
  await drop(`user:${req.params.id}`);
  res.end();
});
",
        );
    }

    #[test]
    fn rows_that_only_come_in_do_not_change_one_that_is_kept() {
        check(
            r"
app.get('/users/:id', async (req, res) => {
  const key = `user:${req.params.id}`;
  if (!(await redis.get(key))) {
    const user = await prisma.user.findUnique({ where: { id: req.params.id } });
    await redis.set(key, JSON.stringify(user), 'EX', 86_400);
  }
  res.end();
});
app.post('/users', async (req, res) => {
  await prisma.user.create({ data: req.body });
  res.end();
});
",
        );
    }
}
