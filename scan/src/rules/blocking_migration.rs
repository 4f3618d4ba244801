//! Rule `blocking-migration`: a migration that holds up a table while it runs.
//!
//! A migration that has run cannot be mended, and which have run is not in the source: only the newest of each folder
//! is told, the others are candidates. With `--diff` that is the one under review.

use std::collections::BTreeMap;

use tuneup_model::{Category, Cost, Count, Edit, Fix, FixSafety, RuleDoc, Severity, Standing};
use tuneup_sql::{Hazard, Hold};

use super::indexes::Tables;
use super::{Rule, volume};
use crate::program::Program;
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "blocking-migration",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Schema,
        summary: "A migration locks a table that is in use",
        why: "`CREATE INDEX` keeps all writes of the table waiting until the index is built, `ADD FOREIGN KEY` those of both \
              tables until every row is checked; `ALTER COLUMN … TYPE`, `SET NOT NULL` and `ADD CHECK` keep reads waiting too. \
              On ten million rows that is from several seconds to minutes, and each request that waits keeps its connection, \
              so the pool is empty long before the migration ends.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The table is small or still empty, or the program is stopped while migrations run.",
        proof: "Writes of a second connection, timed on a copy with as many rows while the migration runs",
        standing: Standing::Candidate {
            why: "whether a migration has run already is not in the source, and few have been read",
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
  userId String
  total Int
  @@index([userId])
}
//- /migrations/1/migration.sql
CREATE TABLE "Order" ("id" TEXT PRIMARY KEY, "userId" TEXT NOT NULL, "total" INTEGER NOT NULL);
//- /migrations/2/migration.sql
CREATE INDEX "Order_userId_idx" ON "Order" ("userId");
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders', async (req, res) => {
  res.json(await prisma.order.createMany({ data: req.body }));
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Order {
  id String @id
  userId String
  total Int
  @@index([userId])
}
//- /migrations/1/migration.sql
CREATE TABLE "Order" ("id" TEXT PRIMARY KEY, "userId" TEXT NOT NULL, "total" INTEGER NOT NULL);
//- /migrations/2/migration.sql
CREATE INDEX CONCURRENTLY "Order_userId_idx" ON "Order" ("userId");
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders', async (req, res) => {
  res.json(await prisma.order.createMany({ data: req.body }));
});
"#;

fn check(program: &Program, report: &mut Report) {
    let migrations: Vec<&Hold> =
        program.migrations.holds.iter().filter(|it| is_migration(&it.location.file)).collect();
    if migrations.is_empty() {
        return;
    }
    let tables = Tables::of(program);
    let mut newest: BTreeMap<&str, &str> = BTreeMap::new();
    for path in program.migrations.files.iter().filter(|path| is_migration(path)) {
        let last = newest.entry(home(path)).or_insert(path);
        *last = (*last).max(path);
    }
    for it in migrations {
        let mut draft = draft(&tables, it);
        if newest.get(home(&it.location.file)).is_some_and(|last| *last != it.location.file) {
            draft.doubt("it has run by now: newer migrations stand behind it");
        }
        report.add(&RULE.doc, draft);
    }
}

/// True for a step forward of a folder of migrations.
fn is_migration(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folder, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    (folder.contains("migrat") || folder.contains("drizzle"))
        && !name.contains("down")
        && !name.contains("undo")
}

/// The folder that holds the migrations, be they files or folders of one file.
fn home(path: &str) -> &str {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if path.ends_with("/migration.sql") || path.ends_with("/up.sql") {
        folder.rsplit_once('/').map_or("", |(home, _)| home)
    } else {
        folder
    }
}

fn draft(tables: &Tables<'_>, it: &Hold) -> Draft {
    let table = tables.program.catalog.table(&it.table);
    let name = table.map_or(it.table.as_str(), |table| table.model.as_str());
    let message = match it.hazard {
        Hazard::Index => format!("writes to `{name}` wait until this index is built"),
        Hazard::ForeignKey => format!("writes to `{name}` wait until all its references are checked"),
        Hazard::Check => format!("all use of `{name}` waits until every row is checked"),
        Hazard::TypeChange => format!("all use of `{name}` waits until every row is written anew"),
        Hazard::NotNull => format!("all use of `{name}` waits until every row is looked through"),
    };
    let anchor = format!("{} {:?} {}", it.table, it.hazard, it.location.file);
    let mut draft = Draft::new(Where::Declared(it.location.clone()), message, anchor);
    draft.severity = RULE.doc.severity;
    draft.rank = 50;
    if !table.is_some_and(|table| volume::fills_fast(tables, table)) {
        draft.doubt("the table is not known to hold many rows");
    }
    draft.cost = Some(Cost {
        now: "n rows read under a lock".to_owned(),
        after: "a lock for an instant".to_owned(),
        counts: vec![Count { variable: "n".to_owned(), of: format!("rows of `{name}`") }],
    });
    draft.help = help(it).to_owned();
    draft.fix = Some(fix(it));
    draft
}

