import { eq } from 'drizzle-orm';

import { db, pool } from '../db/client.js';
import { parties } from '../db/schema.js';
import type { Place } from '../lib/place.js';

export interface NewParty {
  hostId: number;
  title: string;
  description: string;
  city: string;
  startsAt: Date;
}

export interface PartySummary {
  id: number;
  title: string;
  city: string;
  startsAt: Date;
  host: string;
  coming: number;
}

const SUMMARY = `p.id, p.title, p.city, p.starts_at AS "startsAt", u.name AS host,
  (SELECT count(*)::int FROM invitations i WHERE i.party_id = p.id AND i.answer = 'yes') AS coming`;

export class PartyRepository {
  async openIn(city: string, after: Place | undefined, limit: number): Promise<PartySummary[]> {
    const { rows } = await pool.query<PartySummary>(
      `SELECT ${SUMMARY}
       FROM parties p JOIN users u ON u.id = p.host_id
       WHERE p.city = $1 AND p.status = 'open' AND (p.starts_at, p.id) > ($2, $3)
       ORDER BY p.starts_at, p.id LIMIT $4`,
      [city, after?.time ?? '-infinity', after?.id ?? 0, limit],
    );
    return rows;
  }

  async detail(id: number): Promise<(PartySummary & { description: string; status: string }) | undefined> {
    const { rows } = await pool.query(
      `SELECT ${SUMMARY}, p.description, p.status
       FROM parties p JOIN users u ON u.id = p.host_id
       WHERE p.id = $1`,
      [id],
    );
    return rows[0];
  }

  async heading(id: number): Promise<{ id: number; hostId: number; title: string } | undefined> {
    const [party] = await db
      .select({ id: parties.id, hostId: parties.hostId, title: parties.title })
      .from(parties)
      .where(eq(parties.id, id));
    return party;
  }

  async search(words: string, limit: number): Promise<object[]> {
    const { rows } = await pool.query(
      `SELECT p.id, p.title, p.city, p.starts_at AS "startsAt", u.name AS host
       FROM parties p JOIN users u ON u.id = p.host_id
       WHERE p.title ILIKE $1 OR p.description ILIKE $1
       ORDER BY p.starts_at, p.id LIMIT $2`,
      [`%${words}%`, limit],
    );
    return rows;
  }

  async create(party: NewParty) {
    const { id, title, city, startsAt } = parties;
    const [created] = await db.insert(parties).values(party).returning({ id, title, city, startsAt });
    return created!;
  }

  async rename(id: number, title: string): Promise<void> {
    await db.update(parties).set({ title }).where(eq(parties.id, id));
  }
}
