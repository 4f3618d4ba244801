//! Rule `count-for-existence`: rows are counted or read to learn whether there is one.

use tuneup_model::{
    Bound, Category, Experiment, ExperimentKind, Operation, Parameter, QueryApi, RuleDoc, Severity, Standing,
};

use super::indexes::{Site, Tables};
use super::reading::{self, Purpose};
use super::volume::{self, Extent};
use super::{Rule, paths, repeats};
use crate::program::{Ask, Program};
use crate::report::{Draft, Report};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "count-for-existence",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Queries,
        summary: "Rows are counted or read to learn whether there is one",
        why: "PostgreSQL keeps no number of rows: `count(*)` visits every row that matches, and reading them sends them too. A \
              read of one row, or `EXISTS`, stops at the first: 0.1 ms instead of 50 ms where 500,000 rows match.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The conditions leave a handful of rows, or the number is needed as well.",
        proof: "The query is run on a scratch PostgreSQL beside one that stops at the first row, for growing tables",
        standing: Standing::Candidate {
            why: "of two findings read on public code one concerned a table that stays small",
        },
    },
    check,
};

const SLOW: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Order {
  id String @id
  state String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders', async (req, res) => {
  res.json(await prisma.order.create({ data: req.body }));
});

app.get('/orders/any', async (req, res) => {
  const count = await prisma.order.count({ where: { state: 'open' } });
  res.json({ any: count > 0 });
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Order {
  id String @id
  state String
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders', async (req, res) => {
  res.json(await prisma.order.create({ data: req.body }));
});

app.get('/orders/any', async (req, res) => {
  const order = await prisma.order.findFirst({ where: { state: 'open' }, select: { id: true } });
  res.json({ any: order !== null });
});
"#;

fn check(program: &Program, report: &mut Report) {
    let tables = Tables::of(program);
    for site in &tables.sites {
        if site.is_served() && finds(program, site) {
            report.add(&RULE.doc, draft(&tables, site));
        }
    }
}

/// True where this rule speaks of the query.
pub(super) fn finds(program: &Program, site: &Site<'_>) -> bool {
    let shape = site.shape();
    let bounded = !matches!(shape.limit, Bound::Absent) || shape.keyset;
    if bounded || volume::extent(site) == Extent::Few {
        return false;
    }
    match shape.operation {
        Operation::ReadMany => reading::purpose(program, site) == Purpose::Existence,
        Operation::Count => program.taken_of_rows(site.query.file, site.query.call).is_some_and(|taken| {
            taken.escapes.is_none()
                && !taken.asks.is_empty()
                && taken.asks.iter().all(|(_, ask)| *ask == Ask::IsEmpty)
        }),
        _ => false,
    }
}

fn draft(tables: &Tables<'_>, site: &Site<'_>) -> Draft {
    let program = tables.program;
    let text = paths::callee_text(program, site.query.file, site.query.call);
    let model = &site.table.model;
    let reads = site.shape().operation == Operation::ReadMany;
    let verb = if reads { "reads" } else { "counts" };
    let message = format!("`{text}` {verb} rows of `{model}` to learn whether there is one");
    let volume = volume::volume(tables, site);
    let doubt = volume::few(site, volume::extent(site), &volume);
    let is_small = volume.score < 0 || !tables.grows(site.table);
    let mut draft = reading::draft(tables, site, message, volume);
    if is_small {
        draft.doubt("nothing says that the table grows");
    } else if let Some(doubt) = doubt {
        draft.doubt(doubt);
    }
    draft.severity = if reads { Severity::Medium } else { Severity::Low };
    let one = match site.shape().api {
        QueryApi::Prisma => "`findFirst({ where, select: { id: true } })`",
        QueryApi::Sequelize => "`findOne({ where, attributes: ['id'] })`",
        QueryApi::Typeorm => "`exists({ where })`",
        QueryApi::MikroOrm => "`findOne(where, { fields: ['id'] })`",
        QueryApi::Drizzle | QueryApi::Kysely | QueryApi::Knex => "one row, with `limit(1)`",
        QueryApi::Sql | QueryApi::Declared => "`SELECT EXISTS (SELECT 1 …)`",
    };
    draft.help = format!("ask for the first row alone: {one}");
    draft.fix = Some(repeats::unsafe_fix("ask for the first row alone"));
    let now = if reads { "n rows per call" } else { "n rows visited per call" };
    draft.cost = Some(reading::cost(site, now, "1 row"));
    draft.experiment = Some(experiment(site));
    draft
}

fn experiment(site: &Site<'_>) -> Experiment {
    let mut after = site.shape().clone();
    after.operation = Operation::ReadMany;
    after.limit = Bound::Constant(1);
    Experiment {
        kind: ExperimentKind::LimitRows,
        before: vec![site.shape().clone()],
        after: vec![after],
        after_ddl: Vec::new(),
        vary: vec![Parameter { name: "rows".to_owned(), values: vec![1_000, 10_000, 100_000] }],
        same_rows: false,
    }
}

#[cfg(test)]
mod tests;
