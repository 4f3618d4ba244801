import { and, count, eq } from 'drizzle-orm';

import { db, pool } from '../db/client.js';
import { invitations, parties, users } from '../db/schema.js';

export type Answer = 'yes' | 'no';

export interface Guest {
  id: number;
  name: string;
  email: string;
}

const MOST_GUESTS = 1_000;

export class InvitationRepository {
  /** Invites all at once whom an open party may invite. */
  async createAll(partyId: number, userIds: number[]): Promise<void> {
    await pool.query(
      `INSERT INTO invitations (party_id, user_id)
       SELECT p.id, u.id FROM parties p JOIN users u ON u.id = ANY ($2::int[]) AND u.id <> p.host_id
       WHERE p.id = $1 AND p.status = 'open'
       ON CONFLICT DO NOTHING`,
      [partyId, userIds],
    );
  }

  async count(partyId: number): Promise<number> {
    const [row] = await db.select({ guests: count() }).from(invitations).where(eq(invitations.partyId, partyId));
    return row?.guests ?? 0;
  }

  guests(partyId: number): Promise<Guest[]> {
    return db
      .select({ id: users.id, name: users.name, email: users.email })
      .from(invitations)
      .innerJoin(users, eq(users.id, invitations.userId))
      .where(eq(invitations.partyId, partyId))
      .orderBy(invitations.userId)
      .limit(MOST_GUESTS);
  }

  pendingGuests(partyId: number): Promise<Guest[]> {
    return db
      .select({ id: users.id, name: users.name, email: users.email })
      .from(invitations)
      .innerJoin(users, eq(users.id, invitations.userId))
      .where(and(eq(invitations.partyId, partyId), eq(invitations.answer, 'pending')))
      .limit(MOST_GUESTS);
  }

  /** Keeps the answer and says whom to tell. */
  async answer(partyId: number, userId: number, answer: Answer) {
    return db.transaction(async (tx) => {
      const changed = await tx
        .update(invitations)
        .set({ answer })
        .where(and(eq(invitations.partyId, partyId), eq(invitations.userId, userId)))
        .returning({ answer: invitations.answer });
      if (changed.length === 0) return undefined;
      const [about] = await tx
        .select({ title: parties.title, email: users.email })
        .from(parties)
        .innerJoin(users, eq(users.id, parties.hostId))
        .where(eq(parties.id, partyId));
      return about;
    });
  }
}
