import { asc, count, desc, eq } from 'drizzle-orm';

import { db } from '../db/client.js';
import { comments, likes, media, type Comment, type Media } from '../db/schema.js';

export interface NewMedia {
  partyId: number;
  uploaderId: number;
  fileName: string;
  caption: string;
  bytes: number;
  takenAt: Date;
}

export class MediaRepository {
  async byId(id: number): Promise<Media | undefined> {
    const [found] = await db.select().from(media).where(eq(media.id, id));
    return found;
  }

  ofParty(partyId: number): Promise<Media[]> {
    return db.select().from(media).where(eq(media.partyId, partyId)).orderBy(asc(media.takenAt), asc(media.id));
  }

  latest(page: number, pageSize: number): Promise<Media[]> {
    return db
      .select()
      .from(media)
      .orderBy(desc(media.takenAt), desc(media.id))
      .limit(pageSize)
      .offset((page - 1) * pageSize);
  }

  latestOf(uploaderId: number, limit: number): Promise<Media[]> {
    return db
      .select()
      .from(media)
      .where(eq(media.uploaderId, uploaderId))
      .orderBy(desc(media.takenAt), desc(media.id))
      .limit(limit);
  }

  async create(created: NewMedia): Promise<Media> {
    const [row] = await db.insert(media).values(created).returning();
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

  async comment(mediaId: number, authorId: number, text: string): Promise<Comment> {
    const [row] = await db.insert(comments).values({ mediaId, authorId, text }).returning();
    return row!;
  }

  commentsOf(mediaId: number): Promise<Comment[]> {
    return db.select().from(comments).where(eq(comments.mediaId, mediaId)).orderBy(asc(comments.id));
  }
}
