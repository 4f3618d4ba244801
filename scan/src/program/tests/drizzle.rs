//! Drizzle: table constants to tables, and everything that asks through its connections.

use tuneup_model::QueryApi;

use super::{query_calls, shapes, tables};

const SCHEMA: &str = "
//- /schema.ts
import { relations, sql } from 'drizzle-orm';
import { pgTable, serial, text, integer, timestamp, index, uniqueIndex, primaryKey, customType } from 'drizzle-orm/pg-core';
const id = customType<{ data: string }>({ dataType() { return 'varchar(256)'; } });
const dates = { createdAt: timestamp('created_at').notNull(), deletedAt: timestamp('deleted_at') };
const key = () => serial('id').primaryKey();
export const users = pgTable('app_users', {
  id: key(),
  email: text('email').notNull().unique(),
  name: text(),
  ...dates,
}, (t) => [index('by_name').on(t.name, t.createdAt.desc()), uniqueIndex().on(sql`lower(${t.email})`).where(sql`true`)]);
export const posts = pgTable('posts', {
  id: key(),
  ref: id('ref'),
  authorId: integer('author_id').references(() => users.id, { onDelete: 'cascade' }),
}, (t) => ({ byAuthor: index().on(t.authorId) }));
export const tags = pgTable('tags', (t) => ({
  postId: t.integer('post_id').notNull(),
  tag: t.text('tag').notNull(),
}), (t) => [primaryKey({ columns: [t.postId, t.tag] })]);
export const usersRelations = relations(users, ({ many }) => ({ posts: many(posts) }));
export const postsRelations = relations(posts, ({ one, many }) => ({
  author: one(users, { fields: [posts.authorId], references: [users.id] }),
  tags: many(tags),
}));
export const tagsRelations = relations(tags, (helpers) => ({
  post: helpers.one(posts, { fields: [tags.postId], references: [posts.id] }),
}));
//- /db.ts
import { drizzle } from 'drizzle-orm/node-postgres';
import * as schema from './schema';
export const db = drizzle(process.env.URL!, { schema });
export type Tx = Parameters<Parameters<typeof db.transaction>[0]>[0];
export * from 'drizzle-orm';
";

fn with_schema(text: &str) -> String {
    format!("{SCHEMA}{text}")
}

#[test]
fn table_constants_become_tables() {
    assert_eq!(
        tables(SCHEMA, QueryApi::Drizzle),
        [
            "Postgresql app_users schema.ts:6 [id:Int email:Text name?:Text created_at:Timestamp deleted_at?:Timestamp] \
             key(id) unique(email) index(name, created_at) unique((expression)) partial",
            "Postgresql posts schema.ts:12 [id:Int ref?:Text author_id?:Int] key(id) index(author_id) \
             author_id -> app_users(id) Cascade",
            "Postgresql tags schema.ts:17 [post_id:Int tag:Text] key(post_id, tag)",
        ]
    );
}

#[test]
fn other_makers_of_tables() {
    assert_eq!(
        tables(
            "
            //- /a/package.json
            {}
            //- /a/schema.ts
            import { mysqlTableCreator, mysqlSchema, int, varchar, foreignKey } from 'drizzle-orm/mysql-core';
            const table = mysqlTableCreator((name) => `app_${name}`);
            export const users = table('users', { id: int('id').primaryKey(), boss: int() },
              (t) => [foreignKey({ columns: [t.boss], foreignColumns: [t.id] })]);
            export const logs = mysqlSchema('audit').table('logs', { text: varchar('text', { length: 9 }) });
            //- /b/package.json
            {}
            //- /b/schema.ts
            import { sqliteTable, integer } from 'drizzle-orm/sqlite-core';
            export const users = sqliteTable('users', { id: integer().primaryKey() });
            ",
            QueryApi::Drizzle
        ),
        [
            "Mysql app_users a/schema.ts:3 [id:Int boss?:Int] key(id)",
            "Mysql audit.logs a/schema.ts:5 [text?:Text] key()",
            "Sqlite users b/schema.ts:2 [id:Int] key(id)",
        ]
    );
}

#[test]
fn relational_queries() {
    assert_eq!(
        shapes(&with_schema(
            "
//- /use.ts
import { db, eq, and, gt, desc } from './db';
import { users, posts } from './schema';
export async function f(id: number, day: Date) {
  await db.query.users.findFirst({ where: eq(users.id, id) });
  await db.query.users.findMany({
    where: (table, { eq, and, isNull }) => and(eq(table.email, 'a'), isNull(table.deletedAt)),
    with: { posts: { with: { tags: true } } },
    columns: { id: true },
    orderBy: [desc(users.createdAt)],
    limit: 20,
  });
  await db.query.posts.findMany({ where: { authorId: id }, with: { author: true } });
  await db.query.nothing.findMany();
}
"
        )),
        [
            "use.ts:4 ReadOne app_users app_users.id Equal limit Constant(1)",
            "use.ts:5 ReadMany app_users (posts, tags) app_users.email Equal app_users.deleted_at IsNull \
             by created_at desc limit Constant(20)",
            "use.ts:12 ReadMany posts (app_users) posts.author_id Equal",
            "use.ts:13 ReadMany ? and more limit Unknown",
        ]
    );
}

