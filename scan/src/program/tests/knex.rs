//! Knex: instances, builders that run where they are awaited, text of builders, migrations.

use tuneup_model::{Columns, PredicateOp};

use super::{Linked, declared_tables, link, query_calls};

/// `line: operation table [joined] where … order … limit offset`.
fn shapes(text: &str) -> Vec<String> {
    let linked: Linked = link(text);
    let program = &linked.program;
    let mut found: Vec<(u32, String)> = program
        .queries
        .iter()
        .map(|query| {
            let shape = &query.shape;
            let terms: Vec<String> = shape
                .filter
                .all_of
                .iter()
                .map(|it| {
                    let op = match it.op {
                        PredicateOp::Equal => "=",
                        PredicateOp::In => "in",
                        PredicateOp::Range => "<>",
                        PredicateOp::Prefix => "like",
                        PredicateOp::Contains => "has",
                        PredicateOp::NotEqual => "!=",
                        PredicateOp::IsNull => "null",
                        PredicateOp::Other => "?",
                    };
                    format!("{}.{}{op}", it.column.table, it.column.column)
                })
                .collect();
            let order: Vec<String> = shape
                .order
                .iter()
                .map(|it| format!("{}{}", it.column.column, if it.descending { " desc" } else { "" }))
                .collect();
            let columns = match &shape.columns {
                Columns::All => "*".to_owned(),
                Columns::Some(names) => names.join(","),
                Columns::Unknown => "?".to_owned(),
            };
            let line = linked.call_line(query.file, query.call);
            let line = line.rsplit(':').next().unwrap_or_default();
            let text = format!(
                "{line}: {:?} {} [{}] ({columns}) where {}{} order {}{} {:?} {:?}",
                shape.operation,
                shape.table.name().unwrap_or("?"),
                shape.joined.join(","),
                terms.join(" "),
                if shape.filter.has_unknown { " …" } else { "" },
                order.join(","),
                if shape.order_known { "" } else { "?" },
                shape.limit,
                shape.offset,
            );
            let facts = program.facts(query.file);
            (facts.span(facts.call(query.call).expr).start, text)
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn forms_of_handle() {
    assert_eq!(
        query_calls(
            "
            //- /db.ts
            import knex, { Knex } from 'knex';
            export const db = knex({ client: 'pg' });
            export class Users {
              constructor(@InjectModel('x') private readonly knex: Knex) {}
              find(id: string) { return this.knex('users').where({ id }).first(); }
              async all(trx?: Knex.Transaction) { return (trx ?? this.knex)('users').select(); }
            }
            //- /old.js
            const knex = require('knex')({ client: 'mysql2' });
            module.exports.list = async () => {
              const rows = await knex.select('id').from('posts');
              await knex.queryBuilder().from('users').del();
              return rows;
            };
            //- /use.ts
            import { db, Users } from './db';
            export async function work(users: Users) {
              const user = await users.find('a');
              await db.transaction(async (trx) => {
                await trx('posts').insert({ a: 1 });
                await inner(trx, user.id);
              });
              const trx = await db.transaction();
              await trx('users').update({ a: 2 });
              await trx.commit();
            }
            const inner = (trx, id) => trx.table('posts').where('id', id).del();
            "
        ),
        [
            "db.ts:5 users first",
            "db.ts:6 users select",
            "old.js:3 posts select",
            "old.js:4 users del",
            "use.ts:5 posts insert",
            "use.ts:9 users update",
            "use.ts:12 posts del"
        ]
    );
}

#[test]
fn a_builder_that_nobody_awaits_asks_nothing() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            import knex from 'knex';
            const db = knex({ client: 'pg' });
            export async function work(ids: string[], all: boolean) {
              const sub = db('posts').select('author_id');
              db('forgotten').insert({ a: 1 });
              await db('users').whereIn('id', sub).whereIn('id', db('bans').select('id'));
              const text = db('texts').where('a', 1).toQuery();
              const later = db('later').select('*');
              if (all) later.where('b', 2);
              const rows = await later;
              await Promise.all([db('one'), db('two').then((it) => it)]);
              await Promise.all(ids.map((id) => db('each').where({ id })));
              const base = db('based').where('c', 3);
              const [rows2, total] = await Promise.all([base.clone().limit(10), base.clone().count()]);
              db('chained').then(() => {}, () => {});
              return text + rows.map((it) => it.id) + rows2;
            }
            "
        ),
        [
            "use.ts:6 users whereIn",
            "use.ts:8 later select",
            "use.ts:11 one ",
            "use.ts:11 two ",
            "use.ts:12 each where",
            "use.ts:14 based limit",
            "use.ts:14 based count",
            "use.ts:15 chained "
        ]
    );
}

