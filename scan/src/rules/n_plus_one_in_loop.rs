//! Rule `n-plus-one-in-loop`: a query per element of a collection, in the loop itself.

use tuneup_model::{Category, ExperimentKind, RuleDoc, Severity};

use super::repeats::{self, Repeat};
use super::{Rule, paths};
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
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Author {
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
    const author = await prisma.author.findUnique({ where: { id } });
    names.push(author?.name);
  }
  res.json(names);
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Author {
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
  const authors = await prisma.author.findMany({ where: { id: { in: ids } } });
  const byId = new Map(authors.map((author) => [author.id, author]));
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
        draft.help = "collect the keys first, read all rows with one `findMany({ where: { … in } })`, and look them up in a `Map`".to_owned();
        draft.fix =
            repeats::unsafe_fix(format!("replace the loop's `{query}` by one read with `in` and a `Map`"));
        draft.cost = Some(repeats::per_element_cost(program, it, "queries", "1 query"));
        draft.experiment = Some(repeats::batch_experiment(shape, ExperimentKind::BatchReads));
        report.add(&RULE.doc, repeats::finish(&RULE.doc, draft));
    }
}
