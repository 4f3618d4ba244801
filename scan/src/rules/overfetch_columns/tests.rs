//! Wide columns that nothing looks at, and rows that go out of sight.

use super::RULE;
use crate::rules::laws;

#[test]
fn a_list_across_files() {
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
  page() {
    return prisma.message.findMany({ take: 50 });
//         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ overfetch-columns: reads `html` of `Message`
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
app.get('/titles', async (req, res) => {
  const page = await messages.page();
  res.json(page.map(({ title }) => title));
});
"#,
    );
}

#[test]
fn left_out_only_afterwards() {
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
app.get('/list', async (req, res) => {
  const page = await prisma.message.findMany({ take: 50 });
//                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ overfetch-columns
  res.json(page.map(({ html, ...rest }) => ({ ...rest })));
});
"#,
    );
}

#[test]
fn the_document_is_wanted() {
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
app.get('/list', async (req, res) => {
  const page = await prisma.message.findMany({ take: 50 });
  res.json(page.map((message) => ({ title: message.title, html: message.html })));
});
app.get('/rest', async (req, res) => {
  const page = await prisma.message.findMany({ take: 50 });
  res.json(page.map(({ html, ...rest }) => ({ ...rest, text: html.length })));
});
app.get('/any', async (req, res) => {
  const page = await prisma.message.findMany({ take: 50 });
  const column = String(req.query.column);
  res.json(page.map((message) => message[column]));
});
"#,
    );
}

#[test]
fn one_row_and_narrow_columns() {
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
  const message = await prisma.message.findUnique({ where: { id: String(req.query.id) } });
  res.json({ title: message?.title });
});
app.get('/emails', async (req, res) => {
  const users = await prisma.user.findMany({ take: 50 });
  res.json(users.map((user) => user.email));
});
"#,
    );
}

#[test]
fn a_select_without_it() {
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
app.get('/list', async (req, res) => {
  const page = await prisma.message.findMany({ take: 50, select: { id: true, title: true } });
  res.json(page.map((message) => message.title));
});
"#,
    );
}
