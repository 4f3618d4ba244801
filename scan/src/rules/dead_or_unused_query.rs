//! Rule `dead-or-unused-query`: a query whose result nothing looks at.

use tuneup_model::{Category, Operation, QueryApi, Reading, RuleDoc, Severity, Standing};

use super::indexes::{Site, Tables};
use super::{Rule, paths, reading, repeats, volume};
use crate::facts::Expr;
use crate::place::Place;
use crate::program::{Program, Value, callee_name};
use crate::report::{Draft, Report};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "dead-or-unused-query",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Queries,
        summary: "The result of a query is never looked at",
        why: "The caller waits for a round trip and the database works for nothing: 1 ms on the same network, 30 ms across regions, \
              and a connection of the pool that somebody else waits for.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The query is there for what else it does: it takes a lock, warms a cache, fails where nothing is found.",
        proof: "Leaving the query out changes no answer and saves its time",
        standing: Standing::Shown(&[
            Reading { repository: "formbricks/formbricks", right: 4, read: 4 },
            Reading { repository: "triggerdotdev/trigger.dev", right: 1, read: 1 },
            Reading { repository: "vendure-ecommerce/vendure", right: 2, read: 2 },
        ]),
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

app.post('/orders/:id/close', async (req, res) => {
  const order = await prisma.order.findUnique({ where: { id: req.params.id } });
  await prisma.order.update({ where: { id: req.params.id }, data: { state: 'closed' } });
  res.sendStatus(204);
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

app.post('/orders/:id/close', async (req, res) => {
  await prisma.order.update({ where: { id: req.params.id }, data: { state: 'closed' } });
  res.sendStatus(204);
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
    let operation = site.shape().operation;
    let reads = matches!(operation, Operation::ReadOne | Operation::ReadMany | Operation::Count);
    reads && !guards(program, site) && is_unused(program, site)
}

fn is_unused(program: &Program, site: &Site<'_>) -> bool {
    let taken = program.taken_of_rows(site.query.file, site.query.call);
    taken.is_some_and(|taken| taken.is_nothing())
}

/// True where the query is there for what else it does: it fails, takes locks, or shows that the database answers.
fn guards(program: &Program, site: &Site<'_>) -> bool {
    let shape = site.shape();
    let facts = program.facts(site.query.file);
    let method = shape.method.as_str();
    let throws = ["OrThrow", "OrFail", "OrReject"].iter().any(|end| method.ends_with(end));
    let fills = matches!(method, "reload" | "refresh" | "populate");
    let has_option = facts.args(site.query.call).iter().any(|arg| match facts.expr(*arg) {
        Expr::Object(list) => ["rejectOnEmpty", "lock", "failIfNotFound"]
            .iter()
            .any(|name| facts.property(list, name).is_some()),
        _ => false,
    });
    let is_opaque = matches!(shape.api, QueryApi::Declared | QueryApi::Sql) || site.query.waits;
    let callee = Place { file: site.query.file, expr: facts.call(site.query.call).callee };
    let does_more = matches!(program.eval(callee), Value::Function(_) | Value::Memoized(..));
    throws || fills || has_option || is_opaque || does_more || locks(program, site)
}

/// `SELECT … FOR UPDATE` in a chain of a query builder: it waits for the rows, which is the point.
fn locks(program: &Program, site: &Site<'_>) -> bool {
    let facts = program.facts(site.query.file);
    let mut callee = facts.call(site.query.call).callee;
    for _ in 0..32 {
        let Expr::Member { object, .. } = facts.expr(callee) else { return false };
        let Expr::Call(before) = facts.expr(object) else { return false };
        callee = facts.call(before).callee;
        if LOCKS.contains(&callee_name(facts, callee)) {
            return true;
        }
    }
    false
}

/// Knex, Kysely, Drizzle, TypeORM, Objection.
const LOCKS: [&str; 8] =
    ["forUpdate", "forShare", "forNoKeyUpdate", "forKeyShare", "for", "setLock", "skipLocked", "noWait"];

fn draft(tables: &Tables<'_>, site: &Site<'_>) -> Draft {
    let program = tables.program;
    let text = paths::callee_text(program, site.query.file, site.query.call);
    let message = format!("nothing looks at what `{text}` finds");
    let volume = volume::volume(tables, site);
    let mut draft = reading::draft(tables, site, message, volume);
    draft.severity =
        if site.shape().operation == Operation::ReadMany { Severity::Medium } else { Severity::Low };
    if site.shape().api == QueryApi::MikroOrm {
        draft.doubt("it may bring entities into the unit of work");
    }
    draft.help = "leave the query out, or use what it finds".to_owned();
    draft.fix = Some(repeats::unsafe_fix("leave the query out"));
    draft.cost = Some(reading::cost(site, "1 query per call", "none"));
    draft
}

#[cfg(test)]
mod tests;
