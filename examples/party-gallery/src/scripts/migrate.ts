import { readdir, readFile } from 'node:fs/promises';

import { pool } from '../db/client.js';

const folder = new URL('../../migrations/', import.meta.url);

await pool.query('CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)');
const { rows } = await pool.query<{ name: string }>('SELECT name FROM migrations');
const done = new Set(rows.map((row) => row.name));
for (const name of (await readdir(folder)).sort()) {
  if (done.has(name)) continue;
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(await readFile(new URL(name, folder), 'utf8'));
    await client.query('INSERT INTO migrations VALUES ($1)', [name]);
    await client.query('COMMIT');
    console.log(`applied ${name}`);
  } finally {
    client.release();
  }
}
await pool.end();
