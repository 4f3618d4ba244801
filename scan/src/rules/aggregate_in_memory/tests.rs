//! Rows that are counted, added up or searched in memory, and rows that are not.

use super::RULE;
use crate::rules::laws;

#[test]
fn a_count_across_files() {
    laws::check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  name String
  messages Message[]
  owner User? @relation(fields: [ownerId], references: [id])
  ownerId String?
}
model User {
  id String @id
  email String
  channels Channel[]
  messages Message[]
}
model Message {
  id String @id
  html String
  title String
  size Int
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  authorId String
  author User @relation(fields: [authorId], references: [id])
  @@index([channelId])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /messages.ts
import { prisma } from './db';
export class Messages {
  async all() {
    return prisma.message.findMany();
//         ^^^^^^^^^^^^^^^^^^^^^^^^^ aggregate-in-memory: only to count them
  }
}
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Messages } from './messages';
const app = express();
const messages = new Messages();
app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});
app.get('/count', async (req, res) => {
  const all = await messages.all();
  res.json({ total: all.length });
});
"#,
    );
}

#[test]
fn rows_handed_to_a_function_that_counts() {
    laws::check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  name String
  messages Message[]
  owner User? @relation(fields: [ownerId], references: [id])
  ownerId String?
}
model User {
  id String @id
  email String
  channels Channel[]
  messages Message[]
}
model Message {
  id String @id
  html String
  title String
  size Int
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  authorId String
  author User @relation(fields: [authorId], references: [id])
  @@index([channelId])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /messages.ts
import { prisma } from './db';
export class Messages {
}
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Messages } from './messages';
const app = express();
const messages = new Messages();
app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});
function total(rows) {
  const { length } = rows;
  return length;
}
app.get('/count', async (req, res) => {
  const all = await prisma.message.findMany();
//                  ^^^^^^^^^^^^^^^^^^^^^^^^^ aggregate-in-memory
  res.json({ total: total(all) });
});
"#,
    );
}

#[test]
fn one_row_looked_for() {
    laws::check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  name String
  messages Message[]
  owner User? @relation(fields: [ownerId], references: [id])
  ownerId String?
}
model User {
  id String @id
  email String
  channels Channel[]
  messages Message[]
}
model Message {
  id String @id
  html String
  title String
  size Int
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  authorId String
  author User @relation(fields: [authorId], references: [id])
  @@index([channelId])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /messages.ts
import { prisma } from './db';
export class Messages {
}
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Messages } from './messages';
const app = express();
const messages = new Messages();
app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});
app.get('/has', async (req, res) => {
  const all = await prisma.message.findMany({ select: { title: true } });
//                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ aggregate-in-memory: to look for one by `title` in memory
  const title = String(req.query.title);
  res.json({ has: all.some((message) => message.title === title) });
});
"#,
    );
}

#[test]
fn a_sum() {
    laws::check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  name String
  messages Message[]
  owner User? @relation(fields: [ownerId], references: [id])
  ownerId String?
}
model User {
  id String @id
  email String
  channels Channel[]
  messages Message[]
}
model Message {
  id String @id
  html String
  title String
  size Int
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  authorId String
  author User @relation(fields: [authorId], references: [id])
  @@index([channelId])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /messages.ts
import { prisma } from './db';
export class Messages {
}
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Messages } from './messages';
const app = express();
const messages = new Messages();
app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});
app.get('/size', async (req, res) => {
  const all = await prisma.message.findMany();
//                  ^^^^^^^^^^^^^^^^^^^^^^^^^ aggregate-in-memory: only to add up `size`
  res.json({ size: all.reduce((sum, message) => sum + message.size, 0) });
});
"#,
    );
}

#[test]
fn rows_that_a_test_drops() {
    laws::check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  name String
  messages Message[]
  owner User? @relation(fields: [ownerId], references: [id])
  ownerId String?
}
model User {
  id String @id
  email String
  channels Channel[]
  messages Message[]
}
model Message {
  id String @id
  html String
  title String
  size Int
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  authorId String
  author User @relation(fields: [authorId], references: [id])
  @@index([channelId])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /messages.ts
import { prisma } from './db';
export class Messages {
}
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Messages } from './messages';
const app = express();
const messages = new Messages();
app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});
app.get('/big', async (req, res) => {
  const all = await prisma.message.findMany();
//                  ^^^^^^^^^^^^^^^^^^^^^^^^^ aggregate-in-memory: a test of `size` leaves out
  res.json(all.filter((message) => message.size > 100).map((message) => message.title));
});
"#,
    );
}