#[test]
fn parts_of_a_builder() {
    assert_eq!(
        shapes(
            "
            //- /use.ts
            import knex from 'knex';
            const db = knex({ client: 'pg' });
            export async function work(id: string, ids: string[], page: number, filter: { a?: string }) {
              await db('users as u').join('posts as p', 'p.author_id', 'u.id').where('u.id', id).select('u.name', 'p.title');
              await db({ u: 'users' }).leftJoin({ p: 'posts' }, 'p.author_id', 'u.id').whereNull('p.id').orderBy('u.name', 'desc').limit(10).offset(page * 10);
              await db('users').where({ id, deleted_at: null, ...filter }).andWhere('age', '>=', 3).first();
              await db('users').whereIn('id', ids).whereNot('a', 1).whereBetween('b', [1, 2]).whereLike('c', 'x%').pluck('id');
              await db('users').where('a', 1).orWhere('b', 2);
              await db('users').where((qb) => qb.where('a', 1).orWhere('b', 2)).andWhere('c', 'like', '%x');
              await db('users').whereRaw('lower(name) = ? and age > ?', [id, 3]).orderBy(['a', { column: 'b', order: 'desc' }]);
              await db('users').count('* as n').where('a', 1);
              await db('users').groupBy('a').count();
              await db('users').max('a').first();
              await db('users').insert(ids.map((it) => ({ id: it })));
              await db('users').insert({ id }).onConflict('id').merge();
              await db('users').where({ id }).update({ a: 1 }).returning('*');
              await db.batchInsert('users', [], 100);
              await db.withSchema('crm').from('users').del();
              await db.raw('select ?? from ?? where ?? = ? limit 5', ['name', 'users', 'users.id', id]);
              await db.with('c', db('posts')).select('*').from('c');
              await db(ids[0]).where('a', 1);
              await db.select('*').from(db('posts').as('p')).orderByRaw('a').limit(ids.length);
            }
            "
        ),
        [
            "4: ReadMany users [posts] (name) where users.id= … order  Absent Absent",
            "5: ReadMany users [posts] (*) where posts.idnull order name desc Constant(10) Dynamic",
            "6: ReadOne users [] (*) where users.id= users.deleted_atnull users.age<> … order  Constant(1) Absent",
            "7: ReadMany users [] (id) where users.idin users.a!= users.b<> users.clike order  Absent Absent",
            "8: ReadMany users [] (*) where  … order  Absent Absent",
            "9: ReadMany users [] (*) where users.chas … order  Absent Absent",
            "10: ReadMany users [] (*) where users.age<> … order a,b desc Absent Absent",
            "11: Count users [] (*) where users.a= order  Absent Absent",
            "12: ReadMany users [] (*) where  order  Absent Absent",
            "13: Aggregate users [] (*) where  order  Absent Absent",
            "14: InsertMany users [] (*) where  order  Absent Absent",
            "15: Upsert users [] (*) where  order  Absent Absent",
            "16: UpdateMany users [] (*) where users.id= order  Absent Absent",
            "17: InsertMany users [] (*) where  order  Absent Absent",
            "18: DeleteMany crm.users [] (*) where  order  Absent Absent",
            "19: ReadMany users [] (name) where users.id= order  Constant(5) Absent",
            "20: ReadMany ? [] (*) where  order  Absent Absent",
            "21: ReadMany ? [] (*) where  … order  Absent Absent",
            "22: ReadMany ? [] (*) where  order ? Dynamic Absent",
        ]
    );
}

#[test]
fn conditional_steps() {
    assert_eq!(
        shapes(
            "
            //- /use.ts
            import knex from 'knex';
            const db = knex({ client: 'pg' });
            export async function work(id: string, all: boolean) {
              const query = db('users').where('a', 1);
              if (all) query.where('b', 2).limit(5);
              query.orderBy('c');
              return await query;
            }
            function base() { return db('posts').where('x', 1); }
            export async function more(id: string) {
              const rows = await base().where('y', id).limit(3);
              const only = await base();
              return [rows, only];
            }
            "
        ),
        [
            "4: ReadMany users [] (*) where users.a= … order c Unknown Absent",
            "9: ReadMany posts [] (*) where posts.x= order  Absent Absent",
            "11: ReadMany posts [] (*) where posts.x= posts.y= order  Constant(3) Absent",
        ]
    );
}