#[test]
fn builders_are_run_where_they_are_awaited() {
    assert_eq!(
        shapes(&with_schema(
            "
//- /use.ts
import { db, eq, and, or, inArray, like, count, sql } from './db';
import * as schema from './schema';
import { posts, users as people } from './schema';
export async function f(id: number, ids: number[], rows: { id: number }[], more: boolean) {
  const [one] = await db.select().from(people).where(eq(people.id, id)).limit(1);
  await db.select({ n: count() }).from(posts).where(inArray(posts.authorId, ids));
  await db.select().from(posts).innerJoin(people, eq(people.id, posts.authorId)).where(or(eq(people.id, id), like(people.name, 'a%'))).catch(() => []);
  await Promise.all([db.insert(schema.posts).values(rows), db.insert(schema.posts).values({ authorId: id })]);
  await db.insert(people).values({ email: 'a' }).onConflictDoUpdate({ target: people.email, set: {} });
  await db.update(people).set({ name: 'b' }).where(eq(people.id, id));
  await db.delete(posts).where(eq(posts.authorId, id));
  const sub = db.select().from(posts).where(eq(posts.id, 1)).as('sub');
  await db.select().from(sub);
  await db.select().from(people).where(inArray(people.id, db.select({ id: posts.authorId }).from(posts)));
  const ctes = db.$with('recent').as(db.select().from(posts));
  await db.with(ctes).select().from(ctes);
  let query = db.select().from(people).$dynamic();
  if (more) query = query.where(eq(people.id, id));
  await query;
  const prepared = db.select().from(posts).prepare('all');
  await prepared.execute();
  await db.execute(sql`select * from posts where id = ${id}`);
  await db.$count(posts, eq(posts.authorId, id));
}
"
        )),
        [
            "use.ts:5 ReadOne app_users app_users.id Equal limit Constant(1)",
            "use.ts:6 Count posts posts.author_id In",
            "use.ts:7 ReadMany posts (app_users) and more",
            "use.ts:8 InsertMany posts",
            "use.ts:8 Insert posts",
            "use.ts:9 Upsert app_users",
            "use.ts:10 Update app_users app_users.id Equal",
            "use.ts:11 DeleteMany posts posts.author_id Equal",
            "use.ts:13 ReadMany posts and more",
            "use.ts:14 ReadMany app_users app_users.id In",
            "use.ts:16 ReadMany posts and more",
            "use.ts:17 ReadMany app_users and more",
            "use.ts:21 ReadMany posts",
            "use.ts:22 ReadMany posts posts.id Equal",
            "use.ts:23 Count posts posts.author_id Equal",
        ]
    );
}

#[test]
fn transactions_and_typed_handles() {
    assert_eq!(
        query_calls(&with_schema(
            "
//- /use.ts
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { PgTransaction } from 'drizzle-orm/pg-core';
import { db, type Tx } from './db';
import * as schema from './schema';
export type Database = NodePgDatabase<typeof schema>;
export async function a(tx: Tx) { await tx.insert(schema.tags).values([]); }
export async function b(it: Database | PgTransaction<any, any, any>) { await it.delete(schema.posts); }
export async function c(it: typeof db) { await it.query.users.findMany(); }
export class Repository {
  constructor(private readonly db: NodePgDatabase<typeof schema>) {}
  all() { return this.db.select().from(schema.users); }
}
await db.transaction(async (tx) => {
  await a(tx);
  await tx.update(schema.users).set({ name: 'x' });
});
"
        )),
        [
            "use.ts:6 tags insert",
            "use.ts:7 posts delete",
            "use.ts:8 app_users findMany",
            "use.ts:11 app_users select",
            "use.ts:15 app_users update",
        ]
    );
}

#[test]
fn what_only_looks_like_it_is_none() {
    assert_eq!(
        query_calls(&with_schema(
            "
//- /use.ts
import { db } from './db';
import { users } from './schema';
import { make } from './tables';
const rows = await db.select().from(users);
rows.map((row) => row.name);
const hash = { update: (text: string) => text, delete(key: string) { return key; } };
hash.update('a');
collection.users.insert({ id: 1 });
export const later = await make('x');
//- /tables.ts
import { pgTable, serial } from 'drizzle-orm/pg-core';
import { db } from './db';
// A table made at run time has no name to go by.
export const make = (name: string) => db.select().from(pgTable(name, { id: serial('id') }));
"
        )),
        ["tables.ts:4 ? select", "use.ts:4 app_users select"]
    );
}
