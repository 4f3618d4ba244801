//! Rule `redundant-index`: an index that another one begins with.
//!
//! Only plain b-trees over all rows are compared: another method, a condition, an operator class or uniqueness is a
//! reason of its own to exist.

use tuneup_model::{
    Category, Cost, Count, Dialect, EvidenceKind, Fix, FixSafety, Index, IndexMethod, QueryApi, Reading,
    RuleDoc, Severity, Standing, Table,
};

use super::indexes::{self, Tables};
use super::{Rule, volume, wording};
use crate::program::Program;
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "redundant-index",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Schema,
        summary: "An index repeats the beginning of another",
        why: "A b-tree on (a, b) finds rows by a as well as one on (a) does. The second is read by nobody who could not read the \
              first, yet every insert and every update of those columns writes both, the planner considers both, and both \
              take their place in memory: each index adds some 10 to 20 % to the cost of an insert.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The longer index is much wider (long texts) and the short one serves nearly all reads, or it is about to go.",
        proof: "`pg_stat_user_indexes.idx_scan` of both before and after the drop, and the time of a bulk insert",
        standing: Standing::Shown(&[
            Reading { repository: "karakeep-app/karakeep", right: 2, read: 3 },
            Reading { repository: "papermark/papermark", right: 3, read: 3 },
            Reading { repository: "tryabby/abby", right: 1, read: 3 },
            Reading { repository: "typehero/typehero", right: 1, read: 1 },
            Reading { repository: "umami-software/umami", right: 7, read: 7 },
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
  shopId String
  createdAt DateTime
  @@index([shopId])
  @@index([shopId, createdAt])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders', async (req, res) => {
  res.json(await prisma.order.create({ data: req.body }));
});
"#;

const FAST: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Order {
  id String @id
  shopId String
  createdAt DateTime
  @@index([shopId, createdAt])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
const app = express();

app.post('/orders', async (req, res) => {
  res.json(await prisma.order.create({ data: req.body }));
});
"#;

/// A longer index finds by its beginning nearly as fast, up to this many columns more.
const MAX_MORE: usize = 2;

fn check(program: &Program, report: &mut Report) {
    let tables = Tables::of(program);
    for table in &program.catalog.tables {
        if indexes::dialect_of(program, table) == Dialect::Other {
            continue;
        }
        for (n, index) in table.indexes.iter().enumerate() {
            if !is_plain(index) || index.unique || !is_declared(program, table, index) {
                continue;
            }
            if let Some(other) = covered_by(table, n) {
                report.add(&RULE.doc, draft(&tables, table, index, &other));
            }
        }
    }
}

fn is_plain(index: &Index) -> bool {
    index.method == IndexMethod::Btree
        && !index.partial
        && !index.tuned
        && !index.columns.iter().any(|it| it.contains('('))
}

/// False for what only old migrations speak of, where the program has a schema.
fn is_declared(program: &Program, table: &Table, index: &Index) -> bool {
    let own = program.schema_of_table(table).and_then(|schema| schema.catalog.table(&table.name));
    own.is_none_or(|own| own.indexes.iter().any(|it| it.columns == index.columns))
}

/// What stands for an index: the columns of the one that begins with its own, and how that is called.
struct Other {
    columns: Vec<String>,
    is_key: bool,
}

fn covered_by(table: &Table, n: usize) -> Option<Other> {
    let own = &table.indexes[n].columns;
    let begins = |columns: &[String]| {
        columns.starts_with(own) && columns.len() <= own.len() + MAX_MORE && !columns.is_empty()
    };
    if begins(&table.primary_key) {
        return Some(Other { columns: table.primary_key.clone(), is_key: true });
    }
    let others = table.indexes.iter().enumerate().filter(|(other, it)| {
        // Of two equal ones the first stays, or the unique one.
        let is_later = *other > n && !it.unique;
        *other != n && is_plain(it) && begins(&it.columns) && !(it.columns == *own && is_later)
    });
    let other = others.map(|(_, it)| it).min_by_key(|it| (!it.unique, it.columns.len()))?;
    Some(Other { columns: other.columns.clone(), is_key: other.unique })
}

fn draft(tables: &Tables<'_>, table: &Table, index: &Index, other: &Other) -> Draft {
    let program = tables.program;
    let named = |columns: &[String]| {
        columns.iter().map(|column| indexes::field(table, column)).collect::<Vec<_>>().join(", ")
    };
    let (own, longer) = (named(&index.columns), named(&other.columns));
    let what = match (other.is_key, index.columns == other.columns) {
        (true, true) => format!("the unique key on `{longer}` is the same"),
        (true, false) => format!("the unique key on `{longer}` begins with it"),
        (false, true) => "there is another on the same columns".to_owned(),
        (false, false) => format!("the index on `{longer}` begins with it"),
    };
    let message = format!("the index of `{}` on `{own}` is not needed: {what}", table.model);
    let column = table.column(&index.columns[0]);
    let place = column.map_or_else(|| table.location.clone(), |it| it.location.clone());
    let mut draft = Draft::new(Where::Declared(place), message, format!("{} ({own})", table.name));
    draft.severity = RULE.doc.severity;
    draft.rank = 20;
    if !tables.grows(table) {
        draft.doubt("no request or job is seen to add rows");
    }
    if wording::api_of_table(program, table) == QueryApi::MikroOrm {
        draft.doubt("keys that the library makes for relations may hold for some of the rows only");
    }
    if volume::of_table(tables, table).score < 1 {
        draft.doubt("the table is not known to hold many rows");
    }
    let writes = tables.filling(table).served;
    for insert in writes.iter().take(3) {
        let query = &program.queries[*insert as usize];
        let at = Where::Code(super::paths::call_at(program, query.file, query.call));
        draft.evidence.push((EvidenceKind::Query, "writes both".to_owned(), at));
    }
    draft.cost = Some(Cost {
        now: "i indexes written per row".to_owned(),
        after: "i − 1".to_owned(),
        counts: vec![Count { variable: "i".to_owned(), of: format!("indexes of `{}`", table.model) }],
    });
    draft.help = format!("remove the index on `{own}`{}", how_on_live(program, table));
    draft.fix = Some(Fix {
        title: format!("remove the index on {} ({own})", table.name),
        safety: FixSafety::Unsafe,
        edits: Vec::new(),
        ddl: drop_statement(program, table, index),
    });
    draft
}

fn how_on_live(program: &Program, table: &Table) -> &'static str {
    match indexes::dialect_of(program, table) {
        Dialect::Postgresql => "; on a live table with DROP INDEX CONCURRENTLY",
        _ => "",
    }
}

