//! What hides a column, across files, and what makes that harmless.

use super::RULE;
use crate::rules::laws::check;

const SCHEMA: &str = r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Customer {
  id String @id
  shopId String
  email String
  name String
  score Int
  createdAt DateTime
  @@index([shopId])
  @@index([email])
  @@index([createdAt])
}
model Tag {
  id String @id
  name String
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /add.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.post('/customers', async (req, res) => {
  await prisma.tag.create({ data: req.body });
  res.json(await prisma.customer.create({ data: req.body }));
});
"#;

fn with(files: &str) -> String {
    format!("{SCHEMA}{files}")
}

#[test]
fn searches_for_parts_stay_candidates() {
    check(
        &RULE,
        &with(
            r"
//- /customers.ts
import { prisma } from './db';
export function search(q: string) {
  return prisma.customer.findMany({
    where: { OR: [{ email: { contains: q, mode: 'insensitive' } }, { name: { contains: q } }] },
    take: 20,
  });
}
//- /routes.ts
import express from 'express';
import { search } from './customers';
const app = express();
app.get('/customers', async (req, res) => res.json(await search(req.query.q)));
",
        ),
    );
}

#[test]
fn equality_without_regard_to_case() {
    check(
        &RULE,
        &with(
            r"
//- /customers.ts
import { prisma } from './db';
export class Customers {
  byEmail(email: string) {
    return prisma.customer.findFirst({ where: { email: { equals: email, mode: 'insensitive' } } });
//         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ non-sargable-predicate: comparing `Customer.email` without regard to case
  }
}
//- /routes.ts
import express from 'express';
import { Customers } from './customers';
const app = express();
const customers = new Customers();
app.get('/customers', async (req, res) => res.json(await customers.byEmail(req.query.email)));
",
        ),
    );
}

#[test]
fn functions_and_casts_in_text() {
    check(
        &RULE,
        &with(
            r#"
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.get('/a', async (req, res) => {
  res.json(await prisma.$queryRaw`SELECT id FROM "Customer" WHERE lower("email") = ${req.query.email}`);
//               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ non-sargable-predicate: `lower("email")` hides the column
});
app.get('/b', async (req, res) => {
  res.json(await prisma.$queryRaw`SELECT id FROM "Customer" WHERE "createdAt"::date = ${req.query.day}::date`);
//               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ non-sargable-predicate: `"createdAt"::DATE` hides the column
});
app.get('/c', async (req, res) => {
  res.json(await prisma.$queryRaw`SELECT id FROM "Customer" ORDER BY random() LIMIT 5`);
//               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ non-sargable-predicate: `ORDER BY random()` reads and sorts every row of `Customer`
});
"#,
        ),
    );
}

#[test]
fn other_conditions_small_tables_and_screens_for_administrators() {
    check(
        &RULE,
        &with(
            r#"
//- /routes.ts
import express from 'express';
import { prisma } from './db';
const app = express();
app.get('/in-shop', async (req, res) => {
  res.json(await prisma.customer.findMany({ where: { shopId: req.query.shop, name: { contains: req.query.q } }, take: 9 }));
});
app.get('/recent', async (req, res) => {
  res.json(await prisma.customer.findMany({ where: { createdAt: { gt: req.query.at }, name: { contains: req.query.q } } }));
});
app.get('/perhaps', async (req, res) => {
  const { q, shopId } = req.query;
  res.json(await prisma.customer.findMany({ where: { name: { contains: q }, ...(shopId && { shopId }) } }));
});
app.get('/companies', async (req, res) => {
  res.json(await prisma.customer.count({ where: { email: { endsWith: '.com' } } }));
});
app.get('/domains', async (req, res) => {
  res.json(await prisma.$queryRaw`SELECT count(*) FROM "Customer" WHERE "email" ILIKE '%@%'`);
});
app.get('/begins', async (req, res) => {
  res.json(await prisma.customer.findMany({ where: { email: { startsWith: req.query.q } } }));
});
app.get('/tags', async (req, res) => {
  res.json(await prisma.tag.findMany({ where: { name: { contains: req.query.q } } }));
});
app.get('/admin/customers', requireAdmin, async (req, res) => {
  res.json(await prisma.customer.findMany({ where: { name: { contains: req.query.q } }, take: 20 }));
});
app.get('/one-shop', async (req, res) => {
  res.json(await prisma.$queryRaw`SELECT id FROM "Customer" WHERE "shopId" = ${req.query.shop} ORDER BY random() LIMIT 5`);
});
"#,
        ),
    );
}

#[test]
fn an_index_of_the_needed_kind() {
    check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Customer {
  id String @id
  email String
  name String
}
//- /migrations/1/migration.sql
CREATE TABLE "Customer" ("id" TEXT PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT NOT NULL);
CREATE INDEX "a" ON "Customer" USING gin ("name" gin_trgm_ops);
CREATE INDEX "b" ON "Customer" (lower("email"));
//- /routes.ts
import express from 'express';
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
const app = express();
app.post('/customers', async (req, res) => res.json(await prisma.customer.create({ data: req.body })));
app.get('/customers', async (req, res) => {
  await prisma.$queryRaw`SELECT id FROM "Customer" WHERE lower("email") = ${req.query.email}`;
  res.json(await prisma.customer.findMany({ where: { name: { contains: req.query.q } }, take: 20 }));
});
"#,
    );
}
