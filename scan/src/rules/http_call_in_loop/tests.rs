//! Fixtures of the rule: lists from the request, from rows and from other services; loops that are right as they are.

use super::RULE;
use crate::rules::laws;

const HEAD: &str = "
//- /schema.prisma
datasource db {
  provider = \"postgresql\"
}
model User {
  id String @id
  customer String
}
//- /db.ts
import { PrismaClient } from '@prisma/client';
export const prisma = new PrismaClient();
//- /clients.ts
import Stripe from 'stripe';
import { google } from 'googleapis';
import { Resend } from 'resend';
import { S3Client, DeleteObjectCommand } from '@aws-sdk/client-s3';
export const stripe = new Stripe('key');
export const gmail = google.gmail({ version: 'v1' });
const s3 = new S3Client({});
export class Store {
  async remove(key: string) { await s3.send(new DeleteObjectCommand({ Bucket: 'b', Key: key })); }
}
const resend = new Resend('key');
export async function invoice(to: string) { return resend.emails.send({ from: 'a@example.com', to }); }
";

fn check(text: &str) {
    laws::check(&RULE, &format!("{HEAD}{text}"));
}

#[test]
fn services_that_take_a_batch_in_other_files() {
    check(
        r"
//- /routes.ts
import express from 'express';
import { prisma } from './db';
import { invoice, stripe, Store } from './clients';
const app = express();
const store = new Store();
app.post('/a', async (req, res) => {
  const users = await prisma.user.findMany();
  for (const user of users) {
    await invoice(user.customer);
//        ^^^^^^^^^^^^^^^^^^^^^^ http-call-in-loop: `resend.emails.send` asks another service once per element of `users`, one after the other
  }
  for (const key of req.body.keys) await store.remove(key);
//                                       ^^^^^^^^^^^^^^^^^ http-call-in-loop
  const { data } = await stripe.customers.list();
  for (const customer of data) {
    await stripe.customers.update(customer.id, {}).catch(() => null);
  }
  res.end();
});
",
    );
}

#[test]
fn at_once_where_the_service_takes_a_batch() {
    check(
        r"
//- /mail.ts
import { gmail } from './clients';
export async function message(id: string) { return gmail.users.messages.get({ userId: 'me', id }); }
//- /routes.ts
import express from 'express';
import { gmail, stripe } from './clients';
import { message } from './mail';
const app = express();
app.get('/mails', async (req, res) => {
  const list = await gmail.users.messages.list({ userId: 'me' });
  const mails = await Promise.all(list.data.messages.map(async (it) => message(it.id)));
//                                                                     ^^^^^^^^^^^^^^ http-call-in-loop: `gmail.users.messages.get` asks another service once per element
  await Promise.all(req.body.ids.map((id) => stripe.customers.retrieve(id)));
  const few = await gmail.users.messages.list({ userId: 'me', maxResults: 5 });
  await Promise.all(few.data.messages.map(async (it) => message(it.id)));
  res.json(mails);
});
",
    );
}

#[test]
fn loops_that_wait_on_purpose() {
    check(
        r"
//- /routes.ts
import express from 'express';
import { setTimeout as sleep } from 'timers/promises';
import { stripe, invoice } from './clients';
const app = express();
app.post('/a', async (req, res) => {
  let after = undefined;
  while (true) {
    const page = await stripe.customers.list({ starting_after: after });
    if (!page.has_more) break;
    after = page.data.at(-1).id;
  }
  for (const customer of req.body.customers) { await invoice(customer); await sleep(200); }
  for (const customer of req.body.customers) { if (await invoice(customer)) return res.end(); }
  let previous = '';
  for (const customer of req.body.customers) { previous = (await invoice(customer + previous)).id; }
  for (const customer of ['a', 'b']) await invoice(customer);
  for (let attempt = 0; attempt < 3; attempt++) await invoice(req.body.customer);
  for await (const customer of stripe.customers.list()) await invoice(customer.id);
  for (const batch of req.body.batches) await invoice(batch);
  try { await invoice('a'); } catch { for (const customer of req.body.customers) await invoice(customer); }
  res.end();
});
",
    );
}

#[test]
fn jobs_where_nobody_waits_and_code_that_nothing_reaches() {
    check(
        r"
//- /nightly.ts
import { CronJob } from 'cron';
import { prisma } from './db';
import { invoice, stripe } from './clients';
new CronJob('0 3 * * *', async () => {
  for (const user of await prisma.user.findMany()) await stripe.customers.retrieve(user.customer);
});
async function unused(customers: string[]) {
  for (const customer of customers) await invoice(customer);
}
",
    );
}
