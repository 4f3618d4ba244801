//! Rule `write-in-loop`: an insert, update or delete per element of a collection.

use tuneup_model::{
    Category, Dialect, ExperimentKind, Operation, QueryApi, Reading, RuleDoc, Severity, Standing,
};

use super::repeats::{self, Repeat};
use super::{Rule, paths, wording};
use crate::program::{Program, Repeated};
use crate::report::Report;

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "write-in-loop",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queries,
        summary: "A row is written per element of a collection",
        why: "Each write is a round trip, and outside a transaction also a commit that waits for the disk. One statement \
              with all rows costs one of each.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The id of one row is needed by the next, rows must be locked in order, hooks must run per row, or the list \
                    is short by nature.",
        proof: "The same rows are written on a scratch PostgreSQL by n statements and by one, for growing n",
        standing: Standing::Shown(&[
            Reading { repository: "docmost/docmost", right: 0, read: 1 },
            Reading { repository: "dubinc/dub", right: 1, read: 1 },
            Reading { repository: "karakeep-app/karakeep", right: 0, read: 1 },
            Reading { repository: "opengovsg/isomer", right: 1, read: 1 },
            Reading { repository: "openstatusHQ/openstatus", right: 1, read: 1 },
            Reading { repository: "outline/outline", right: 0, read: 1 },
            Reading { repository: "papermark/papermark", right: 2, read: 2 },
            Reading { repository: "simstudioai/sim", right: 0, read: 1 },
            Reading { repository: "typehero/typehero", right: 0, read: 1 },
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
model Invite {
  id String @id
  email String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/invites', async (req, res) => {
  for (const email of req.body.emails) {
    await prisma.invite.create({ data: { email } });
  }
  res.sendStatus(201);
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Invite {
  id String @id
  email String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/invites', async (req, res) => {
  await prisma.invite.createMany({ data: req.body.emails.map((email) => ({ email })) });
  res.sendStatus(201);
});
"#;

/// True for a write that may give each row other values.
fn is_change(operation: Operation) -> bool {
    matches!(operation, Operation::Update | Operation::UpdateMany)
}

fn check(program: &Program, report: &mut Report) {
    let all: Vec<&Repeated> = repeats::of_sort(program, Repeat::Write).collect();
    for it in all.iter().copied() {
        let query = &program.queries[it.query as usize];
        let call = paths::callee_text(program, it.file, it.call);
        let collection = repeats::collection_text(program, it);
        let message = if it.path.is_empty() {
            format!("`{call}` writes once per element of `{collection}`")
        } else {
            let target = paths::callee_text(program, query.file, query.call);
            format!("`{call}` runs `{target}` once per element of `{collection}`")
        };
        let mut draft = repeats::draft(program, it, message);
        if all.iter().any(|other| is_undone_by(program, it, other)) || is_undone_within(program, it) {
            draft.doubt("the loop both adds and deletes rows of the table, and their order counts");
        }
        let changes = is_change(query.shape.operation) && program.dialect_of_query(query) == Dialect::Mysql;
        if changes && program.gives_rows_other_values(it) {
            draft.doubt("MySQL has no plain statement that gives each row values of its own");
        }
        if matches!(query.shape.operation, Operation::Insert | Operation::Upsert)
            && program.ties_rows_within(it)
        {
            draft.doubt("the write also ties the row to others, which a write of many rows cannot");
        }
        if program.fails_alone(it) {
            draft.doubt("each element fails by itself, which one statement for all would not do");
        }
        if query.shape.api == QueryApi::Declared && is_change(query.shape.operation) && query.batch.is_none()
        {
            draft.doubt("the library has no call that is known to change many rows in different ways");
        }
        draft.help = wording::write_at_once(program, query);
        draft.fix = Some(repeats::unsafe_fix("replace the loop's write by one bulk write"));
        draft.cost = Some(repeats::per_element_cost(program, it, "writes", "1 write"));
        draft.experiment = Some(repeats::batch_experiment(&query.shape, ExperimentKind::BulkWrites));
        report.add(&RULE.doc, repeats::finish(&RULE.doc, draft));
    }
}

/// True where the call that writes leads to the opposite as well, for another sort of element.
fn is_undone_within(program: &Program, it: &Repeated) -> bool {
    let own = &program.queries[it.query as usize].shape;
    !it.path.is_empty()
        && program.reach(it.file, it.call, &it.iteration.sources).iter().any(|reached| {
            let other = &program.queries[reached.query as usize].shape;
            own.table == other.table && are_opposite(own.operation, other.operation)
        })
}

fn are_opposite(a: Operation, b: Operation) -> bool {
    let adds = |it| matches!(it, Operation::Insert | Operation::InsertMany | Operation::Upsert);
    let deletes = |it| matches!(it, Operation::Delete | Operation::DeleteMany);
    adds(a) && deletes(b) || deletes(a) && adds(b)
}

/// True for two writes in the body of one loop of which one adds what the other deletes.
fn is_undone_by(program: &Program, it: &Repeated, other: &Repeated) -> bool {
    let shape = |it: &Repeated| &program.queries[it.query as usize].shape;
    let facts = program.facts(it.file);
    // What every turn both deletes and adds can be deleted for all and then added for all.
    let is_replaced = || facts.call(it.call).guard == facts.call(other.call).guard;
    it.file == other.file
        && !is_replaced()
        && it.iteration.body == other.iteration.body
        && shape(it).table == shape(other).table
        && are_opposite(shape(it).operation, shape(other).operation)
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
    fn a_repository_writes_for_a_controller() {
        check(
            "
//- /users.controller.ts
import { Body, Controller, Post } from '@nestjs/common';
import { UsersRepository } from './users.repository';
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersRepository) {}
  @Post() async all(@Body() body: { emails: string[] }) {
    for (const email of body.emails) {
      await this.users.invite(email);
//          ^^^^^^^^^^^^^^^^^^^^^^^^ write-in-loop: `this.users.invite` runs `this.prisma.user.create` once per element of `body.emails`
    }
  }
}
//- /users.repository.ts
import { PrismaService } from './prisma.service';
export class UsersRepository {
  constructor(private readonly prisma: PrismaService) {}
  invite(email: string) { return this.prisma.user.create({ data: { email } }); }
}
//- /prisma.service.ts
import { PrismaClient } from '@prisma/client';
export class PrismaService extends PrismaClient {}
",
        );
    }

    #[test]
    fn a_transaction_handed_to_another_file() {
        check(
            "
//- /move.ts
import type { Tx } from './db';
export async function move(tx: Tx, id: string, teamId: string) {
  await tx.user.update({ where: { id }, data: { teamId } });
}

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { move } from './move';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await prisma.$transaction(async (tx) => {
    for (const id of ids) await move(tx, id, req.body.team);
//                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^ write-in-loop: `move` runs `tx.user.update`
  });
  await Promise.all(ids.map((id) => prisma.comment.delete({ where: { id } })));
//                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write-in-loop: `prisma.comment.delete` writes once per element of `ids`
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn upserts_of_rows_read_before() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const users = await prisma.user.findMany({ where: { teamId: req.body.team } });
  for (const user of users) {
    await prisma.comment.upsert({ where: { id: user.id }, create: { id: user.id, postId: 'a' }, update: {} });
//        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write-in-loop
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn an_id_needed_in_the_same_turn() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const text of ids) {
    const comment = await prisma.comment.create({ data: { postId: text } });
    await prisma.user.update({ where: { id: text }, data: { teamId: comment.id } });
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn the_id_is_needed_in_the_next_turn() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  let parentId: string | undefined;
  for (const postId of ids) {
    const comment = await prisma.comment.create({ data: { postId, parentId } });
    parentId = comment.id;
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn the_ids_are_looked_up_by_later_turns() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const created = new Map<string, string>();
  for (const item of req.body.items) {
    const comment = await prisma.comment.create({ data: { postId: item.post, parentId: created.get(item.parent) } });
    created.set(item.id, comment.id);
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn an_id_that_goes_to_a_function_that_writes() {
        check(
            "
//- /link.ts
import { prisma } from './db';
export const link = (id: string, commentId: string) => prisma.user.update({ where: { id }, data: { teamId: commentId } });

//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { link } from './link';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) {
    const comment = await prisma.comment.create({ data: { postId: id } });
    await link(id, comment.id);
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn rows_locked_in_order() {
        check(
            r#"
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await prisma.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT id FROM "User" WHERE "teamId" = ${req.body.team} ORDER BY id FOR UPDATE`;
    for (const id of ids) await tx.user.update({ where: { id }, data: { teamId: req.body.team } });
  });
  res.sendStatus(204);
});
"#,
        );
    }

    #[test]
    fn pages_chunks_and_constants() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (let i = 0; i < ids.length; i += 100) {
    await prisma.user.deleteMany({ where: { id: { in: ids.slice(i, i + 100) } } });
  }
  for (const id of ['a', 'b']) await prisma.user.update({ where: { id }, data: { teamId: id } });
  while (true) {
    const page = await prisma.user.findMany({ take: 100 });
    if (page.length === 0) break;
    await prisma.user.deleteMany({ where: { id: { in: page.map((user) => user.id) } } });
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn attempts() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (let attempt = 0; attempt < req.body.max; attempt++) {
    try { await prisma.user.create({ data: { email: ids[attempt] } }); break; } catch {}
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn the_outcome_of_slower_work_is_recorded() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  for (const id of ids) {
    const answer = await fetch(`https://example.com/${id}`);
    await prisma.user.update({ where: { id }, data: { teamId: await answer.text() } });
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn the_rows_in_a_list_are_needed_by_later_turns() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const posts = [];
  for (const postId of ids) {
    posts.push(await prisma.comment.create({ data: { postId, parentId: posts[posts.length - 1]?.id } }));
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn seeds_and_tests() {
        check(
            "
//- /seeds/users.ts
import { prisma } from '../db';
export async function seed(ids: string[]) { for (const id of ids) await prisma.user.create({ data: { id } }); }

//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  await prisma.user.createMany({ data: ids.map((id) => ({ id })) });
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn what_is_added_and_deleted_in_turn_keeps_its_order() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/ops', async (req, res) => {
  const operations: { kind: string; id: string }[] = req.body.operations;
  for (const op of operations) {
    if (op.kind === 'add') await prisma.comment.create({ data: { postId: op.id } });
    else await prisma.comment.delete({ where: { id: op.id } });
  }
});
",
        );
    }

    #[test]
    fn elements_that_fail_one_by_one() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/all', async (req, res) => {
  const ids: string[] = req.body.ids;
  const failed: string[] = [];
  for (const id of ids) {
    try {
      await prisma.comment.delete({ where: { id } });
    } catch {
      failed.push(id);
    }
  }
  for (const id of ids) {
    try {
      await prisma.comment.delete({ where: { id } });
//          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write-in-loop: `prisma.comment.delete` writes once per element of `ids`
    } catch (error) {
      throw error;
    }
  }
});
",
        );
    }

    #[test]
    fn the_same_row_in_every_turn() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
async function rename(id: string, name: string) {
  await prisma.user.update({ where: { id }, data: { email: name } });
}
app.post('/names', async (req, res) => {
  for (const name of req.body.names) await rename(req.body.id, name);
  for (const name of req.body.names) await prisma.user.update({ where: { id: req.body.id }, data: { email: name } });
  for (const id of req.body.ids) await rename(id, req.body.name);
//                                     ^^^^^^^^^^^^^^^^^^^^^^^^^ write-in-loop
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn when_the_process_starts() {
        check(
            "
//- /warm.ts
import { OnModuleInit, Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { prisma } from './db';
@Injectable()
export class Warm implements OnModuleInit {
  async onModuleInit() {
    const users = await prisma.user.findMany();
    for (const user of users) await prisma.user.update({ where: { id: user.id }, data: { online: false } });
  }
  @Cron('0 * * * *')
  async age() {
    const users = await prisma.user.findMany();
    for (const user of users) await prisma.user.update({ where: { id: user.id }, data: { age: user.age + 1 } });
//                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write-in-loop
  }
}
",
        );
    }

    #[test]
    fn rows_that_refer_to_others_of_their_table_go_in_order() {
        laws::check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Folder {
  id String @id
  parentId String?
  parent Folder? @relation("tree", fields: [parentId], references: [id])
  children Folder[] @relation("tree")
  @@index([parentId])
}
model Note {
  id String @id
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/all', async (req, res) => {
  for (const id of req.body.ids) await prisma.folder.delete({ where: { id } });
  for (const id of req.body.ids) await prisma.note.delete({ where: { id } });
//                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write-in-loop
  res.sendStatus(204);
});
"#,
        );
    }

    #[test]
    fn what_is_over_a_limit_and_what_is_done_once() {
        check(
            "
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/sessions', async (req, res) => {
  const comments = await prisma.comment.findMany({ where: { postId: req.body.postId } });
  for (const comment of comments.slice(25)) {
    await prisma.comment.delete({ where: { id: comment.id } });
  }
  res.sendStatus(204);
});
app.post('/downgrade', async function downgradePlan(req, res) {
  const comments = await prisma.comment.findMany({ where: { postId: req.body.postId } });
  for (const comment of comments) {
    await prisma.comment.update({ where: { id: comment.id }, data: { parentId: comment.postId } });
  }
  res.sendStatus(204);
});
",
        );
    }

    #[test]
    fn mysql_has_no_update_with_values_per_row() {
        laws::check(
            &RULE,
            "
//- /schema.prisma
datasource db {
  provider = \"mysql\"
}
model Comment {
  id String @id
  postId String
  seen Boolean
  @@index([postId])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/comments', async (req, res) => {
  const comments = await prisma.comment.findMany({ where: { seen: false } });
  for (const comment of comments) {
    await prisma.comment.update({ where: { id: comment.id }, data: { postId: comment.id } });
  }
  for (const comment of comments) {
    await prisma.comment.update({ where: { id: comment.id }, data: { seen: true } });
//        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write-in-loop
  }
  res.sendStatus(204);
});
",
        );
    }
}
