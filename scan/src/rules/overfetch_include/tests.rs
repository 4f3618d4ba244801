//! Relations that nothing looks at, and rows that go out of sight.

use super::RULE;
use crate::rules::laws;

#[test]
fn a_relation_across_files() {
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
  channels() {
    return prisma.channel.findMany({
      include: { owner: true },
//               ^^^^^^^^^^^ overfetch-include: brings along `owner`
    });
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
app.get('/channels', async (req, res) => {
  const channels = await messages.channels();
  res.json(channels.map((channel) => channel.name));
});
"#,
    );
}

#[test]
fn rows_kept_by_key() {
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
app.get('/channels', async (req, res) => {
  const channels = await prisma.channel.findMany({
    include: { owner: true },
//             ^^^^^^^^^^^ overfetch-include
  });
  const byId = new Map(channels.map((channel) => [channel.id, channel]));
  res.json(req.body.ids.map((id) => byId.get(id)?.name));
});
"#,
    );
}

#[test]
fn a_relation_looked_at() {
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
app.get('/channels', async (req, res) => {
  const channels = await prisma.channel.findMany({ include: { owner: true } });
  res.json(channels.map(({ owner, name }) => ({ name, email: owner?.email })));
});
app.get('/all', async (req, res) => {
  res.json(await prisma.channel.findMany({ include: { owner: true } }));
});
app.get('/spread', async (req, res) => {
  const channels = await prisma.channel.findMany({ include: { owner: true } });
  res.json(channels.map((channel) => ({ ...channel, seen: true })));
});
"#,
    );
}

#[test]
fn handed_to_a_function_that_looks() {
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
function emailOf(channel) {
  return channel.owner.email;
}
app.get('/channels', async (req, res) => {
  const channels = await prisma.channel.findMany({ include: { owner: true } });
  res.json(channels.map(emailOf));
});
"#,
    );
}

#[test]
fn little_that_is_more() {
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
  const { id } = req.params;
  const channel = await prisma.channel.findUnique({ where: { id }, include: { owner: { select: { email: true } } } });
  res.json({ name: channel?.name });
});
app.get('/there', async (req, res) => {
  const { id } = req.params;
  const channel = await prisma.channel.findFirst({ where: { name: id }, select: { messages: { select: { id: true } } } });
  res.json({ there: channel !== null });
});
"#,
    );
}

#[test]
fn options_that_others_share() {
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
const options = { name: true, owner: true };
app.get('/names', async (req, res) => {
  const channels = await prisma.channel.findMany({ select: options });
  res.json(channels.map((channel) => channel.name));
});
app.get('/owners', async (req, res) => {
  res.json(await prisma.channel.findMany({ select: options }));
});
"#,
    );
}

#[test]
fn a_function_handed_to_code_that_is_not_seen() {
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
export async function channels() {
  return prisma.channel.findMany({ include: { owner: true } });
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
import { channels } from './messages';
import { cached } from 'somewhere';
const kept = cached(channels);
app.get('/names', async (req, res) => {
  res.json((await channels()).map((channel) => channel.name));
});
app.get('/kept', async (req, res) => {
  res.json(await kept());
});
"#,
    );
}

#[test]
fn all_names_of_a_row() {
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
app.get('/values', async (req, res) => {
  const channel = await prisma.channel.findFirst({ include: { owner: true } });
  const values = [];
  for (const name in channel) values.push(name);
  res.json(values);
});
"#,
    );
}
