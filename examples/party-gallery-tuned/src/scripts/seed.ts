import { createHash, pbkdf2Sync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { config } from '../config.js';
import { db, pool } from '../db/client.js';
import { comments, follows, invitations, likes, media, parties, users } from '../db/schema.js';

const USERS = 60;
const PARTIES = 80;
const MEDIA = 240;
const CITIES = ['Lisbon', 'Oslo', 'Porto'];
const FIRST = ['Ada', 'Bela', 'Cleo', 'Dario', 'Edda', 'Fabio', 'Gita', 'Hugo', 'Ines', 'Jonas'];
const LAST = ['Alves', 'Berg', 'Costa', 'Dahl', 'Engen', 'Faria'];
const KINDS = ['Garden party', 'House warming', 'Birthday', 'Wedding', 'Album release', 'Reunion'];
const DAY = 24 * 60 * 60 * 1000;
const START = Date.UTC(2031, 4, 1, 18);

/** The numbers 1 to `length`, which are the ids too: every table is emptied first. */
const numbers = (length: number): number[] => Array.from({ length }, (_, index) => index + 1);
const pick = <T>(from: T[], index: number): T => from[index % from.length]!;

await pool.query(`TRUNCATE users, follows, parties, invitations, media, comments, likes, notifications
  RESTART IDENTITY CASCADE`);

const passwordSalt = 'a salt for seeds only';
const passwordHash = pbkdf2Sync('correct horse', passwordSalt, 100_000, 32, 'sha256').toString('hex');
const people = numbers(USERS).map((id) => ({
  email: `guest${id}@example.com`,
  name: `${pick(FIRST, id)} ${pick(LAST, Math.floor(id / FIRST.length))}`,
  bio: `Has been to ${id} parties.`,
  passwordSalt,
  passwordHash,
}));
await db.insert(users).values(people);

const followed = numbers(USERS).flatMap((id) =>
  numbers(6).map((step) => ({ followerId: id, followeeId: ((id + step * 7 - 1) % USERS) + 1 })),
);
await db.insert(follows).values(followed);

const hosted = numbers(PARTIES).map((id) => ({
  hostId: ((id * 3) % 20) + 1,
  title: `${pick(KINDS, id)} no. ${id}`,
  description: `Bring something to drink, and ${pick(['cake', 'salad', 'music'], id)}.`,
  city: pick(CITIES, id),
  status: id % 7 === 0 ? 'cancelled' : 'open',
  startsAt: new Date(START + Math.floor(id / 2) * DAY),
}));
await db.insert(parties).values(hosted);

const invited = numbers(PARTIES).flatMap((partyId) =>
  numbers(8).map((step) => ({
    partyId,
    userId: ((partyId * 5 + step * 3) % USERS) + 1,
    answer: pick(['pending', 'yes', 'no', 'yes'], partyId + step),
  })),
);
await db.insert(invitations).values(invited);

await mkdir(config.uploadDir, { recursive: true });
const pictures = numbers(MEDIA).map((id) => {
  const content = `picture ${id} `.repeat(20 + (id % 30));
  const fileName = `${createHash('sha256').update(content).digest('hex').slice(0, 32)}.bin`;
  return { id, content, fileName };
});
for (const picture of pictures) {
  await writeFile(path.join(config.uploadDir, picture.fileName), picture.content);
}
const stored = pictures.map(({ id, content, fileName }) => ({
  partyId: ((id * 11) % PARTIES) + 1,
  uploaderId: ((id * 7) % USERS) + 1,
  fileName,
  caption: `Picture ${id}`,
  bytes: content.length,
  takenAt: new Date(START + (id % 50) * DAY),
  thumbnailWidth: 160,
  thumbnailHeight: 90 + (id % 60),
}));
await db.insert(media).values(stored);

const said = numbers(MEDIA * 2).map((id) => ({
  mediaId: ((id * 13) % MEDIA) + 1,
  authorId: ((id * 17) % USERS) + 1,
  text: `${pick(['Lovely', 'So good', 'I remember this', 'Who is that?'], id)} (${id})`,
}));
await db.insert(comments).values(said);

const liked = numbers(MEDIA * 3).map((id) => ({
  mediaId: ((id * 7) % MEDIA) + 1,
  userId: ((id * 11) % USERS) + 1,
}));
await db.insert(likes).values(liked).onConflictDoNothing();

console.log(`seeded ${USERS} users, ${PARTIES} parties, ${MEDIA} pictures`);
await pool.end();
