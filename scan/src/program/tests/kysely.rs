//! Kysely: migrations to tables, and everything that runs a builder.

use tuneup_model::QueryApi;

use super::{query_calls, shapes, tables};

const DATABASE: &str = "
//- /db/migrations/001-init.ts
import { Kysely, sql } from 'kysely';
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('user')
    .addColumn('did', 'varchar', (col) => col.primaryKey())
    .addColumn('handle', 'varchar(255)', (col) => col.notNull().unique())
    .addColumn('createdAt', 'timestamptz')
    .execute();
  await db.schema
    .createTable('post')
    .addColumn('uri', 'varchar')
    .addColumn('creator', 'varchar', (col) => col.notNull().references('user.did').onDelete('cascade'))
    .addColumn('old', 'integer')
    .addColumn('gone', 'integer')
    .addPrimaryKeyConstraint('post_pkey', ['uri'])
    .execute();
  await db.schema.createTable('temporary').addColumn('id', 'integer').execute();
  await db.schema.createIndex('post_creator').on('post').columns(['creator', 'uri desc']).execute();
}
export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('post').execute();
}
//- /db/migrations/002-more.ts
import { Kysely, sql } from 'kysely';
export async function up(db: Kysely<unknown>) {
  await db.schema.dropTable('temporary').execute();
  await db.schema.alterTable('post').addColumn('langs', sql`text[]`).dropColumn('gone').renameColumn('old', 'likes').execute();
  await db.schema.createIndex('post_langs').on('post').using('gin').column('langs').where('likes', '>', 1).execute();
  await sql`CREATE INDEX post_likes ON post (likes)`.execute(db);
  await db.schema.createTable('temporary').addColumn('key', 'text').execute();
}
//- /db/index.ts
import { Kysely, PostgresDialect, Transaction } from 'kysely';
export interface Tables { user: { did: string }; post: { uri: string } }
export const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({}) });
export type Db = Kysely<Tables>;
export class Database {
  constructor(public db: Kysely<Tables>) {}
  transaction<T>(fn: (db: Database) => Promise<T>): Promise<T> {
    return this.db.transaction().execute(async (trx) => fn(new Database(trx)));
  }
  async executeWithRetry<T>(query: { execute: () => Promise<T> }) {
    return retry(() => query.execute());
  }
}
function retry<T>(fn: () => Promise<T>): Promise<T> { return fn(); }
";

fn with_database(text: &str) -> String {
    format!("{DATABASE}{text}")
}

#[test]
fn migrations_become_tables() {
    assert_eq!(
        tables(DATABASE, QueryApi::Kysely),
        [
            "Postgresql post db/migrations/001-init.ts:10 [uri?:Text creator:Text likes?:Int langs?:Array(Text)] key(uri) \
             index(creator, uri) index(langs) partial index(likes) creator -> user(did) Cascade",
            "Postgresql temporary db/migrations/002-more.ts:7 [key?:Text] key()",
            "Postgresql user db/migrations/001-init.ts:4 [did:Text handle:Text createdAt?:Timestamp] key(did) unique(handle)",
        ]
    );
}

#[test]
fn builders_are_run_by_execute() {
    assert_eq!(
        shapes(&with_database(
            "
//- /use.ts
import { sql } from 'kysely';
import { kysely as db } from './db';
export async function f(id: string, ids: string[], more: boolean, rows: { uri: string }[]) {
  await db.selectFrom('post as p').innerJoin('user as u', 'u.did', 'p.creator').where('p.creator', '=', id).orderBy('p.likes', 'desc').limit(10).selectAll('p').execute();
  await db.selectFrom('post').where('uri', 'in', ids).select(['uri']).executeTakeFirst();
  await db.selectFrom('post').select(db.fn.countAll().as('n')).executeTakeFirstOrThrow();
  await db.insertInto('post').values(rows).execute();
  await db.insertInto('post').values({ uri: id }).onConflict((oc) => oc.column('uri').doUpdateSet({ uri: id })).execute();
  await db.updateTable('post').set({ uri: id }).where('uri', '=', id).executeTakeFirst();
  await db.deleteFrom('post').where('creator', '=', id).execute();
  await db.selectFrom('post').where((eb) => eb.and([eb('uri', '=', id), eb('likes', '>', 3)])).selectAll().execute();
  const liked = db.selectFrom('post').where('likes', '>', 1).as('liked');
  await db.selectFrom(liked).selectAll().execute();
  await db.selectFrom('user').where('did', 'in', db.selectFrom('post').select('creator')).selectAll().execute();
  await db.with('mine', (qb) => qb.selectFrom('post').selectAll()).selectFrom('mine').selectAll().execute();
  let builder = db.selectFrom('post').selectAll();
  if (more) builder = builder.where('creator', '=', id);
  await builder.execute();
  await db.selectFrom('post').$if(more, (qb) => qb.limit(5)).selectAll().execute();
  await sql`select 1 from post`.execute(db);
}
"
        )),
        [
            "db/migrations/002-more.ts:6 Other ?",
            "use.ts:4 ReadMany post (user) post.creator Equal and more by likes desc limit Constant(10)",
            "use.ts:5 ReadOne post post.uri In",
            "use.ts:6 Count post",
            "use.ts:7 InsertMany post",
            "use.ts:8 Upsert post",
            "use.ts:9 Update post post.uri Equal",
            "use.ts:10 DeleteMany post post.creator Equal",
            "use.ts:11 ReadMany post post.uri Equal post.likes Range",
            "use.ts:13 ReadMany post and more limit Unknown",
            "use.ts:14 ReadMany user user.did In",
            "use.ts:15 ReadMany post and more limit Unknown",
            "use.ts:18 ReadMany post and more",
            "use.ts:19 ReadMany post limit Unknown",
            "use.ts:20 ReadMany post",
        ]
    );
}