#[test]
fn rows_needed_anyway() {
    laws::check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  name String
  messages Message[]
  owner User? @relation(fields: [ownerId], references: [id])
  ownerId String?
}
model User {
  id String @id
  email String
  channels Channel[]
  messages Message[]
}
model Message {
  id String @id
  html String
  title String
  size Int
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  authorId String
  author User @relation(fields: [authorId], references: [id])
  @@index([channelId])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /messages.ts
import { prisma } from './db';
export class Messages {
}
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Messages } from './messages';
const app = express();
const messages = new Messages();
app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});
app.get('/all', async (req, res) => {
  const all = await prisma.message.findMany();
  res.json({ all, total: all.length });
});
app.get('/titles', async (req, res) => {
  const all = await prisma.message.findMany();
  const titles = all.map((message) => message.title);
  res.json({ titles, total: all.length });
});
"#,
    );
}

#[test]
fn a_test_that_only_code_can_do() {
    laws::check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  name String
  messages Message[]
  owner User? @relation(fields: [ownerId], references: [id])
  ownerId String?
}
model User {
  id String @id
  email String
  channels Channel[]
  messages Message[]
}
model Message {
  id String @id
  html String
  title String
  size Int
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  authorId String
  author User @relation(fields: [authorId], references: [id])
  @@index([channelId])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /messages.ts
import { prisma } from './db';
export class Messages {
}
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Messages } from './messages';
const app = express();
const messages = new Messages();
app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});
import { isSpam } from 'spam';
app.get('/spam', async (req, res) => {
  const all = await prisma.message.findMany();
  res.json({ spam: all.some((message) => isSpam(message.title)) });
});
"#,
    );
}

#[test]
fn rows_looked_up_again_and_again() {
    laws::check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  name String
  messages Message[]
  owner User? @relation(fields: [ownerId], references: [id])
  ownerId String?
}
model User {
  id String @id
  email String
  channels Channel[]
  messages Message[]
}
model Message {
  id String @id
  html String
  title String
  size Int
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  authorId String
  author User @relation(fields: [authorId], references: [id])
  @@index([channelId])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /messages.ts
import { prisma } from './db';
export class Messages {
}
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Messages } from './messages';
const app = express();
const messages = new Messages();
app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});
app.get('/lookup', async (req, res) => {
  const all = await prisma.message.findMany();
  const found = req.body.titles.map((title) => all.find((message) => message.title === title));
  res.json(found.map((message) => message?.id));
});
"#,
    );
}

#[test]
fn a_page() {
    laws::check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  name String
  messages Message[]
  owner User? @relation(fields: [ownerId], references: [id])
  ownerId String?
}
model User {
  id String @id
  email String
  channels Channel[]
  messages Message[]
}
model Message {
  id String @id
  html String
  title String
  size Int
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  authorId String
  author User @relation(fields: [authorId], references: [id])
  @@index([channelId])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /messages.ts
import { prisma } from './db';
export class Messages {
}
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Messages } from './messages';
const app = express();
const messages = new Messages();
app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});
app.get('/page', async (req, res) => {
  const page = await prisma.message.findMany({ take: 20 });
  res.json({ more: page.length });
});
"#,
    );
}

#[test]
fn a_total_beside_a_page() {
    laws::check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  name String
  messages Message[]
  owner User? @relation(fields: [ownerId], references: [id])
  ownerId String?
}
model User {
  id String @id
  email String
  channels Channel[]
  messages Message[]
}
model Message {
  id String @id
  html String
  title String
  size Int
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  authorId String
  author User @relation(fields: [authorId], references: [id])
  @@index([channelId])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /messages.ts
import { prisma } from './db';
export class Messages {
}
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Messages } from './messages';
const app = express();
const messages = new Messages();
app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});
app.get('/page', async (req, res) => {
  const all = await prisma.message.findMany({ where: { title: String(req.query.title) }, select: { id: true } });
//                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ aggregate-in-memory: only to count them
  const page = await prisma.message.findMany({ where: { title: String(req.query.title) }, take: 20 });
  res.json({ page, total: all.length });
});
app.get('/total', async (req, res) => {
  const few = await prisma.channel.findMany({ where: { ownerId: String(req.query.owner) } });
  res.json({ total: few.length });
});
"#,
    );
}

#[test]
fn a_test_for_null_is_for_the_types() {
    laws::check(
        &RULE,
        r#"
//- /schema.prisma
datasource db {
  provider = "postgresql"
}
model Channel {
  id String @id
  name String
  messages Message[]
  owner User? @relation(fields: [ownerId], references: [id])
  ownerId String?
}
model User {
  id String @id
  email String
  channels Channel[]
  messages Message[]
}
model Message {
  id String @id
  html String
  title String
  size Int
  channelId String
  channel Channel @relation(fields: [channelId], references: [id])
  authorId String
  author User @relation(fields: [authorId], references: [id])
  @@index([channelId])
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /messages.ts
import { prisma } from './db';
export class Messages {
}
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { Messages } from './messages';
const app = express();
const messages = new Messages();
app.post('/messages', async (req, res) => {
  await prisma.message.createMany({ data: req.body });
  res.sendStatus(204);
});
app.get('/titles', async (req, res) => {
  const all = await prisma.message.findMany();
  res.json(all.filter((message) => message.title !== null).map((message) => message.title));
});
"#,
    );
}
