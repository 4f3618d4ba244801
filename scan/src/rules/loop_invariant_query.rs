//! Rule `loop-invariant-query`: the same query with the same arguments in every turn.

use tuneup_model::{Category, EvidenceKind, ExperimentKind, Operation, RuleDoc, Severity, Standing};

use super::repeats::{self, Repeat};
use super::{Rule, paths};
use crate::facts::CallId;
use crate::program::{FnRef, Program, Repeated, Sources, Target, Trap};
use crate::report::Report;

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "loop-invariant-query",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queries,
        summary: "A query in a loop does not depend on the loop",
        why: "The same rows are read again in every turn. Read once before the loop, they cost one round trip.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The loop changes the rows it reads, or must see what others changed meanwhile.",
        proof: "The statement is run n times and once on a scratch PostgreSQL, for growing n",
        standing: Standing::Shown(&[]),
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Plan {
  id String @id
  price Int
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/totals', async (req, res) => {
  const totals = [];
  for (const order of req.body.orders) {
    const plan = await prisma.plan.findUniqueOrThrow({ where: { id: req.body.planId } });
    totals.push(plan.price * order.count);
  }
  res.json(totals);
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Plan {
  id String @id
  price Int
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/totals', async (req, res) => {
  const plan = await prisma.plan.findUniqueOrThrow({ where: { id: req.body.planId } });
  res.json(req.body.orders.map((order) => plan.price * order.count));
});
"#;

fn check(program: &Program, report: &mut Report) {
    for it in repeats::of_sort(program, Repeat::Invariant) {
        let is_kept = it.traps.iter().any(|trap| matches!(trap, Trap::LocalCache | Trap::Memoized));
        if is_kept || writes_what_it_reads(program, it) {
            continue;
        }
        let query = &program.queries[it.query as usize];
        let call = paths::callee_text(program, it.file, it.call);
        let collection = repeats::collection_text(program, it);
        let target = paths::callee_text(program, query.file, query.call);
        let message = if it.path.is_empty() {
            format!("`{call}` asks the same in every turn over `{collection}`")
        } else {
            format!("`{call}` runs `{target}` with the same arguments in every turn over `{collection}`")
        };
        let mut draft = repeats::draft(program, it, message);
        for (kind, text, _) in &mut draft.evidence {
            if *kind == EvidenceKind::Loop {
                *text = "nothing the query asks for changes in this loop".to_owned();
            }
        }
        if !it.path.is_empty() && !closed(program, it) {
            draft.doubt("the arguments of the query are not all known");
        }
        draft.help = "read once before the loop and use the result in every turn".to_owned();
        draft.fix = Some(repeats::unsafe_fix("move the query before the loop"));
        draft.cost = Some(repeats::per_element_cost(program, it, "equal queries", "1 query"));
        draft.experiment = Some(repeats::batch_experiment(&query.shape, ExperimentKind::HoistQuery));
        report.add(&RULE.doc, repeats::finish(&RULE.doc, draft));
    }
}

/// True where a write in the same body goes to the table that is read.
fn writes_what_it_reads(program: &Program, it: &Repeated) -> bool {
    let facts = program.facts(it.iteration.file);
    let table = &program.queries[it.query as usize].shape.table;
    let touches = |query: u32| {
        let shape = &program.queries[query as usize].shape;
        (shape.operation.is_write() || shape.operation == Operation::Other)
            && (shape.table == *table
                || shape.table.name().is_none()
                || table.name().is_none_or(|name| shape.joined.iter().any(|it| it == name)))
    };
    facts.calls.iter().enumerate().any(|(n, call)| {
        if !it.iteration.body.contains(facts.span(call.expr)) {
            return false;
        }
        match program.target(it.iteration.file, CallId(n as u32)) {
            Target::Query(query) => touches(*query),
            Target::Functions(..) => program
                .reach(it.iteration.file, CallId(n as u32), &Sources::default())
                .iter()
                .any(|reached| touches(reached.query)),
            _ => false,
        }
    })
}

