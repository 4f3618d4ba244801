import { asc, eq } from 'drizzle-orm';

import { db } from '../db/client.js';
import { follows, users, type User } from '../db/schema.js';

export type NewUser = typeof users.$inferInsert;

export class UserRepository {
  async byId(id: number): Promise<User | undefined> {
    const [user] = await db.select().from(users).where(eq(users.id, id));
    return user;
  }

  async byEmail(email: string): Promise<User | undefined> {
    const [user] = await db.select().from(users).where(eq(users.email, email));
    return user;
  }

  all(): Promise<User[]> {
    return db.select().from(users).orderBy(asc(users.name), asc(users.id));
  }

  async create(user: NewUser): Promise<User> {
    const [created] = await db.insert(users).values(user).returning();
    return created!;
  }

  async follow(followerId: number, followeeId: number): Promise<void> {
    await db.insert(follows).values({ followerId, followeeId }).onConflictDoNothing();
  }

  async followedBy(userId: number): Promise<number[]> {
    const rows = await db.select().from(follows).where(eq(follows.followerId, userId));
    return rows.map((row) => row.followeeId);
  }
}
