//! Rule `n-plus-one-in-loop`: a query per element of a collection, in the loop itself.

use tuneup_model::{Category, ExperimentKind, Reading, RuleDoc, Severity, Standing};

use super::repeats::{self, Repeat};
use super::{Rule, paths, wording};
use crate::program::Program;
use crate::report::Report;

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "n-plus-one-in-loop",
        since: "0.1.0",
        severity: Severity::High,
        category: Category::Queries,
        summary: "A query runs once per element of a collection",
        why: "Each turn waits for a round trip to the database. A list of 200 rows costs 201 statements and 200 waits one \
              after the other; one statement with all keys costs two waits, whatever the length of the list.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The loop pages, retries, polls or runs over a handful of constants; it stops at the first match; or the list \
                    never holds more than a few elements.",
        proof: "The same rows are read on a scratch PostgreSQL by n statements and by one, for growing n",
        standing: Standing::Shown(&[
            Reading { repository: "ever-co/ever-gauzy", right: 1, read: 1 },
            Reading { repository: "openstatusHQ/openstatus", right: 0, read: 3 },
            Reading { repository: "outline/outline", right: 0, read: 1 },
            Reading { repository: "simstudioai/sim", right: 1, read: 2 },
        ]),
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Customer {
  id String @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/names', async (req, res) => {
  const ids: string[] = req.body.ids;
  const names = [];
  for (const id of ids) {
    const customer = await prisma.customer.findUnique({ where: { id } });
    names.push(customer?.name);
  }
  res.json(names);
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Customer {
  id String @id
  name String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/names', async (req, res) => {
  const ids: string[] = req.body.ids;
  const customers = await prisma.customer.findMany({ where: { id: { in: ids } } });
  const byId = new Map(customers.map((customer) => [customer.id, customer]));
  res.json(ids.map((id) => byId.get(id)?.name));
});
"#;

