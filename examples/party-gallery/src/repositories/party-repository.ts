import { and, asc, eq } from 'drizzle-orm';

import { db, pool } from '../db/client.js';
import { parties, type Party } from '../db/schema.js';

export interface NewParty {
  hostId: number;
  title: string;
  description: string;
  city: string;
  startsAt: Date;
}

export class PartyRepository {
  openIn(city: string, page: number, pageSize: number): Promise<Party[]> {
    return db
      .select()
      .from(parties)
      .where(and(eq(parties.city, city), eq(parties.status, 'open')))
      .orderBy(asc(parties.startsAt), asc(parties.id))
      .limit(pageSize)
      .offset((page - 1) * pageSize);
  }

  async byId(id: number): Promise<Party | undefined> {
    const [party] = await db.select().from(parties).where(eq(parties.id, id));
    return party;
  }

  all(): Promise<Party[]> {
    return db.select().from(parties);
  }

  async search(words: string): Promise<Party[]> {
    const { rows } = await pool.query(
      `SELECT *, host_id AS "hostId", starts_at AS "startsAt" FROM parties
       WHERE title ILIKE $1 OR description ILIKE $1
       ORDER BY starts_at, id`,
      [`%${words}%`],
    );
    return rows;
  }

  async create(party: NewParty): Promise<Party> {
    const [created] = await db.insert(parties).values(party).returning();
    return created!;
  }

  async rename(id: number, title: string): Promise<void> {
    await db.update(parties).set({ title }).where(eq(parties.id, id));
  }
}