#[test]
fn builders_handed_to_functions_that_run_them() {
    assert_eq!(
        shapes(&with_database(
            "
//- /use.ts
import { Database, type Db } from './db';
import type { Selectable, SelectQueryBuilder } from 'kysely';
const postsOf = (db: Db, did: string) => db.selectFrom('post').where('creator', '=', did);
export function paginate<QB extends SelectQueryBuilder<any, any, any>>(qb: QB, limit: number): QB {
  return qb.limit(limit) as QB;
}
export async function f(db: Database, did: string) {
  await db.executeWithRetry(db.db.deleteFrom('user').where('did', '=', did));
  await db.executeWithRetry(postsOf(db.db, did).selectAll());
  await postsOf(db.db, did).where('likes', '=', 1).selectAll().execute();
  await paginate(postsOf(db.db, did), 10).selectAll().execute();
  await db.transaction(async (trx) => {
    await trx.db.insertInto('user').values({ did }).execute();
  });
  const later: ((db: Database) => Promise<void>)[] = [];
  later.push(async (it) => { await it.db.deleteFrom('post').execute(); });
}
"
        )),
        [
            "db/migrations/002-more.ts:6 Other ?",
            "use.ts:8 Delete user user.did Equal",
            // One of the queries that the helper begins is paged: which steps are of which is not told.
            "use.ts:9 ReadMany post post.creator Equal limit Unknown",
            "use.ts:10 ReadMany post post.creator Equal post.likes Equal limit Unknown",
            "use.ts:11 ReadMany post post.creator Equal limit Unknown",
            "use.ts:13 Insert user",
            "use.ts:16 DeleteMany post",
        ]
    );
}

#[test]
fn several_databases_are_kept_apart() {
    let text = "
        //- /a/package.json
        {}
        //- /a/src/db/migrations/1.ts
        import { Kysely } from 'kysely';
        export async function up(db: Kysely<any>) {
          await db.schema.createTable('actor').addColumn('did', 'text', (col) => col.primaryKey()).execute();
        }
        //- /b/package.json
        {}
        //- /b/src/store/db/migrations/1.ts
        import { Kysely } from 'kysely';
        export async function up(db: Kysely<any>) {
          await db.schema.createTable('actor').addColumn('id', 'integer').execute();
        }
        //- /b/src/other/db/migrations/1.ts
        import { Kysely } from 'kysely';
        export async function up(db: Kysely<any>) {
          await db.schema.createTable('actor').addColumn('x', 'integer').execute();
        }
        //- /a/src/use.ts
        import { Kysely } from 'kysely';
        export const f = (db: Kysely<any>) => db.deleteFrom('actor').where('did', '=', 'a').execute();
        //- /b/src/store/use.ts
        import { Kysely } from 'kysely';
        export const f = (db: Kysely<any>) => db.deleteFrom('actor').where('did', '=', 'a').execute();
        //- /b/src/use.ts
        import { Kysely } from 'kysely';
        export const f = (db: Kysely<any>) => db.deleteFrom('actor').where('id', '=', 'a').execute();
        ";
    assert_eq!(
        shapes(text),
        [
            "a/src/use.ts:2 Delete actor actor.did Equal",
            "b/src/store/use.ts:2 DeleteMany actor and more",
            // Which of the two databases it is remains open.
            "b/src/use.ts:2 DeleteMany actor actor.id Equal",
        ]
    );
    let linked = super::link(text);
    let table = |n: usize| {
        linked.program.table_for(&linked.program.queries[n], "actor").map(|it| it.location.file.as_str())
    };
    assert_eq!(
        [table(0), table(1), table(2)],
        [Some("a/src/db/migrations/1.ts"), Some("b/src/store/db/migrations/1.ts"), None]
    );
}

#[test]
fn two_libraries_in_one_file() {
    assert_eq!(
        query_calls(&with_database(
            "
//- /use.ts
import { PrismaClient } from '@prisma/client';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
import { kysely } from './db';
const prisma = new PrismaClient();
const notes = pgTable('notes', { text: text('text') });
const db = drizzle('postgres://');
export async function f(name: string) {
  await prisma.post.findMany();
  await db.select().from(notes);
  await kysely.selectFrom('post').selectAll().execute();
  await kysely.selectFrom(name as any).selectAll().execute();
}
"
        )),
        [
            "db/migrations/002-more.ts:6 ? create",
            "use.ts:9 Post findMany",
            "use.ts:10 notes select",
            "use.ts:11 post selectFrom",
            "use.ts:12 ? selectFrom",
        ]
    );
}
