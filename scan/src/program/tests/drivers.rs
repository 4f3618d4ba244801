//! Drivers: SQL text by pools, connections, tags and prepared statements.

use tuneup_model::{Dialect, Operation};

use super::{link, query_calls};

#[test]
fn node_postgres() {
    assert_eq!(
        query_calls(
            "
            //- /db.ts
            import { Pool, type PoolClient } from 'pg';
            import pg from 'pg';
            export const pool = new Pool({ max: 5 });
            export const other = new pg.Client();
            export async function inTransaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
              const client = await pool.connect();
              try {
                await client.query('BEGIN');
                const result = await work(client);
                await client.query('COMMIT');
                return result;
              } catch (error) {
                await client.query('ROLLBACK');
                throw error;
              } finally {
                client.release();
              }
            }
            //- /use.ts
            import { pool, other, inTransaction } from './db';
            export async function all(id: string) {
              const { rows } = await pool.query('SELECT id FROM users WHERE id = $1', [id]);
              await other.query({ text: 'DELETE FROM posts WHERE id = $1', values: [id] });
              const table = 'posts';
              await pool.query(`SELECT * FROM ${table} WHERE a = $1`, [id]);
              await inTransaction(async (client) => {
                await client.query(\"UPDATE users SET name = 'x' WHERE id = $1\", [rows[0].id]);
                await helper(client);
              });
            }
            async function helper(client) {
              for (const row of (await client.query('SELECT * FROM posts')).rows) console.log(row);
            }
            "
        ),
        [
            "use.ts:3 users select",
            "use.ts:4 posts delete",
            "use.ts:6 posts select",
            "use.ts:8 users update",
            "use.ts:13 posts select"
        ]
    );
}

#[test]
fn tagged_templates() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            import postgres from 'postgres';
            import { neon } from '@neondatabase/serverless';
            import { sql as vercel } from '@vercel/postgres';
            const sql = postgres(process.env.URL);
            const http = neon(process.env.URL!);
            export async function all(id: string, ids: string[], rows: object[]) {
              const filter = sql`WHERE id = ${id}`;
              const found = await sql`SELECT * FROM users ${filter}`;
              await sql`SELECT * FROM users WHERE id IN ${sql(ids)} AND a IN (${sql`SELECT a FROM posts`})`;
              await sql`INSERT INTO posts ${sql(rows)}`;
              await sql.begin(async (tx) => {
                await tx`DELETE FROM users WHERE id = ${id}`;
                await tx.savepoint((inner) => inner`DELETE FROM posts WHERE id = ${id}`);
              });
              await sql.begin('read only', (tx) => [tx`SELECT 1 FROM users`, tx`SELECT 1 FROM posts`]);
              await sql.unsafe('SELECT * FROM posts WHERE id = $1', [id]);
              const rest = await http`SELECT * FROM users`;
              const { rows: more } = await vercel`SELECT * FROM posts`;
              await vercel.query('SELECT * FROM users', []);
              return found;
            }
            "
        ),
        [
            "use.ts:8 users select",
            "use.ts:9 users select",
            "use.ts:10 posts insert",
            "use.ts:12 users delete",
            "use.ts:13 posts delete",
            "use.ts:15 users select",
            "use.ts:15 posts select",
            "use.ts:16 posts select",
            "use.ts:17 users select",
            "use.ts:18 posts select",
            "use.ts:19 users select"
        ]
    );
}

