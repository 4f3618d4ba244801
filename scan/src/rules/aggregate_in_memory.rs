//! Rule `aggregate-in-memory`: rows are read to be counted, added up or searched by code, where the database answers.

use tuneup_model::{
    Bound, Category, Experiment, ExperimentKind, Operation, Parameter, QueryApi, RuleDoc, Severity, Standing,
};

use super::indexes::{Site, Tables};
use super::reading::{self, Purpose};
use super::volume::{self, Extent};
use super::{Rule, paths, repeats};
use crate::program::Program;
use crate::report::{Draft, Report};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "aggregate-in-memory",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queries,
        summary: "Rows are read only to be counted, added up or searched in memory",
        why: "The database sends every row, the driver parses it and the garbage collector takes it away again, for an answer of \
              one number or one row. 100,000 rows of 200 bytes are 20 MB per request; `count` sends 8 bytes, and a condition \
              can use an index, which `find` and `filter` in JavaScript cannot.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The rows are few, or they are needed anyway.",
        proof: "The read is run on a scratch PostgreSQL with and without a limit, for growing tables",
        standing: Standing::Candidate {
            why: "two findings on public code were read, both right; a third is wanted before it shows",
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
  total Int
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders', async (req, res) => {
  res.json(await prisma.order.create({ data: req.body }));
});

app.get('/orders/count', async (req, res) => {
  const orders = await prisma.order.findMany();
  res.json({ total: orders.length });
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Order {
  id String @id
  total Int
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders', async (req, res) => {
  res.json(await prisma.order.create({ data: req.body }));
});

app.get('/orders/count', async (req, res) => {
  res.json({ total: await prisma.order.count() });
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

/// True where this rule speaks of the read, so that no other advises pages for it.
pub(super) fn finds(program: &Program, site: &Site<'_>) -> bool {
    let shape = site.shape();
    shape.operation == Operation::ReadMany
        && shape.limit == Bound::Absent
        && !shape.keyset
        && volume::extent(site) != Extent::Few
        && !matches!(reading::purpose(program, site), Purpose::Rows | Purpose::Existence)
}

fn draft(tables: &Tables<'_>, site: &Site<'_>) -> Draft {
    let program = tables.program;
    let text = paths::callee_text(program, site.query.file, site.query.call);
    let model = &site.table.model;
    let purpose = reading::purpose(program, site);
    let reads = format!("`{text}` reads rows of `{model}`");
    let among = |columns: &[String]| format!("`{}`", columns.join("`, `"));
    let (message, after) = match &purpose {
        Purpose::Number(columns) if columns.is_empty() => (format!("{reads} only to count them"), "1 number"),
        Purpose::Number(columns) => {
            (format!("{reads} only to count those that compare in {}", among(columns)), "1 number")
        }
        Purpose::Sum(column) => (format!("{reads} only to add up `{column}`"), "1 number"),
        Purpose::One(columns) => {
            (format!("{reads} to look for one by {} in memory", among(columns)), "1 row")
        }
        _ => {
            let columns = match &purpose {
                Purpose::Part(columns) => among(columns),
                _ => String::new(),
            };
            (format!("{reads} and drops those that a test of {columns} leaves out"), "the rows wanted")
        }
    };
    let volume = volume::volume(tables, site);
    let doubt = reading::doubt_of_size(tables, site, &volume);
    let is_small = volume.score < 0 || !tables.grows(site.table);
    let extent = volume::extent(site);
    let mut draft = reading::draft(tables, site, message, volume);
    if is_small {
        draft.doubt("nothing says that the table grows");
    } else if let Some(doubt) = doubt {
        draft.doubt(doubt);
    }
    draft.severity = if extent == Extent::Whole { Severity::High } else { Severity::Medium };
    let remedy = remedy(site.shape().api, &purpose);
    draft.help = remedy.clone();
    draft.fix = Some(repeats::unsafe_fix(remedy));
    draft.cost = Some(reading::cost(site, "n rows per call", after));
    draft.experiment = Some(experiment(site));
    draft
}

fn remedy(api: QueryApi, purpose: &Purpose) -> String {
    match purpose {
        Purpose::Number(_) => match api {
            QueryApi::Prisma | QueryApi::Sequelize | QueryApi::Typeorm | QueryApi::MikroOrm => {
                "count in the database: `count` with the same `where`".to_owned()
            }
            QueryApi::Drizzle => "count in the database: `$count(table, filter)`".to_owned(),
            _ => "count in the database: `SELECT count(*)` with the same conditions".to_owned(),
        },
        Purpose::Sum(column) => match api {
            QueryApi::Prisma => {
                format!("add up in the database: `aggregate({{ _sum: {{ {column}: true }}, where }})`")
            }
            _ => format!("add up in the database: `sum({column})` with the same conditions"),
        },
        Purpose::One(_) => "put the comparison into the conditions of the query and read one row".to_owned(),
        _ => "put the comparison into the conditions of the query".to_owned(),
    }
}

fn experiment(site: &Site<'_>) -> Experiment {
    let mut after = site.shape().clone();
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