fn drop_statement(program: &Program, table: &Table, index: &Index) -> Option<String> {
    let name = index.name.as_deref()?;
    match indexes::dialect_of(program, table) {
        Dialect::Postgresql => Some(format!("DROP INDEX CONCURRENTLY \"{}\"", name.replace('"', "\"\""))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    #[test]
    fn prefixes_and_doubles_of_keys_and_indexes() {
        check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Reaction {
  userId String
//^^^^^^ redundant-index: the index of `Reaction` on `userId` is not needed: the unique key on `userId, teamId` begins with it
  teamId String
  email String @unique
//^^^^^ redundant-index: the index of `Reaction` on `email` is not needed: the unique key on `email` is the same
  @@id([userId, teamId])
  @@index([userId])
  @@index([email])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/reactions', async (req, res) => {
  res.json(await prisma.reaction.create({ data: req.body }));
});
"#,
        );
    }

    #[test]
    fn in_code_that_declares_tables() {
        check(
            &RULE,
            r"
//- /schema.ts
import { index, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
export const orders = pgTable('orders', {
  id: text('id').primaryKey(),
  shopId: text('shop_id').notNull(),
//        ^^^^^^^^^^^^^^^^^^^^^^^^^ redundant-index: the index on `shopId, createdAt` begins with it
  createdAt: timestamp('created_at').notNull(),
}, (table) => [index('a').on(table.shopId), index('b').on(table.shopId, table.createdAt)]);
//- /routes.ts
import express from 'express';
import { drizzle } from 'drizzle-orm/node-postgres';
import { orders } from './schema';
const db = drizzle(process.env.DATABASE_URL);
const app = express();
app.post('/orders', async (req, res) => {
  res.json(await db.insert(orders).values(req.body));
});
",
        );
    }

    #[test]
    fn other_methods_conditions_uniqueness_and_order_of_columns() {
        check(
            &RULE,
            r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Order {
  id String @id
  shopId String
  code String @unique
  meta Json
  createdAt DateTime
  @@index([shopId], type: Hash)
  @@index([createdAt], type: Brin)
  @@index([shopId, createdAt])
  @@index([createdAt, code])
  @@index([code, createdAt])
  @@index([meta], type: Gin)
  @@index([code(ops: raw("text_pattern_ops"))])
}
model Setting {
  id String @id
  shopId String
  @@index([shopId])
  @@index([shopId, id])
}
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/orders', async (req, res) => {
  res.json(await prisma.order.create({ data: req.body }));
});
"#,
        );
    }
}
