//! Rule `n-plus-one-fanout`: `Promise.all` over a query per element.

use tuneup_model::{Category, ExperimentKind, Reading, RuleDoc, Severity, Standing};

use super::repeats::{self, Repeat};
use super::{Rule, paths, wording};
use crate::program::Program;
use crate::report::Report;

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "n-plus-one-fanout",
        since: "0.1.0",
        severity: Severity::High,
        category: Category::Queries,
        summary: "A query per element of a collection, all at once",
        why: "`Promise.all` over a mapped query sends one statement per element at the same moment. They queue for the few \
              connections of the pool, and every other request waits behind them; with enough elements the pool times out.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The list is short by nature, the fan-out is cut into pieces or limited, or Prisma joins the calls \
                    (`findUnique` by equal scalar filters in one tick).",
        proof: "The same rows are read on a scratch PostgreSQL by n statements and by one, for growing n",
        standing: Standing::Shown(&[
            Reading { repository: "dittofeed/dittofeed", right: 0, read: 1 },
            Reading { repository: "outline/outline", right: 1, read: 1 },
        ]),
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Comment {
  id String @id
  postId String
  @@index([postId])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/counts', async (req, res) => {
  const counts = await Promise.all(
    req.body.postIds.map((postId) => prisma.comment.count({ where: { postId } })),
  );
  res.json(counts);
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Comment {
  id String @id
  postId String
  @@index([postId])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/counts', async (req, res) => {
  const counts = await prisma.comment.groupBy({
    by: ['postId'],
    where: { postId: { in: req.body.postIds } },
    _count: true,
  });
  res.json(counts);
});
"#;

fn check(program: &Program, report: &mut Report) {
    for it in repeats::of_sort(program, Repeat::Fanout) {
        let shape = &program.queries[it.query as usize].shape;
        let query = paths::callee_text(program, it.file, it.call);
        let collection = repeats::collection_text(program, it);
        let message = format!("`{query}` runs for every element of `{collection}` at once");
        let mut draft = repeats::draft(program, it, message);
        draft.help = wording::read_at_once(program, &program.queries[it.query as usize]);
        draft.fix =
            Some(repeats::unsafe_fix(format!("replace the mapped `{query}` by one read for all elements")));
        draft.cost = Some(repeats::per_element_cost(program, it, "concurrent queries", "1 query"));
        draft.experiment = Some(repeats::batch_experiment(shape, ExperimentKind::BatchReads));
        report.add(&RULE.doc, repeats::finish(&RULE.doc, draft));
    }
}

#[cfg(test)]
mod tests {
    use super::super::laws;
    use super::RULE;

    const APP: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model User {
  id String @id
  email String @unique
  teamId String
  @@index([teamId])
}
model Comment {
  id String @id
  postId String
  parentId String?
  @@index([postId])
}
model Plan {
  id String @id
  price Int
}
//- /db.ts
import { PrismaClient, Prisma } from '@prisma/client';
export const prisma = new PrismaClient();
export type Tx = Prisma.TransactionClient;
"#;

    fn check(text: &str) {
        laws::check(&RULE, &format!("{APP}{text}"));
    }

    #[test]
    fn a_fan_out_over_rows_of_another_file() {
        check(
            "
//- /users.ts
import { prisma } from './db';
export const byId = (id: string) => prisma.user.findFirst({ where: { id } });
export const byIds = (ids: string[]) => prisma.user.findMany({ where: { id: { in: ids } } });

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { byId, byIds } from './users';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const users = await byIds(ids);
  const counts = await Promise.all(users.map((user) => prisma.comment.count({ where: { postId: user.id } })));
//                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ n-plus-one-fanout: `prisma.comment.count` runs for every element of `users` at once
  await Promise.allSettled(ids.map(async (id) => { await prisma.user.findFirstOrThrow({ where: { id } }); }));
//                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ n-plus-one-fanout
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn a_service_reached_from_a_page() {
        check(
            r#"
//- /package.json
{"dependencies":{"next":"15.0.0"}}
//- /app/page.tsx
import { counts } from '../lib/counts';
export default async function Page({ searchParams }) {
  const found = await counts(searchParams.ids);
  return <p>{found.length}</p>;
}
//- /lib/counts.ts
import { prisma } from '../db';
export async function counts(ids: string[]) {
  return Promise.all(ids.map((postId) => prisma.comment.count({ where: { postId } })));
//                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ n-plus-one-fanout
}
"#,
        );
    }

    #[test]
    fn pushed_promises_are_a_fan_out() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await Promise.all([...new Set(ids)].flatMap((postId) => [prisma.comment.count({ where: { postId } })]));
//                                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ n-plus-one-fanout
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn find_unique_by_equal_scalars_is_joined_by_the_client() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await Promise.all(ids.map((id) => prisma.user.findUnique({ where: { id } })));
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn limited_concurrency() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import pLimit from 'p-limit';
import pMap from 'p-map';
import { PromisePool } from '@supercharge/promise-pool';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const limit = pLimit(5);
  await Promise.all(ids.map((postId) => limit(() => prisma.comment.count({ where: { postId } }))));
  await pMap(ids, (postId) => prisma.comment.count({ where: { postId } }), { concurrency: 3 });
  await PromisePool.for(ids).process((postId) => prisma.comment.count({ where: { postId } }));
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn pieces() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { chunk } from 'lodash';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (let i = 0; i < ids.length; i += 10) {
    await Promise.all(ids.slice(i, i + 10).map((postId) => prisma.comment.count({ where: { postId } })));
  }
  for (const batch of chunk(ids, 10)) {
    await Promise.all(batch.map((postId) => prisma.comment.count({ where: { postId } })));
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn short_constant_lists() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await Promise.all(['a', 'b'].map((postId) => prisma.comment.count({ where: { postId } })));
  await Promise.all(Object.values({ a: 'x', b: 'y' }).map((postId) => prisma.comment.count({ where: { postId } })));
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn seeds_and_tests() {
        check(
            "
//- /prisma/seed.ts
import { prisma } from '../db';
export const main = (ids: string[]) => Promise.all(ids.map((postId) => prisma.comment.count({ where: { postId } })));
//- /__tests__/a.ts
import { prisma } from '../db';
test('a', () => Promise.all(ids.map((postId) => prisma.comment.count({ where: { postId } }))));

//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await prisma.comment.groupBy({ by: ['postId'], where: { postId: { in: ids } } });
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn one_transaction_is_no_fan_out() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await prisma.$transaction(ids.map((id) => prisma.user.update({ where: { id }, data: { teamId: 'a' } })));
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn what_runs_after_a_failure_or_fills_a_cache() {
        check(
            "
//- /settings.ts
import { prisma } from './db';
import { LRUCache } from 'lru-cache';
const cache = new LRUCache({ max: 100 });
export async function settings(ids: string[], key: string) {
  const kept = cache.get(key);
  if (kept) {
    return kept;
  }
  const found = await Promise.all(ids.map((postId) => prisma.comment.count({ where: { postId } })));
  cache.set(key, found);
  return found;
}

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { settings } from './settings';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  try {
    await prisma.user.updateMany({ where: { id: { in: ids } }, data: { teamId: 'a' } });
  } catch (error) {
    await Promise.all(ids.map((postId) => prisma.comment.count({ where: { postId } })));
  }
  res.json(await settings(ids, req.body.key));
});
",
        );
    }
}
