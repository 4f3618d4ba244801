import { NotificationRepository } from '../repositories/notification-repository.js';

export class NotificationService {
  constructor(private readonly notifications = new NotificationRepository()) {}

  latest(userId: number): Promise<object[]> {
    return this.notifications.latest(userId);
  }

  async markSeen(userId: number): Promise<{ seen: number }> {
    return { seen: await this.notifications.markSeen(userId) };
  }
}