#[test]
fn mysql_and_planetscale() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            import mysql from 'mysql2/promise';
            import plain from 'mysql2';
            import { connect, Client } from '@planetscale/database';
            const pool = mysql.createPool({});
            const callbacks = plain.createPool({}).promise();
            const remote = connect({ url: '' });
            const client = new Client({});
            export async function all(id: number) {
              const [rows] = await pool.query('SELECT `id` FROM `users` WHERE `id` = ?', [id]);
              const connection = await pool.getConnection();
              await connection.beginTransaction();
              await connection.execute('UPDATE users SET a = 1 WHERE id = ?', [id]);
              await connection.commit();
              await callbacks.query({ sql: 'SELECT * FROM posts', values: [] });
              await remote.execute('SELECT * FROM users WHERE id = ?', [id]);
              await client.connection().execute('SELECT * FROM posts', []);
              await remote.transaction(async (tx) => { await tx.execute('DELETE FROM users', []); });
              for (const row of rows) row.x();
            }
            "
        ),
        [
            "use.ts:9 users select",
            "use.ts:12 users update",
            "use.ts:14 posts select",
            "use.ts:15 users select",
            "use.ts:16 posts select",
            "use.ts:17 users delete"
        ]
    );
}

#[test]
fn sqlite() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            import Database from 'better-sqlite3';
            import { open } from 'sqlite';
            const db = new Database('a.db');
            const byId = db.prepare('SELECT * FROM users WHERE id = ?');
            export function all(id: string) {
              byId.get(id);
              db.prepare('SELECT * FROM posts').pluck().all();
              const insert = db.prepare('INSERT INTO posts (id) VALUES (?)');
              const many = db.transaction((ids: string[]) => { for (const it of ids) insert.run(it); });
              many([id]);
              db.exec('DELETE FROM posts');
            }
            export async function later() {
              const db = await open({ filename: 'a.db', driver: null });
              await db.all('SELECT * FROM users');
              await db.run('DELETE FROM users WHERE id = ?', 1);
            }
            "
        ),
        [
            "use.ts:6 users select",
            "use.ts:7 posts select",
            "use.ts:9 posts insert",
            "use.ts:11 posts delete",
            "use.ts:15 users select",
            "use.ts:16 users delete"
        ]
    );
}

#[test]
fn the_dialect_is_the_drivers() {
    let linked = link(
        "
        //- /use.ts
        import mysql from 'mysql2/promise';
        const pool = mysql.createPool({});
        export const one = (id: number) => pool.query('INSERT IGNORE INTO `a b` (`x`) VALUES (?)', [id]);
        ",
    );
    let [query] = linked.program.queries.as_slice() else { panic!("one query") };
    assert_eq!(query.shape.table.name(), Some("a b"));
    assert_eq!(query.shape.operation, Operation::Insert);
    assert_eq!(linked.program.catalog.dialect, Dialect::Postgresql, "of the schema, not of the driver");
}

#[test]
fn text_that_is_not_known_and_calls_that_are_none() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            import { Pool } from 'pg';
            const pool = new Pool();
            const cache = new Map();
            export async function all(text: string, options) {
              await pool.query(text);
              await pool.query(options);
              await pool.query(`SELECT * FROM ${options.table}`);
              await pool.query('not sql at all (');
              cache.get('SELECT * FROM users');
              pool.on('error', () => {});
              await pool.end();
            }
            "
        ),
        ["use.ts:5 ? query", "use.ts:6 ? query", "use.ts:7 ? select", "use.ts:8 ? query"]
    );
}

#[test]
fn a_query_stands_where_its_text_is_given() {
    assert_eq!(
        query_calls(
            "
            //- /db.ts
            import { Pool } from 'pg';
            const pool = new Pool();
            export async function query(text: string, values?: unknown[]) {
              const start = Date.now();
              const result = await pool.query(text, values);
              console.log(text, Date.now() - start);
              return result;
            }
            const cache = new Map();
            export async function cached(text: string) {
              if (!cache.has(text)) cache.set(text, await pool.query(text));
              return cache.get(text);
            }
            export const one = async (text: string) => (await query(text)).rows[0];
            //- /use.ts
            import { query, cached, one } from './db';
            export async function work(id: string) {
              const { rows } = await query('SELECT * FROM users WHERE id = $1', [id]);
              await cached('SELECT * FROM posts');
              await one(`SELECT * FROM posts WHERE id = 1`);
              return rows;
            }
            "
        ),
        ["db.ts:5 ? query", "db.ts:11 ? query", "use.ts:3 users select", "use.ts:5 posts select",]
    );
}
