//! Rule `n-plus-one-across-calls`: a call per element of a collection that leads to a query elsewhere.

use tuneup_model::{Category, ExperimentKind, RuleDoc, Severity};

use super::repeats::{self, Repeat};
use super::{Rule, paths};
use crate::program::{Concurrency, Program};
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
//- /authors.ts
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export class AuthorRepository {
  byId(id: string) {
    return prisma.author.findUniqueOrThrow({ where: { id } });
  }
}
//- /routes.ts
import express from 'express';
import { AuthorRepository } from './authors';

const authors = new AuthorRepository();
const app = express();

app.post('/names', async (req, res) => {
  const names = [];
  for (const id of req.body.ids) {
    names.push((await authors.byId(id)).name);
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
//- /authors.ts
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export class AuthorRepository {
  byIds(ids: string[]) {
    return prisma.author.findMany({ where: { id: { in: ids } } });
  }
}
//- /routes.ts
import express from 'express';
import { AuthorRepository } from './authors';

const authors = new AuthorRepository();
const app = express();

app.post('/names', async (req, res) => {
  const found = await authors.byIds(req.body.ids);
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
        draft.help = format!(
            "give `{callee}` a form that takes all keys at once (`where: {{ … in }}`) and call it before the loop"
        );
        draft.fix =
            repeats::unsafe_fix(format!("add a batch form of `{callee}` and look the results up in a `Map`"));
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