fn check(program: &Program, report: &mut Report) {
    for it in repeats::of_sort(program, Repeat::InLoop) {
        let shape = &program.queries[it.query as usize].shape;
        let query = paths::callee_text(program, it.file, it.call);
        let collection = repeats::collection_text(program, it);
        let message = format!("`{query}` runs once per element of `{collection}`");
        let mut draft = repeats::draft(program, it, message);
        draft.help = wording::read_before_loop(program, &program.queries[it.query as usize]);
        draft.fix = Some(repeats::unsafe_fix(format!(
            "replace the loop's `{query}` by one read with `in` and a `Map`"
        )));
        draft.cost = Some(repeats::per_element_cost(program, it, "queries", "1 query"));
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
    fn a_loop_in_a_service_reached_from_a_controller() {
        check(
            "
//- /users.controller.ts
import { Body, Controller, Post } from '@nestjs/common';
import { UsersService } from './users.service';
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}
  @Post() all(@Body() body: { ids: string[] }) { return this.users.names(body.ids); }
}
//- /prisma.service.ts
import { PrismaClient } from '@prisma/client';
export class PrismaService extends PrismaClient {}
//- /users.service.ts
import { PrismaService } from './prisma.service';
export class UsersService {
  constructor(private readonly prisma: PrismaService) {}
  async names(ids: string[]) {
    const names = [];
    for (const id of ids) {
      names.push(await this.prisma.user.findUnique({ where: { id } }));
//                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ n-plus-one-in-loop: `this.prisma.user.findUnique` runs once per element of `ids`
    }
    return names;
  }
}
",
        );
    }

    #[test]
    fn rows_of_another_query_through_a_transaction_of_another_file() {
        check(
            "
//- /tx.ts
import { prisma, type Tx } from './db';
export const getDb = (tx?: Tx) => tx ?? prisma;
export const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => prisma.$transaction((tx) => work(tx));
//- /routes.ts
import express from 'express';
import { getDb, inTransaction } from './tx';
const app = express();
app.get('/all', async (req, res) => {
  const users = await getDb().user.findMany({ where: { teamId: req.query.team } });
  await inTransaction(async (tx) => {
    for (let i = 0; i < users.length; i++) {
      await getDb(tx).comment.count({ where: { postId: users[i].id } });
//          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ n-plus-one-in-loop: once per element of `users`
    }
  });
  res.json(await Promise.resolve(users).then(async (all) => {
    for (const [n, user] of all.entries()) await tx2().comment.findMany({ where: { postId: user.id } });
//                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ n-plus-one-in-loop
    return all;
  }));
});
const tx2 = getDb;
",
        );
    }

    #[test]
    fn keys_of_an_object_and_sequential_reduce() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const [id, value] of Object.entries(req.body.users)) {
    await prisma.user.findFirst({ where: { id } });
//        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ n-plus-one-in-loop
  }
  await ids.reduce(async (before, id) => {
    await before;
    await prisma.user.findFirst({ where: { id } });
//        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ n-plus-one-in-loop
  }, Promise.resolve());
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn pages_and_cursors() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  let cursor: string | undefined = ids[0];
  while (cursor) {
    const page = await prisma.user.findMany({ where: { id: { gt: cursor } }, take: 100 });
    cursor = page.at(-1)?.id;
  }
  for (let skip = 0; ; skip += 100) {
    const page = await prisma.user.findMany({ skip, take: 100 });
    if (page.length === 0) break;
  }
  do {
    const page = await prisma.user.findMany({ take: 100, cursor: { id: cursor } });
    cursor = page.at(-1)?.id;
  } while (cursor);
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn chunks() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import _ from 'lodash';
import { split } from './split';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (let i = 0; i < ids.length; i += 100) {
    await prisma.user.findMany({ where: { id: { in: ids.slice(i, i + 100) } } });
  }
  for (const part of _.chunk(ids, 100)) {
    await prisma.user.findMany({ where: { id: { in: part } } });
  }
  for (const batch of split(ids)) await prisma.user.findMany({ where: { id: { in: batch } } });
  res.sendStatus(204);
});
//- /split.ts
export const split = (ids: string[]): string[][] => [ids];
",
        );
    }

    #[test]
    fn retries_and_polls() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (let attempt = 0; attempt < req.body.max; attempt++) {
    const found = await prisma.user.findFirst({ where: { id: ids[attempt] } });
  }
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  while (true) {
    const found = await prisma.user.findFirst({ where: { id: ids[0] } });
    if (found) break;
    await sleep(100);
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
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    await prisma.user.findFirst({ where: { id } });
  }
  const kinds = ['a', 'b'] as const;
  for (const id of kinds) await prisma.user.findFirst({ where: { id } });
  enum Kind { A = 'a', B = 'b' }
  for (const id of Object.values(Kind)) await prisma.user.findFirst({ where: { id } });
  for (let i = 0; i < 5; i++) await prisma.user.findFirst({ where: { id: String(i) } });
  for (const id of ids.slice(0, 5)) await prisma.user.findFirst({ where: { id } });
  for (const user of await prisma.user.findMany({ take: 3 })) {
    await prisma.comment.findFirst({ where: { postId: user.id } });
  }
  const names = { a: 'x', b: 'y' } as const;
  for (const id of Object.keys(names)) await prisma.user.findFirst({ where: { id } });
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn the_first_that_fits() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) {
    const user = await prisma.user.findFirst({ where: { id } });
    if (user) break;
  }
  for (const id of ids) {
    if (await prisma.user.findFirst({ where: { id } })) return res.sendStatus(200);
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn results_kept_in_a_map() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const seen = new Map();
  for (const id of ids) {
    if (!seen.has(id)) seen.set(id, await prisma.user.findFirst({ where: { id } }));
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn a_client_per_tenant() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { clientOf } from './tenants';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) {
    const client = clientOf(id);
    await client.user.findFirst({ where: { id } });
  }
  for (const tenant of ids) await clientOf(tenant).user.count();
  res.sendStatus(204);
});
//- /tenants.ts
import { PrismaClient } from '@prisma/client';
export const clientOf = (tenant: string) => new PrismaClient({ datasourceUrl: tenant });
",
        );
    }

    #[test]
    fn seeds_migrations_and_tests() {
        check(
            "
//- /prisma/seed.ts
import { prisma } from '../db';
async function main(ids: string[]) { for (const id of ids) await prisma.user.findFirst({ where: { id } }); }
main([]);
//- /migrations/0001.ts
import { prisma } from '../db';
export async function up(ids: string[]) { for (const id of ids) await prisma.user.findFirst({ where: { id } }); }
//- /users.test.ts
import { prisma } from './db';
test('a', async () => { for (const id of ids) await prisma.user.findFirst({ where: { id } }); });

//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await prisma.user.findMany({ where: { id: { in: ids } } });
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn several_at_a_time_on_purpose() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import pLimit from 'p-limit';
import pMap from 'p-map';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const limit = pLimit(5);
  await Promise.all(ids.map((id) => limit(() => prisma.user.findFirst({ where: { id } }))));
  await pMap(ids, (id) => prisma.user.findFirst({ where: { id } }), { concurrency: 4 });
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn each_turn_needs_the_one_before() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  let parent: string | null = ids[0];
  for (const id of ids) {
    const comment = await prisma.comment.findFirst({ where: { id: parent } });
    parent = comment?.parentId ?? null;
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn code_that_nothing_reaches() {
        check(
            "
//- /unused.ts
import { prisma } from './db';
async function unused(ids: string[]) { for (const id of ids) await prisma.user.findFirst({ where: { id } }); }

//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await prisma.user.findMany({ where: { id: { in: ids } } });
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn rows_locked_one_by_one_in_order() {
        check(
            r#"
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await prisma.$transaction(async (tx) => {
    for (const id of ids) {
      await tx.$queryRaw`SELECT * FROM "User" WHERE id = ${id} FOR UPDATE`;
    }
  });
  res.sendStatus(204);
});
"#,
        );
    }

    #[test]
    fn a_map_filled_on_a_miss_and_a_transaction_per_element() {
        check(
            r"
//- /routes.ts
import { prisma } from './db';
import express from 'express';
const known = new Map();
const app = express();
app.post('/names', async (req, res) => {
  const users = await prisma.user.findMany();
  for (const user of users) {
    const kept = known.get(user.teamId);
    if (!kept) {
      const team = await prisma.comment.findFirst({ where: { postId: user.teamId } });
      known.set(user.teamId, team);
    }
    await prisma.$transaction(async (tx) => {
      const now = await tx.comment.findFirst({ where: { postId: user.id } });
      await tx.comment.update({ where: { id: now.id }, data: { parentId: '' } });
    });
  }
  for await (const user of users) {
    await prisma.comment.findFirst({ where: { postId: user.id } });
//        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ n-plus-one-in-loop
  }
  res.sendStatus(204);
});
",
        );
    }
}
