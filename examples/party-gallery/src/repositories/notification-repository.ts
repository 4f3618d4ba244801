import { and, desc, eq } from 'drizzle-orm';

import { db } from '../db/client.js';
import { notifications, type Notification } from '../db/schema.js';

export class NotificationRepository {
  async create(userId: number, partyId: number, text: string): Promise<void> {
    await db.insert(notifications).values({ userId, partyId, text });
  }

  ofUser(userId: number): Promise<Notification[]> {
    return db
      .select()
      .from(notifications)
      .where(eq(notifications.userId, userId))
      .orderBy(desc(notifications.id))
      .limit(50);
  }

  async markSeen(id: number, userId: number): Promise<void> {
    await db
      .update(notifications)
      .set({ seen: true })
      .where(and(eq(notifications.id, id), eq(notifications.userId, userId)));
  }
}