fn help(it: &Hold) -> &'static str {
    match it.hazard {
        Hazard::Index if it.statements > 1 => {
            "build it with CREATE INDEX CONCURRENTLY, in a migration of its own that runs outside of a transaction"
        }
        Hazard::Index => "build it with CREATE INDEX CONCURRENTLY, outside of a transaction",
        Hazard::ForeignKey | Hazard::Check => {
            "add the constraint with NOT VALID, and check it later with VALIDATE CONSTRAINT, which lets others work"
        }
        Hazard::TypeChange => {
            "add a column of the new type, fill it in batches, and let it take the place of the old one"
        }
        Hazard::NotNull => {
            "add CHECK (… IS NOT NULL) NOT VALID, validate it, then SET NOT NULL: PostgreSQL takes the check as proof"
        }
    }
}

fn fix(it: &Hold) -> Fix {
    let edit = it.concurrently.as_ref().filter(|_| it.statements == 1);
    Fix {
        title: match it.hazard {
            Hazard::Index => "build the index CONCURRENTLY".to_owned(),
            Hazard::ForeignKey | Hazard::Check => {
                "add the constraint NOT VALID and validate it later".to_owned()
            }
            Hazard::TypeChange => "move to a new column in steps".to_owned(),
            Hazard::NotNull => "prove it with a checked constraint first".to_owned(),
        },
        safety: FixSafety::Unsafe,
        edits: edit
            .map(|at| Edit { location: at.clone(), text: " CONCURRENTLY".to_owned() })
            .into_iter()
            .collect(),
        ddl: None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    const PROGRAM: &str = r#"
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/orders', async (req, res) => {
  await prisma.shop.create({ data: req.body });
  res.json(await prisma.order.createMany({ data: req.body }));
});
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Order {
  id String @id
  userId String?
  shopId String?
  total Int?
}
model Shop {
  id String @id
  name String?
}
"#;

    #[test]
    fn keys_checks_and_changes_of_columns() {
        let migrations = r#"
//- /prisma/migrations/1/migration.sql
CREATE TABLE "Order" ("id" TEXT PRIMARY KEY, "userId" TEXT, "shopId" TEXT, "total" INTEGER);
CREATE INDEX "o" ON "Order" ("total");
//- /prisma/migrations/2/migration.sql
ALTER TABLE "Order" ADD CONSTRAINT "f" FOREIGN KEY ("shopId") REFERENCES "Shop"("id");
--<^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocking-migration: writes to `Order` wait
ALTER TABLE "Order" ALTER COLUMN "total" TYPE BIGINT;
--<^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocking-migration: all use of `Order` waits until every row is written anew
ALTER TABLE "Order" ALTER COLUMN "total" SET NOT NULL;
--<^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocking-migration: until every row is looked through
"#;
        check(&RULE, &format!("{PROGRAM}{migrations}"));
    }

    #[test]
    fn new_tables_small_ones_and_migrations_that_have_run() {
        let migrations = r#"
//- /prisma/migrations/1/migration.sql
CREATE TABLE "Shop" ("id" TEXT PRIMARY KEY, "name" TEXT);
CREATE TABLE "Order" ("id" TEXT PRIMARY KEY, "userId" TEXT, "shopId" TEXT, "total" INTEGER);
CREATE INDEX "o" ON "Order" ("total");
//- /prisma/migrations/2/migration.sql
CREATE INDEX "p" ON "Order" ("userId");
//- /prisma/migrations/3/migration.sql
CREATE INDEX "s" ON "Shop" ("name");
CREATE INDEX CONCURRENTLY "q" ON "Order" ("shopId");
ALTER TABLE "Order" ADD CONSTRAINT "f" FOREIGN KEY ("shopId") REFERENCES "Shop"("id") NOT VALID;
//- /sql/report.sql
CREATE INDEX "t" ON "Order" ("total");
"#;
        check(&RULE, &format!("{PROGRAM}{migrations}"));
    }
}
