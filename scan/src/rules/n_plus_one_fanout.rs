//! Rule `n-plus-one-fanout`: `Promise.all` over a query per element.

use tuneup_model::{Category, ExperimentKind, RuleDoc, Severity};

use super::repeats::{self, Repeat};
use super::{Rule, paths};
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
        draft.help = "read all rows with one statement (`where: { … in }` or `groupBy`); the pool has a few connections, not one per element".to_owned();
        draft.fix = repeats::unsafe_fix(format!("replace the mapped `{query}` by one read for all elements"));
        draft.cost = Some(repeats::per_element_cost(program, it, "concurrent queries", "1 query"));
        draft.experiment = Some(repeats::batch_experiment(shape, ExperimentKind::BatchReads));
        report.add(&RULE.doc, repeats::finish(&RULE.doc, draft));
    }
}
