//! Rule `overfetch-include`: a relation is brought along and never looked at.

use tuneup_model::{Category, Cost, Count, Operation, RuleDoc, Severity, Standing};

use super::included::{self, Included};
use super::indexes::{Site, Tables};
use super::{Rule, paths, reading, repeats, volume};
use crate::program::{EntryKind, Program};
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "overfetch-include",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Queries,
        summary: "A query brings along a relation that nothing looks at",
        why: "Each relation is a query more, or a join that repeats the parent's columns for every child. Its rows are read, sent \
              and turned into objects, and then dropped.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The rows go on to code that is not seen here; then nothing is found.",
        proof: "The query is run with and without the relation",
        standing: Standing::Candidate {
            why: "6 of 9 findings in repositories not seen before were right: a single row on a rare page",
        },
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
  books Book[]
}
model Book {
  id String @id
  title String
  authorId String
  author Author @relation(fields: [authorId], references: [id])
  @@index([authorId])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.get('/authors/:id/name', async (req, res) => {
  const { id } = req.params;
  const author = await prisma.author.findUnique({ where: { id }, include: { books: true } });
  res.json({ name: author?.name });
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
  books Book[]
}
model Book {
  id String @id
  title String
  authorId String
  author Author @relation(fields: [authorId], references: [id])
  @@index([authorId])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.get('/authors/:id/name', async (req, res) => {
  const { id } = req.params;
  const author = await prisma.author.findUnique({ where: { id } });
  res.json({ name: author?.name });
});
"#;

fn check(program: &Program, report: &mut Report) {
    let tables = Tables::of(program);
    for site in &tables.sites {
        if !site.shape().operation.is_read() || !site.is_served() {
            continue;
        }
        let included = included::included(program, site);
        if included.is_empty() {
            continue;
        }
        let Some(taken) = program.taken_of_rows(site.query.file, site.query.call) else { continue };
        if taken.is_nothing() {
            continue;
        }
        let unread: Vec<&Included> =
            included.iter().filter(|it| it.path.len() == 1 && taken.leaves(&it.path[0])).collect();
        if !unread.is_empty() {
            report.add(&RULE.doc, draft(&tables, site, &unread));
        }
    }
}

fn is_requested(program: &Program, site: &Site<'_>) -> bool {
    paths::arrival(program, site.function(program))
        .is_none_or(|it| !matches!(it.kind, EntryKind::Job | EntryKind::Schedule))
}

fn draft(tables: &Tables<'_>, site: &Site<'_>, unread: &[&Included]) -> Draft {
    let program = tables.program;
    let text = paths::callee_text(program, site.query.file, site.query.call);
    let names = unread.iter().map(|it| format!("`{}`", it.path[0])).collect::<Vec<_>>().join(", ");
    let message = format!("`{text}` brings along {names}, which nothing looks at");
    let mut draft = reading::draft(tables, site, message, volume::volume(tables, site));
    draft.at = Where::Code(unread[0].at);
    draft.anchor = format!("{} › {names}", draft.anchor);
    let own = program.facts(site.query.file).function(site.function(program).id).span;
    if unread.iter().any(|it| it.at.file != site.query.file || !own.contains(it.at.span)) {
        draft.doubt("other queries may share the options");
    }
    let many = site.shape().operation == Operation::ReadMany;
    if unread.iter().any(|it| it.is_all) {
        draft.doubt("the selection names nothing else");
    }
    if !many && unread.iter().all(|it| it.is_narrow && !it.is_list) {
        draft.doubt("a few values of one row more");
    }
    if !many && unread.iter().all(|it| !it.is_list) && !is_requested(program, site) {
        draft.doubt("one row more per job, which does much else");
    }
    draft.severity =
        if many || unread.iter().any(|it| it.is_list) { Severity::Medium } else { Severity::Low };
    draft.help = format!("leave {names} out of the query");
    draft.fix = Some(repeats::unsafe_fix(format!("leave {names} out")));
    let now = if many {
        "n rows with what belongs to them per call"
    } else {
        "1 row with what belongs to it per call"
    };
    draft.cost = Some(Cost {
        now: now.to_owned(),
        after: "the rows alone".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("rows of `{}`", site.table.model) }],
    });
    draft
}

#[cfg(test)]
mod tests;