#[test]
fn text_of_a_builder_runs_where_it_is_given_to_a_client() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            import knex, { Knex } from 'knex';
            import { Pool } from 'pg';
            import { PrismaClient } from '@prisma/client';
            const db = knex({ client: 'pg' });
            const prisma = new PrismaClient();
            const pool = new Pool();
            interface Texts { posts(id: string): string; list(): string[] }
            class Postgres implements Texts {
              constructor(private readonly knex: Knex) {}
              posts(id: string) { return this.knex('posts').where({ id }).toQuery(); }
              list() { return [this.knex('Post').del().toQuery()]; }
            }
            class Sqlite implements Texts {
              constructor(private readonly knex: Knex) {}
              posts(id: string) { return this.knex.select('*').from('posts').where('id', id).toQuery(); }
              list() { return [this.knex('User').del().toQuery()]; }
            }
            export async function work(id: string, table: string, texts: Texts) {
              const sql = db('User').select('id').where('id', id).toQuery();
              await prisma.$queryRawUnsafe<{ id: string }[]>(sql);
              const native = db('Post').where({ id }).update({ title: '' }).toSQL().toNative();
              await prisma.$executeRawUnsafe(native.sql, ...native.bindings);
              await prisma.$executeRawUnsafe(db.raw('DROP TABLE ??', [table]).toQuery());
              await prisma.$queryRawUnsafe(db(table).toString());
              await pool.query(db('users').toQuery());
              await prisma.$queryRawUnsafe(texts.posts(id));
              for (const text of texts.list()) await prisma.$executeRawUnsafe(text);
              const builder = db('ops');
              if (id) builder.where('a', 1);
              const written = builder.toQuery();
              await prisma.$queryRawUnsafe(written);
            }
            "
        ),
        [
            "use.ts:20 User $queryRawUnsafe",
            "use.ts:22 Post $executeRawUnsafe",
            "use.ts:23 ? $executeRawUnsafe",
            "use.ts:24 ? $queryRawUnsafe",
            "use.ts:25 users query",
            "use.ts:26 posts $queryRawUnsafe",
            "use.ts:27 ? $executeRawUnsafe",
            "use.ts:31 ops $queryRawUnsafe",
        ]
    );
}

#[test]
fn migrations_to_tables() {
    let linked = link(
        "
        //- /knexfile.js
        module.exports = { client: 'pg', connection: {} };
        //- /migrations/01_a.js
        exports.up = function (knex) {
          return knex.schema
            .createTable('users', (table) => {
              table.increments();
              table.string('email').notNullable().unique();
              table.uuid('team_id').references('id').inTable('teams').onDelete('CASCADE');
              table.boolean('gone').index();
              table.timestamps(true, true);
            })
            .createTable('old', (t) => { t.uuid('id').primary(); });
        };
        exports.down = (knex) => knex.schema.dropTable('users').dropTable('old');
        //- /migrations/02_b.ts
        import { Knex } from 'knex';
        const TABLE = 'posts';
        export async function up(knex: Knex): Promise<void> {
          await knex.schema.createTable(TABLE, function (table) {
            table.bigIncrements('id');
            table.integer('author').unsigned();
            table.foreign('author').references('users.id');
            table.jsonb('data');
            table.specificType('tags', 'text[]');
            table.index(['author', 'id'], 'posts_author', { indexType: 'btree' });
            table.index('data', 'posts_data', 'gin');
          });
          await knex.schema.alterTable('users', (table) => {
            table.dropColumn('gone');
            table.renameColumn('email', 'mail');
            table.string('name', 100);
          });
          await knex.schema.dropTableIfExists('old');
          await knex.raw('CREATE INDEX users_name ON users (name)');
          await knex.schema.raw(`CREATE TABLE made (id uuid PRIMARY KEY)`);
        }
        export async function down(knex: Knex) { await knex.schema.dropTable(TABLE); }
        ",
    );
    let told = declared_tables(&linked);
    assert_eq!(
        told,
        [
            "migrations/02_b.ts:20 made (id:Uuid) key id indexes [] references []",
            "migrations/02_b.ts:4 posts (id:BigInt author:Int? data:Json? tags:Other(\"text[]\")?) key id indexes [author+id, data] references [author -> users.id NoAction]",
            "migrations/01_a.js:2 users (id:Int mail:Text team_id:Uuid? created_at:Timestamp? updated_at:Timestamp? name:Text?) key id indexes [unique mail, name] references [team_id -> teams.id Cascade]",
        ]
    );
}
