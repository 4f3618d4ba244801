import { asc, count, eq, inArray } from 'drizzle-orm';

import { db, pool } from '../db/client.js';
import { comments, likes, media, users } from '../db/schema.js';
import type { Place } from '../lib/place.js';

export interface NewMedia {
  partyId: number;
  uploaderId: number;
  fileName: string;
  caption: string;
  bytes: number;
  takenAt: Date;
}

const MOST_PICTURES = 1_000;
const MOST_COMMENTS = 500;

export class MediaRepository {
  async byId(id: number) {
    const [found] = await db.select().from(media).where(eq(media.id, id));
    return found;
  }

  async heading(id: number): Promise<{ partyId: number; caption: string } | undefined> {
    const [found] = await db
      .select({ partyId: media.partyId, caption: media.caption })
      .from(media)
      .where(eq(media.id, id));
    return found;
  }

  async ofParty(partyId: number): Promise<object[]> {
    const { rows } = await pool.query(
      `SELECT m.id, m.caption, m.taken_at AS "takenAt", u.name AS uploader,
         (SELECT count(*)::int FROM likes l WHERE l.media_id = m.id) AS likes
       FROM media m JOIN users u ON u.id = m.uploader_id
       WHERE m.party_id = $1
       ORDER BY m.taken_at, m.id LIMIT $2`,
      [partyId, MOST_PICTURES],
    );
    return rows;
  }

  /** The pictures of a party after one of them, with what an album holds of each. */
  async albumPage(partyId: number, after: Place | undefined, limit: number) {
    const { rows } = await pool.query<{ id: number; caption: string; takenAt: Date; fileName: string }>(
      `SELECT id, caption, taken_at AS "takenAt", file_name AS "fileName" FROM media
       WHERE party_id = $1 AND (taken_at, id) > ($2, $3)
       ORDER BY taken_at, id LIMIT $4`,
      [partyId, after?.time ?? '-infinity', after?.id ?? 0, limit],
    );
    return rows;
  }

  async latest(before: Place | undefined, limit: number) {
    const { rows } = await pool.query<{ id: number; caption: string; takenAt: Date }>(
      `SELECT id, caption, taken_at AS "takenAt" FROM media
       WHERE (taken_at, id) < ($1, $2)
       ORDER BY taken_at DESC, id DESC LIMIT $3`,
      [before?.time ?? 'infinity', before?.id ?? 0, limit],
    );
    return rows;
  }

  /** The latest pictures of everybody a user follows. */
  async feed(userId: number, perFriend: number, limit: number): Promise<object[]> {
    const { rows } = await pool.query(
      `SELECT m.id, m.caption, m.taken_at AS "takenAt", u.name AS uploader, p.title AS party,
         (SELECT count(*)::int FROM comments c WHERE c.media_id = m.id) AS comments
       FROM follows f
       JOIN users u ON u.id = f.followee_id
       CROSS JOIN LATERAL (
         SELECT id, party_id, caption, taken_at FROM media
         WHERE uploader_id = f.followee_id
         ORDER BY taken_at DESC, id DESC LIMIT $2
       ) m
       JOIN parties p ON p.id = m.party_id
       WHERE f.follower_id = $1
       ORDER BY m.taken_at DESC, m.id DESC LIMIT $3`,
      [userId, perFriend, limit],
    );
    return rows;
  }

  /** In the order of the ids. */
  async slides(ids: number[]) {
    const { id, caption, fileName } = media;
    const rows = await db.select({ id, caption, fileName }).from(media).where(inArray(id, ids));
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.flatMap((wanted) => byId.get(wanted) ?? []);
  }

  async create(created: NewMedia): Promise<{ id: number; bytes: number }> {
    const [row] = await db.insert(media).values(created).returning({ id: media.id, bytes: media.bytes });
    return row!;
  }

  async setThumbnail(id: number, width: number, height: number): Promise<void> {
    await db.update(media).set({ thumbnailWidth: width, thumbnailHeight: height }).where(eq(media.id, id));
  }

  async like(mediaId: number, userId: number): Promise<void> {
    await db.insert(likes).values({ mediaId, userId }).onConflictDoNothing();
  }

  async countLikes(mediaId: number): Promise<number> {
    const [row] = await db.select({ likes: count() }).from(likes).where(eq(likes.mediaId, mediaId));
    return row?.likes ?? 0;
  }

  async comment(mediaId: number, authorId: number, text: string): Promise<{ id: number; text: string }> {
    const [row] = await db
      .insert(comments)
      .values({ mediaId, authorId, text })
      .returning({ id: comments.id, text: comments.text });
    return row!;
  }

  commentsOf(mediaId: number): Promise<{ id: number; author: string; text: string }[]> {
    return db
      .select({ id: comments.id, author: users.name, text: comments.text })
      .from(comments)
      .innerJoin(users, eq(users.id, comments.authorId))
      .where(eq(comments.mediaId, mediaId))
      .orderBy(asc(comments.id))
      .limit(MOST_COMMENTS);
  }

  /** The texts said about each of these pictures. */
  async textsOf(mediaIds: number[]): Promise<Map<number, string[]>> {
    const rows = await db
      .select({ mediaId: comments.mediaId, text: comments.text })
      .from(comments)
      .where(inArray(comments.mediaId, mediaIds))
      .orderBy(asc(comments.id));
    const texts = new Map<number, string[]>(mediaIds.map((id) => [id, []]));
    for (const { mediaId, text } of rows) texts.get(mediaId)?.push(text);
    return texts;
  }
}
