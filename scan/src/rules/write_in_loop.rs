//! Rule `write-in-loop`: an insert, update or delete per element of a collection.

use tuneup_model::{Category, ExperimentKind, Operation, RuleDoc, Severity};

use super::repeats::{self, Repeat};
use super::{Rule, paths};
use crate::program::Program;
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

fn check(program: &Program, report: &mut Report) {
    for it in repeats::of_sort(program, Repeat::Write) {
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
        draft.help = help(query.shape.operation).to_owned();
        draft.fix = repeats::unsafe_fix("replace the loop's write by one bulk write");
        draft.cost = Some(repeats::per_element_cost(program, it, "writes", "1 write"));
        draft.experiment = Some(repeats::batch_experiment(&query.shape, ExperimentKind::BulkWrites));
        report.add(&RULE.doc, repeats::finish(&RULE.doc, draft));
    }
}

fn help(operation: Operation) -> &'static str {
    match operation {
        Operation::Insert | Operation::InsertMany => {
            "write all rows with one `createMany` (or `createManyAndReturn` where their ids are needed)"
        }
        Operation::Update | Operation::UpdateMany => {
            "where all rows get the same values, one `updateMany({ where: { id: { in } } })`; where they differ, one `UPDATE … FROM (VALUES …)`"
        }
        Operation::Delete | Operation::DeleteMany => {
            "delete all rows with one `deleteMany({ where: { id: { in } } })`"
        }
        Operation::Upsert => {
            "write all rows with one `INSERT … ON CONFLICT DO UPDATE`, or read the existing ones once and write the rest with `createMany`"
        }
        _ => "write all rows with one statement",
    }
}