/// True where the query across calls depends on nothing but the parameters handed in.
fn closed(program: &Program, it: &Repeated) -> bool {
    let query = &program.queries[it.query as usize];
    let facts = program.facts(query.file);
    let function = FnRef { file: query.file, id: facts.call(query.call).function };
    let body = facts.function(function.id).span;
    facts.args(query.call).iter().all(|arg| !program.varies(query.file, &Sources::default(), body, *arg))
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
    fn a_function_of_another_file_asks_the_same() {
        check(
            "
//- /plans.ts
import { prisma } from './db';
export const plan = (id: string) => prisma.plan.findUniqueOrThrow({ where: { id } });

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { plan } from './plans';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  let total = 0;
  for (const order of req.body.orders) {
    total += seat.count * (await plan(req.body.planId)).price;
//                               ^^^^^^^^^^^^^^^^^^^^^ loop-invariant-query: `plan` runs `prisma.plan.findUniqueOrThrow` with the same arguments in every turn
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn a_service_asks_the_same_for_every_row() {
        check(
            "
//- /billing.ts
import { prisma } from './db';
export class Billing {
  async rates() { return prisma.plan.findMany(); }
  async total(users: { id: string }[]) {
    for (const user of users) use(user, await this.rates());
//                                            ^^^^^^^^^^^^ loop-invariant-query: `this.rates` runs `prisma.plan.findMany`
    for (const user of users) use(user, await prisma.plan.count());
//                                            ^^^^^^^^^^^^^^^^^^^ loop-invariant-query: `prisma.plan.count` asks the same in every turn over `users`
  }
}
declare function use(...all: unknown[]): void;

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Billing } from './billing';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await new Billing().total(await prisma.user.findMany({ where: { id: { in: ids } } }));
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn writes_to_the_table_that_is_read() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) {
    const count = await prisma.user.count();
    await prisma.user.create({ data: { email: `${id}${count}` } });
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn a_callee_writes_to_the_table_that_is_read() {
        check(
            "
//- /save.ts
import { prisma } from './db';
export const save = (email: string) => prisma.user.create({ data: { email } });

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { save } from './save';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) {
    const count = await prisma.user.count();
    await save(id + count);
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn raw_sql_may_write_what_is_read() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) {
    const count = await prisma.user.count();
    await prisma.$executeRawUnsafe(sqlFor(id, count));
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn polls_pages_and_retries() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  while (true) {
    const job = await prisma.plan.findFirst({ where: { id: req.body.job } });
    if (job) break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  for (let attempt = 0; attempt < req.body.max; attempt++) {
    await prisma.plan.findFirst({ where: { id: req.body.job } });
  }
  for (const id of ids) {
    if (await prisma.plan.findFirst({ where: { id: req.body.job } })) break;
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn arguments_that_change_without_the_element() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { nextId } from './next';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  let last = 'a';
  for (const id of ids) {
    const user = await prisma.user.findFirst({ where: { id: last } });
    last = user?.teamId ?? last;
    await prisma.user.findFirst({ where: { id: await nextId() } });
    await prisma.user.findFirst({ where: { email: new Date().toISOString() } });
  }
  res.sendStatus(204);
});
//- /next.ts
let n = 0;
export const nextId = async () => String(n++);
",
        );
    }

    #[test]
    fn an_element_pulled_from_a_queue() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const queue = [...ids];
  for (const turn of ids) {
    const id = queue.shift();
    await prisma.user.findFirst({ where: { id } });
    const where: { id?: string } = {};
    where.id = turn;
    await prisma.user.findFirst({ where });
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
  for (const tenant of ids) {
    await clientOf(tenant).user.count();
    const client = clientOf(tenant);
    await client.plan.findMany();
  }
  res.sendStatus(204);
});
//- /tenants.ts
import { PrismaClient } from '@prisma/client';
export const clientOf = (tenant: string) => new PrismaClient({ datasourceUrl: tenant });
",
        );
    }

    #[test]
    fn short_constant_lists_and_memoized_callees() {
        check(
            "
//- /plans.ts
import { cache } from 'react';
import { prisma } from './db';
export const plan = cache((id: string) => prisma.plan.findUniqueOrThrow({ where: { id } }));

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { plan } from './plans';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const order of req.body.orders) await plan(req.body.planId);
  for (const kind of ['a', 'b']) await prisma.plan.count();
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn a_lock_checked_again_in_every_turn() {
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
      await tx.$queryRaw`SELECT id FROM "Plan" WHERE id = ${req.body.plan} FOR UPDATE`;
      await tx.user.update({ where: { id }, data: { teamId: 'a' } });
    }
  });
  res.sendStatus(204);
});
"#,
        );
    }

    #[test]
    fn seeds_and_tests() {
        check(
            "
//- /seed.ts
import { prisma } from './db';
export async function main(ids: string[]) { for (const id of ids) await prisma.plan.count(); }
//- /a.spec.ts
import { prisma } from './db';
it('a', async () => { for (const id of ids) await prisma.plan.count(); });

//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await prisma.plan.count();
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn what_a_call_of_the_turn_may_change_is_not_the_same() {
        laws::check(
            &RULE,
            r#"
            //- /schema.prisma
            datasource db {
              provider = "postgresql"
            }
            model Plan {
              id String @id
            }
            //- /routes.ts
            import express from 'express';
            import { PrismaClient } from '@prisma/client';

            const prisma = new PrismaClient();
            const app = express();

            function advance(state) {
              state.last = state.last + 1;
            }

            app.post('/totals', async (req, res) => {
              const state = { last: 'a' };
              for (const order of req.body.orders) {
                await prisma.plan.findFirst({ where: { id: state.last } });
                advance(state);
              }
              res.json({});
            });
            "#,
        );
    }

    #[test]
    fn one_property_of_the_argument_changes_and_the_query_asks_by_another() {
        check(
            "
//- /history.ts
import { prisma } from './db';
export async function note(args: { planId: string; email: string }) {
  const plan = await prisma.plan.findFirst({ where: { id: args.planId } });
  await send(plan, args.email);
}
declare function send(...all: unknown[]): void;

//- /routes.ts
import express from 'express';
import { note } from './history';
const app = express();
app.post('/all', async (req, res) => {
  const planId = req.body.planId;
  for (const { email } of req.body.users) {
    await note({ planId, email });
//        ^^^^^^^^^^^^^^^^^^^^^^^ loop-invariant-query: `note` runs `prisma.plan.findFirst` with the same arguments in every turn
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn a_list_made_of_the_element_is_not_the_same() {
        check(
            "
//- /users.ts
import { prisma } from './db';
export const used = (ids: string[], plan: string) => prisma.user.count({ where: { id: { in: ids }, teamId: plan } });
export const each = (ids: string[]) => Promise.all(ids.map((id) => prisma.plan.count({ where: { id } })));

//- /routes.ts
import express from 'express';
import { used, each } from './users';
const app = express();
app.post('/all', async (req, res) => {
  for (const team of req.body.teams) {
    await used(team.members.map((member) => member.id), req.body.plan);
    await each(team.plans.filter((plan) => plan.open).map((plan) => plan.id));
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn what_a_literal_argument_rules_out() {
        check(
            "
//- /plans.ts
import { prisma } from './db';
export async function plans(root: string, options: { rootOnly?: boolean; kind?: string }, deep = false) {
  if (options.rootOnly) {
    return [root];
  }
  const kind = kindOf(options);
  if (kind === 'all' && (await prisma.plan.count()) > 0) return [];
  if (deep) await prisma.user.count();
  return kind === 'all' ? prisma.user.findFirst() : [];
}
function kindOf(options: { kind?: string }) {
  if (options.hasOwnProperty('kind')) {
    return 'all';
  }
  return 'none';
}
export async function work(seat: { id: string }, action: string) {
  if (action !== 'count') return;
  return prisma.plan.count();
}

//- /routes.ts
import express from 'express';
import { plans, work } from './plans';
const app = express();
app.post('/all', async (req, res) => {
  for (const order of req.body.orders) {
    await plans(req.body.root, { rootOnly: true });
    await plans(req.body.root, {});
    await work(seat, 'delete');
    await work(seat, 'count');
//        ^^^^^^^^^^^^^^^^^^^ loop-invariant-query: `work` runs `prisma.plan.count`
    await plans(req.body.root, { kind: 'b' });
//        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ loop-invariant-query: `plans` runs `prisma.plan.count`
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn what_every_caller_rules_out() {
        check(
            "
//- /plans.ts
import { prisma } from './db';
export async function totals(seats: string[], options: { quick?: boolean }) {
  if (options.quick) return [];
  const found = [];
  for (const seat of seats) found.push(seat, await prisma.plan.count());
  return found;
}

//- /routes.ts
import express from 'express';
import { totals } from './plans';
const app = express();
app.post('/all', async (req, res) => {
  res.json(await totals(req.body.seats, { quick: true }));
});
",
        );
    }

    #[test]
    fn another_caller_lets_it_come() {
        check(
            "
//- /plans.ts
import { prisma } from './db';
export async function totals(users: string[], options: { quick?: boolean }) {
  if (options.quick) return [];
  const found = [];
  for (const user of users) found.push(user, await prisma.plan.count());
//                                                 ^^^^^^^^^^^^^^^^^^^ loop-invariant-query
  return found;
}

//- /routes.ts
import express from 'express';
import { totals } from './plans';
const app = express();
app.post('/all', async (req, res) => {
  res.json(await totals(req.body.users, { quick: true }));
});
app.post('/slow', async (req, res) => {
  res.json(await totals(req.body.users, {}));
});
",
        );
    }

    #[test]
    fn what_a_cache_of_the_program_keeps() {
        check(
            "
//- /cache.ts
export class RequestCache {
  private caches = new WeakMap<object, Map<string, unknown>>();
  get<T>(ctx: object, key: string, make: () => T): T {
    const own = this.of(ctx);
    const found = own.get(key);
    if (found) {
      return found as T;
    }
    const made = make();
    own.set(key, made);
    return made;
  }
  private of(ctx: object) {
    let own = this.caches.get(ctx);
    if (!own) {
      own = new Map();
      this.caches.set(ctx, own);
    }
    return own;
  }
}
//- /plans.ts
import { prisma } from './db';
import { RequestCache } from './cache';
import { createCache } from 'cache-manager';
const requests = new RequestCache();
const cache = createCache();
export const first = (ctx: object) => requests.get(ctx, 'first', () => prisma.plan.findFirst());
export const last = () => cache.wrap('last', async () => prisma.plan.findFirst());

//- /routes.ts
import express from 'express';
import { first, last } from './plans';
const app = express();
app.post('/all', async (req, res) => {
  for (const order of req.body.orders) {
    await first(req);
    await last();
  }
  res.sendStatus(204);
});
",
        );
    }
}
