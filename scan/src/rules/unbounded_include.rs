//! Rule `unbounded-include`: a read brings all children of its rows along, from a table where they add up.

use tuneup_model::{Bound, Category, Cost, Count, Operation, RuleDoc, Severity, Standing};

use super::included::{self, Included};
use super::indexes::{Site, Tables};
use super::volume::{self, fills_fast};
use super::{Rule, paths, reading, repeats};
use crate::program::Program;
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "unbounded-include",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queries,
        summary: "A read brings along all children of its rows, which add up over time",
        why: "The rows asked for are few, but each brings all its messages, events or comments: a page of 20 rows with 5,000 \
              children each is 100,000 rows read, parsed and held at once.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The children are parts of a whole and stay few: lines of an order, options of a question.",
        proof: "The children of one parent are counted in the database",
        standing: Standing::Candidate {
            why: "of 12 findings read on public code five mattered: whether one parent has many children is not in the source",
        },
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  messages Message[]
}
model Message {
  id String @id
  text String
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  @@index([channelId])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});

app.get('/channels/:id', async (req, res) => {
  const { id } = req.params;
  res.json(await prisma.channel.findUnique({ where: { id }, include: { messages: true } }));
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  messages Message[]
}
model Message {
  id String @id
  text String
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  @@index([channelId])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});

app.get('/channels/:id', async (req, res) => {
  const { id } = req.params;
  const messages = { orderBy: { id: 'desc' }, take: 50 };
  res.json(await prisma.channel.findUnique({ where: { id }, include: { messages } }));
});
"#;

fn check(program: &Program, report: &mut Report) {
    let tables = Tables::of(program);
    for site in &tables.sites {
        if !site.shape().operation.is_read() || !site.is_served() {
            continue;
        }
        for it in included::included(program, site) {
            let child = site.catalog_table(&it.child);
            let grows = child.is_some_and(|child| tables.grows(child) && fills_fast(&tables, child));
            if it.is_list && !it.is_limited && grows {
                report.add(&RULE.doc, draft(&tables, site, &it));
            }
        }
    }
}

fn draft(tables: &Tables<'_>, site: &Site<'_>, it: &Included) -> Draft {
    let program = tables.program;
    let text = paths::callee_text(program, site.query.file, site.query.call);
    let model = |table: &str| site.catalog_table(table).map_or(table.to_owned(), |it| it.model.clone());
    let (parent, child) = (model(&it.parent), model(&it.child));
    let message = format!("`{text}` brings along all rows of `{child}` that each `{parent}` has");
    let mut draft = reading::draft(tables, site, message, volume::volume(tables, site));
    draft.at = Where::Code(it.at);
    draft.anchor = format!("{} › {}", draft.anchor, it.path.join("."));
    let many = site.shape().operation == Operation::ReadMany && site.shape().limit != Bound::Constant(1);
    draft.severity = if many && !it.is_narrow { Severity::High } else { Severity::Medium };
    if it.is_filtered {
        draft.doubt("the condition may leave few of them");
    }
    let is_event = |table: &str| site.catalog_table(table).is_some_and(volume::holds_events);
    if is_event(&it.parent) {
        draft.doubt("what happens to one parent comes to an end");
    }
    if !is_event(&it.child) {
        draft.doubt("one parent may hold few rows");
    }
    draft.help = format!(
        "give `{}` a `take` and an order, and read further ones by a query of their own",
        it.path.join(".")
    );
    draft.fix = Some(repeats::unsafe_fix(format!("give `{}` a `take`", it.path.join("."))));
    draft.cost = Some(Cost {
        now: if many { "n × m rows per call" } else { "m rows per call" }.to_owned(),
        after: if many { "n × 1 page of rows" } else { "1 page of rows" }.to_owned(),
        counts: vec![Count { variable: "m".to_owned(), of: format!("rows of `{child}` per `{parent}`") }],
    });
    draft
}

#[cfg(test)]
mod tests;
