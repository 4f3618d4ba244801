//! Queries whose result nothing looks at, and those that are there for something else.

use super::RULE;
use crate::rules::laws;

#[test]
fn a_service_whose_answer_is_dropped() {
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
  newest() {
    return prisma.message.findFirst();
//         ^^^^^^^^^^^^^^^^^^^^^^^^^^ dead-or-unused-query
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
app.get('/done', async (req, res) => {
  await messages.newest();
  res.sendStatus(204);
});
"#,
    );
}

#[test]
fn a_variable_that_nobody_names() {
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
app.get('/done', async (req, res) => {
  const channel = await prisma.channel.findFirst();
//                      ^^^^^^^^^^^^^^^^^^^^^^^^^^ dead-or-unused-query
  res.sendStatus(204);
});
"#,
    );
}

#[test]
fn what_is_looked_at() {
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
app.get('/done', async (req, res) => {
  const channel = await prisma.channel.findFirst();
  if (!channel) return res.sendStatus(404);
  res.sendStatus(204);
});
"#,
    );
}

#[test]
fn what_fails_where_nothing_is_found() {
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
app.get('/done', async (req, res) => {
  await prisma.channel.findFirstOrThrow({ where: { id: String(req.query.id) } });
  res.sendStatus(204);
});
"#,
    );
}

#[test]
fn what_is_handed_on() {
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
import { keep } from 'store';
app.get('/done', async (req, res) => {
  keep(await prisma.channel.findFirst());
  res.sendStatus(204);
});
"#,
    );
}

#[test]
fn what_a_function_does_besides() {
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
  async moved(id) {
    const message = await prisma.message.findUnique({ where: { id } });
    await prisma.message.update({ where: { id }, data: { size: message.size + 1 } });
    return message;
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
app.post('/move', async (req, res) => {
  await messages.moved(req.body.id);
  try {
    res.sendStatus(204);
  } catch (error) {
    await prisma.channel.findFirst();
  }
});
"#,
    );
}
