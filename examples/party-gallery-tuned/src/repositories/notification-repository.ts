import { desc, eq } from 'drizzle-orm';

import { db, pool } from '../db/client.js';
import { notifications, parties } from '../db/schema.js';

const LATEST = 50;

export class NotificationRepository {
  async createAll(userIds: number[], partyId: number, text: string): Promise<void> {
    if (userIds.length === 0) return;
    await db.insert(notifications).values(userIds.map((userId) => ({ userId, partyId, text })));
  }

  latest(userId: number): Promise<object[]> {
    return db
      .select({ party: parties.title, text: notifications.text, seen: notifications.seen })
      .from(notifications)
      .innerJoin(parties, eq(parties.id, notifications.partyId))
      .where(eq(notifications.userId, userId))
      .orderBy(desc(notifications.id))
      .limit(LATEST);
  }

  async markSeen(userId: number): Promise<number> {
    const { rowCount } = await pool.query(
      `UPDATE notifications SET seen = true
       WHERE NOT seen AND id IN (
         SELECT id FROM notifications WHERE user_id = $1 ORDER BY id DESC LIMIT $2
       )`,
      [userId, LATEST],
    );
    return rowCount ?? 0;
  }
}
