//! Rule `n-plus-one-across-calls`: a call per element of a collection that leads to a query elsewhere.

use tuneup_model::{Category, ExperimentKind, Reading, RuleDoc, Severity, Standing};

use super::repeats::{self, Repeat};
use super::{Rule, paths, wording};
use crate::program::{Concurrency, Program, Query, Repeated, callee_name};
use crate::report::Report;

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "n-plus-one-across-calls",
        since: "0.1.0",
        severity: Severity::High,
        category: Category::Queries,
        summary: "A loop calls a function per element, and the function queries the database",
        why: "The query hides behind a service or repository method, so the loop looks harmless; yet every element costs a \
              round trip. The path printed with the finding shows the calls between the loop and the query.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The method called keeps results, the list is short by nature, or each turn must see what the one before wrote.",
        proof: "The same rows are read on a scratch PostgreSQL by n statements and by one, for growing n",
        standing: Standing::Shown(&[
            Reading { repository: "Openpanel-dev/openpanel", right: 2, read: 2 },
            Reading { repository: "docmost/docmost", right: 0, read: 1 },
            Reading { repository: "dubinc/dub", right: 1, read: 3 },
            Reading { repository: "ever-co/ever-gauzy", right: 0, read: 1 },
            Reading { repository: "karakeep-app/karakeep", right: 0, read: 2 },
            Reading { repository: "opengovsg/isomer", right: 0, read: 1 },
            Reading { repository: "outline/outline", right: 3, read: 4 },
            Reading { repository: "papermark/papermark", right: 1, read: 1 },
            Reading { repository: "simstudioai/sim", right: 0, read: 3 },
            Reading { repository: "usertour/usertour", right: 0, read: 1 },
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
//- /customers.ts
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export class CustomerRepository {
  byId(id: string) {
    return prisma.customer.findUniqueOrThrow({ where: { id } });
  }
}
//- /routes.ts
import express from 'express';
import { CustomerRepository } from './customers';

const customers = new CustomerRepository();
const app = express();

app.post('/names', async (req, res) => {
  const names = [];
  for (const id of req.body.ids) {
    names.push((await customers.byId(id)).name);
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
//- /customers.ts
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export class CustomerRepository {
  byIds(ids: string[]) {
    return prisma.customer.findMany({ where: { id: { in: ids } } });
  }
}
//- /routes.ts
import express from 'express';
import { CustomerRepository } from './customers';

const customers = new CustomerRepository();
const app = express();

app.post('/names', async (req, res) => {
  const found = await customers.byIds(req.body.ids);
  res.json(found.map((author) => author.name));
});
"#;

fn check(program: &Program, report: &mut Report) {
    for it in repeats::of_sort(program, Repeat::AcrossCalls) {
        let query = &program.queries[it.query as usize];
        let call = paths::callee_text(program, it.file, it.call);
        let collection = repeats::collection_text(program, it);
        let target = paths::callee_text(program, query.file, query.call);
        let message = format!("`{call}` runs `{target}` once per element of `{collection}`");
        let mut draft = repeats::draft(program, it, message);
        let callee = it.path.last().map_or_else(String::new, |hop| program.function_name(hop.enters));
        draft.help = wording::form_for_many(program, query, &callee);
        draft.fix = Some(repeats::unsafe_fix(format!(
            "add a batch form of `{callee}` and look the results up in a `Map`"
        )));
        if program.fails_alone(it) && writes_too(program, it) {
            draft.doubt("each element is worked on by itself, and fails by itself");
        }
        if locks(program, query) {
            draft.doubt("it locks the row for the work on it");
        }
        let batched_by_client =
            query.shape.method == "findUnique" && it.iteration.concurrency == Concurrency::Unbounded;
        if batched_by_client {
            draft.doubt("Prisma may join `findUnique` calls of one tick into one statement");
        }
        draft.cost = Some(repeats::per_element_cost(program, it, "queries", "1 query"));
        draft.experiment = Some(repeats::batch_experiment(&query.shape, ExperimentKind::BatchReads));
        report.add(&RULE.doc, repeats::finish(&RULE.doc, draft));
    }
}

/// True for a read that locks what it finds.
fn locks(program: &Program, query: &Query) -> bool {
    let facts = program.facts(query.file);
    query.parts.iter().any(|call| {
        let name = callee_name(facts, facts.call(*call).callee);
        matches!(name, "forUpdate" | "forNoKeyUpdate" | "skipLocked" | "setLock")
    })
}

/// True where the call that reads for an element writes for it as well.
fn writes_too(program: &Program, it: &Repeated) -> bool {
    let reached = program.reach(it.file, it.call, &it.iteration.sources);
    reached.iter().any(|it| program.queries[it.query as usize].shape.operation.is_write())
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
    fn controller_service_repository() {
        check(
            "
//- /users.controller.ts
import { Controller, Get, Query } from '@nestjs/common';
import { UsersService } from './users.service';
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}
  @Get() async all(@Query('ids') ids: string[]) {
    const found = [];
    for (const id of ids) found.push(await this.users.one(id));
//                                         ^^^^^^^^^^^^^^^^^^ n-plus-one-across-calls: `this.users.one` runs `this._user.model.user.findUnique` once per element of `ids`
    return found;
  }
}
//- /prisma.ts
import { PrismaClient } from '@prisma/client';
export class PrismaService extends PrismaClient {}
export class PrismaRepository<T extends keyof PrismaService> {
  public model: Pick<PrismaService, T>;
  constructor(private _prisma: PrismaService) { this.model = this._prisma; }
}
//- /users.repository.ts
import { PrismaRepository } from './prisma';
export class UsersRepository {
  constructor(private _user: PrismaRepository<'user'>) {}
  findById(id: string) { return this._user.model.user.findUnique({ where: { id } }); }
}
//- /users.service.ts
import { UsersRepository } from './users.repository';
export class UsersService {
  constructor(private repository: UsersRepository) {}
  async one(id: string) { return this.repository.findById(id); }
}
",
        );
    }

    #[test]
    fn a_wrapper_and_a_barrel_on_the_way() {
        check(
            "
//- /users.ts
import { prisma } from './db';
export const byId = (id: string) => prisma.user.findFirst({ where: { id } });
export const byIds = (ids: string[]) => prisma.user.findMany({ where: { id: { in: ids } } });
//- /index.ts
export * from './users';
export { withRetry } from './retry';
//- /retry.ts
export async function withRetry<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < 3; attempt++) { try { return await work(); } catch {} }
  throw new Error();
}

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { byId, withRetry } from '.';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const users = await prisma.user.findMany({ where: { teamId: req.body.team } });
  for (const { id } of users) {
    await withRetry(() => byId(id));
//                        ^^^^^^^^ n-plus-one-across-calls: `byId` runs `prisma.user.findFirst` once per element of `users`
  }
  await Promise.all(users.map(async (user) => ({ user, again: await byId(user.id) })));
//                                                                  ^^^^^^^^^^^^^ n-plus-one-across-calls: `byId` runs
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn a_loop_in_a_function_that_runs_its_callback() {
        check(
            "
//- /users.ts
import { prisma } from './db';
export const byId = (id: string) => prisma.user.findFirst({ where: { id } });
export const byIds = (ids: string[]) => prisma.user.findMany({ where: { id: { in: ids } } });
//- /each.ts
export async function eachInOrder<T>(items: T[], work: (item: T) => Promise<unknown>) {
  for (const item of items) await work(item);
}

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { byId, byIds } from './users';
import { eachInOrder } from './each';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await eachInOrder(ids, async (id) => { await byId(id); });
//                                             ^^^^^^^^ n-plus-one-across-calls: `byId` runs
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn a_method_inherited_and_a_static_one() {
        check(
            "
//- /base.ts
import { prisma } from './db';
export abstract class Base { protected load(id: string) { return prisma.user.findFirst({ where: { id } }); } }
export class Users extends Base {
  override load(id: string) { return super.load(id); }
  static async names(id: string) { return new Users().load(id); }
}

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Users } from './base';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) await Users.names(id);
//                            ^^^^^^^^^^^^^^^ n-plus-one-across-calls: `Users.names` runs `prisma.user.findFirst`
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn several_implementations() {
        check(
            "
//- /stores.ts
import { prisma } from './db';
export interface Store { load(id: string): Promise<unknown> }
export class Database implements Store { load(id: string) { return prisma.user.findFirst({ where: { id } }); } }
export class Memory implements Store { async load(id: string) { return null; } }

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { type Store, pick } from './stores';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const store: Store = pick();
  for (const id of ids) await store.load(id);
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn a_callee_that_keeps_results() {
        check(
            "
//- /cached.ts
import { unstable_cache } from 'next/cache';
import memoize from 'lodash/memoize';
import { prisma } from './db';
export const shared = unstable_cache(async (id: string) => prisma.user.findFirst({ where: { id } }), ['user']);
export const kept = memoize((id: string) => prisma.user.findFirst({ where: { id } }));

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { shared, kept } from './cached';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) { await shared(id); await kept(id); }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn a_callee_that_looks_into_its_cache_first() {
        check(
            "
//- /cached.ts
import Redis from 'ioredis';
import { prisma } from './db';
const redis = new Redis();
export async function load(id: string) {
  const cached = await redis.get(id);
  if (cached) return JSON.parse(cached);
  return prisma.user.findFirst({ where: { id } });
}

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { load } from './cached';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) await load(id);
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn a_callee_that_keeps_results_in_a_map_of_its_own() {
        check(
            "
//- /cached.ts
import { prisma } from './db';
const known = new Map<string, unknown>();
export async function load(id: string) {
  const cached = known.get(id);
  if (cached) return cached;
  const user = await prisma.user.findFirst({ where: { id } });
  known.set(id, user);
  return user;
}
export class Loader {
  private cache = new Map<string, unknown>();
  async load(id: string) {
    if (!this.cache.has(id)) this.cache.set(id, await prisma.user.findFirst({ where: { id } }));
    return this.cache.get(id);
  }
}

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { load, Loader } from './cached';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const loader = new Loader();
  for (const id of ids) { await load(id); await loader.load(id); }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn data_loader() {
        check(
            "
//- /loader.ts
import DataLoader from 'dataloader';
import { byIds } from './users';
export const users = new DataLoader(async (ids: readonly string[]) => byIds([...ids]));

//- /users.ts
import { prisma } from './db';
export const byId = (id: string) => prisma.user.findFirst({ where: { id } });
export const byIds = (ids: string[]) => prisma.user.findMany({ where: { id: { in: ids } } });

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { users } from './loader';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) await users.load(id);
  await Promise.all(ids.map((id) => users.load(id)));
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn pages_chunks_and_constants() {
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
import { chunks } from './split';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const chunk of chunks(ids)) await byIds(chunk);
  for (let i = 0; i < ids.length; i += 50) await byIds(ids.slice(i, i + 50));
  for (const id of ['a', 'b']) await byId(id);
  let next: string | undefined = ids[0];
  while (next) next = (await byId(next))?.teamId;
  res.sendStatus(204);
});
//- /split.ts
export const chunks = (ids: string[]): string[][] => [ids];
",
        );
    }

    #[test]
    fn the_first_that_fits() {
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
  for (const id of ids) {
    const user = await byId(id);
    if (user) break;
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn find_unique_of_one_tick_is_joined_by_the_client() {
        check(
            "
//- /users.ts
import { prisma } from './db';
export const unique = (id: string) => prisma.user.findUnique({ where: { id } });

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { unique } from './users';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await Promise.all(ids.map((id) => unique(id)));
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn closures_kept_for_later_and_events() {
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
  for (const id of ids) {
    res.on('finish', () => byId(id));
    setTimeout(() => byId(id), 1000);
  }
  const later = ids.map((id) => () => byId(id));
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn slower_work_on_the_way() {
        check(
            "
//- /publish.ts
import axios from 'axios';
import { prisma } from './db';
export async function publish(id: string) {
  const user = await prisma.user.findFirst({ where: { id } });
  await axios.post('https://example.com/hook', user);
}

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { publish } from './publish';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) await publish(id);
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn the_first_rows_of_each_and_what_runs_after_a_failure() {
        check(
            r"
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
const latest = (postId: string) => prisma.comment.findMany({ where: { postId }, orderBy: { id: 'desc' }, take: 3 });
const all = (postId: string) => prisma.comment.findMany({ where: { postId } });
app.post('/all', async (req, res) => {
  for (const id of req.body.ids) {
    await latest(id);
    try {
      await all(id);
//          ^^^^^^^ n-plus-one-across-calls
    } catch (error) {
      await all(id);
    }
  }
  res.sendStatus(204);
});
",
        );
    }
}
