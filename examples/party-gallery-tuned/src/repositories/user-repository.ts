import { asc, eq, sql } from 'drizzle-orm';

import { db, pool } from '../db/client.js';
import { follows, users } from '../db/schema.js';

export type NewUser = typeof users.$inferInsert;

export interface RankedHost {
  id: number;
  name: string;
  parties: number;
}

export class UserRepository {
  async profile(id: number): Promise<{ name: string; email: string; bio: string } | undefined> {
    const [user] = await db
      .select({ name: users.name, email: users.email, bio: users.bio })
      .from(users)
      .where(eq(users.id, id));
    return user;
  }

  async credentials(email: string) {
    const [user] = await db
      .select({ id: users.id, name: users.name, salt: users.passwordSalt, hash: users.passwordHash })
      .from(users)
      .where(eq(users.email, email));
    return user;
  }

  async exists(id: number): Promise<boolean> {
    const found = await db.select({ one: sql`1` }).from(users).where(eq(users.id, id));
    return found.length > 0;
  }

  directory(limit: number): Promise<{ id: number; name: string }[]> {
    return db
      .select({ id: users.id, name: users.name })
      .from(users)
      .orderBy(asc(users.name), asc(users.id))
      .limit(limit);
  }

  async create(user: NewUser): Promise<{ id: number; name: string }> {
    const [created] = await db.insert(users).values(user).returning({ id: users.id, name: users.name });
    return created!;
  }

  async follow(followerId: number, followeeId: number): Promise<void> {
    await db.insert(follows).values({ followerId, followeeId }).onConflictDoNothing();
  }

  async ranking(limit: number): Promise<RankedHost[]> {
    const { rows } = await pool.query<RankedHost>(
      `SELECT u.id, u.name, count(p.id)::int AS parties
       FROM users u LEFT JOIN parties p ON p.host_id = u.id
       GROUP BY u.id ORDER BY count(p.id) DESC, u.id LIMIT $1`,
      [limit],
    );
    return rows;
  }
}
