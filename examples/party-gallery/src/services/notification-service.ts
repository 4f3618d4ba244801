import { eq } from 'drizzle-orm';

import { db } from '../db/client.js';
import { parties } from '../db/schema.js';
import { NotificationRepository } from '../repositories/notification-repository.js';

export class NotificationService {
  constructor(private readonly notifications = new NotificationRepository()) {}

  async latest(userId: number): Promise<object[]> {
    const latest = await this.notifications.ofUser(userId);
    return Promise.all(
      latest.map(async ({ partyId, text, seen }) => {
        const [party] = await db.select().from(parties).where(eq(parties.id, partyId));
        return { party: party!.title, text, seen };
      }),
    );
  }

  async markSeen(userId: number): Promise<{ seen: number }> {
    const latest = await this.notifications.ofUser(userId);
    const unseen = latest.filter((notification) => !notification.seen);
    for (const notification of unseen) {
      await this.notifications.markSeen(notification.id, userId);
    }
    return { seen: unseen.length };
  }
}
