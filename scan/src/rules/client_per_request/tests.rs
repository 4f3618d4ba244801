//! Clients made per call, and the ways in which one outlives it.

use super::RULE;
use crate::rules::laws;

fn check(routes: &str) {
    laws::check(
        &RULE,
        &format!("//- /routes.ts\nimport express from 'express';\nconst app = express();\n{routes}"),
    );
}

#[test]
fn a_factory_that_is_called_per_request_is_found_where_it_makes() {
    check(
        r"
import { connect } from './db';
app.get('/a', async (req, res) => {
  const client = connect();
  res.json(await client.query('SELECT 1'));
});
//- /db.ts
import pg from 'pg';
export function connect() {
  const pool = new pg.Pool({ max: 10 });
  //           ^^^^^^^^^^^^^^^^^^^^^^^^ client-per-request: a pool of connections
  pool.on('error', console.error);
  return pool;
}
",
    );
}

#[test]
fn a_class_made_per_request_makes_its_client_per_request() {
    check(
        r"
import { Orders } from './orders';
app.get('/a', async (req, res) => {
  const orders = new Orders();
  res.json(await orders.list());
});
//- /orders.ts
import { createClient } from 'redis';
import { PrismaClient } from '@prisma/client';
export class Orders {
  private readonly cache = createClient();
  //                       ^^^^^^^^^^^^^^ client-per-request: a Redis connection
  private readonly prisma: PrismaClient;
  constructor() {
    this.prisma = new PrismaClient();
    //            ^^^^^^^^^^^^^^^^^^ client-per-request: a pool of connections
  }
  async list() {
    return [await this.cache.get('a'), this.prisma];
  }
}
",
    );
}

#[test]
fn a_wrapper_of_a_library_around_it_changes_nothing() {
    check(
        r"
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { Queue } from 'bullmq';
app.get('/a', async (req, res) => {
  const db = drizzle(new Pool());
  //                 ^^^^^^^^^^ client-per-request
  res.json(await db.select());
});
app.post('/b', async (req, res) => {
  await new Queue('mails').add('mail', req.body);
  //    ^^^^^^^^^^^^^^^^^^ client-per-request: a queue
  res.end();
});
",
    );
}

#[test]
fn a_provider_of_request_scope_is_made_per_request() {
    laws::check(
        &RULE,
        r"
//- /orders.ts
import { Controller, Get, Injectable, Scope } from '@nestjs/common';
import Redis from 'ioredis';
@Injectable({ scope: Scope.REQUEST })
export class Orders {
  private readonly redis = new Redis();
  //                       ^^^^^^^^^^^ client-per-request
  async one() { return this.redis.get('a'); }
}
@Injectable()
export class Shared {
  private readonly redis = new Redis();
  async one() { return this.redis.get('a'); }
}
@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: Orders, private readonly shared: Shared) {}
  @Get()
  async list() { return [await this.orders.one(), await this.shared.one()]; }
}
",
    );
}

#[test]
fn what_is_kept_is_made_once() {
    check(
        r"
import { Pool } from 'pg';
import Redis from 'ioredis';
import { once } from 'lodash';
import { PrismaClient } from '@prisma/client';
const pool = new Pool();
let lazy: Pool | undefined;
const tenants = new Map<string, Pool>();
const byName: Record<string, Pool> = {};
function get() {
  if (!lazy) lazy = new Pool();
  return lazy;
}
function prisma() {
  const made = globalThis.prisma ?? new PrismaClient();
  globalThis.prisma = made;
  return made;
}
function tenant(id: string) {
  const known = tenants.get(id);
  if (known) return known;
  const made = new Pool({ database: id });
  tenants.set(id, made);
  return made;
}
class Connection {
  private static instance?: Redis;
  static get() {
    Connection.instance ??= new Redis();
    return Connection.instance;
  }
}
class Holder {
  private client?: Redis;
  use() {
    if (!this.client) this.client = new Redis();
    return this.client;
  }
}
const holder = new Holder();
const shared = once(() => new Redis());
app.get('/a', async (req, res) => {
  byName[req.query.name] ??= new Pool({ database: req.query.name });
  res.json([pool, get(), prisma(), tenant('a'), Connection.get(), holder.use(), shared()]);
});
",
    );
}

#[test]
fn subscribers_workers_and_foreign_settings_need_their_own() {
    check(
        r"
import { Client } from 'pg';
import Redis from 'ioredis';
app.get('/events', async (req, res) => {
  const subscriber = new Redis();
  await subscriber.subscribe('events');
  subscriber.on('message', (_, text) => res.write(text));
});
app.post('/test', async (req, res) => {
  const client = new Client({ connectionString: req.body.url });
  await client.connect();
  await client.end();
  res.end();
});
",
    );
}

#[test]
fn tests_scripts_and_the_start_of_the_program_are_left_alone() {
    check(
        r"
import { Pool } from 'pg';
async function main() {
  const pool = new Pool();
  await pool.query('SELECT 1');
  app.listen(3000);
}
main();
//- /scripts/clean.ts
import { Pool } from 'pg';
export async function clean() { await new Pool().query('DELETE FROM a'); }
//- /routes.test.ts
import { Pool } from 'pg';
it('works', async () => { await new Pool().query('SELECT 1'); });
",
    );
}

#[test]
fn a_queue_shares_the_connection_that_it_is_given() {
    check(
        r"
import { Queue } from 'bullmq';
import Redis from 'ioredis';
const shared = new Redis();
app.post('/a', async (req, res) => {
  await new Queue('mails', { connection: shared }).add('mail', req.body);
  await new Queue('mails', { connection: { host: 'redis' } }).add('mail', req.body);
  //    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ client-per-request: a queue
  res.end();
});
",
    );
}
