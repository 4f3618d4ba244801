//! Counts that are only looked at for being none, and others.

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
  count() {
    return prisma.message.count();
//         ^^^^^^^^^^^^^^^^^^^^^^ count-for-existence: counts rows of `Message`
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
app.get('/any', async (req, res) => {
  res.json({ any: (await messages.count()) > 0 });
});
"#,
    );
}

#[test]
fn rows_read_for_the_same() {
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
  all() {
    return prisma.message.findMany({ select: { id: true } });
//         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ count-for-existence: reads rows of `Message`
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
app.get('/any', async (req, res) => {
  const all = await messages.all();
  if (all.length === 0) return res.sendStatus(404);
  res.sendStatus(204);
});
"#,
    );
}

#[test]
fn several_at_once() {
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
app.get('/any', async (req, res) => {
  const [any, channel] = await Promise.all([
    prisma.message.count(),
//  ^^^^^^^^^^^^^^^^^^^^^^ count-for-existence
    prisma.channel.findFirst(),
  ]);
  res.json({ any: any > 0, channel });
});
"#,
    );
}

#[test]
fn the_number_is_needed() {
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
app.get('/count', async (req, res) => {
  const count = await prisma.message.count();
  if (count === 0) return res.sendStatus(404);
  res.json({ count });
});
app.get('/more', async (req, res) => {
  const count = await prisma.message.count();
  res.json({ more: count > 100 });
});
"#,
    );
}

#[test]
fn one_row_by_its_key() {
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
app.get('/one', async (req, res) => {
  const count = await prisma.message.count({ where: { id: String(req.query.id) } });
  res.json({ any: count > 0 });
});
"#,
    );
}
