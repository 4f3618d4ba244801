import { and, asc, count, eq } from 'drizzle-orm';

import { db } from '../db/client.js';
import { invitations } from '../db/schema.js';

export type Answer = 'yes' | 'no';
export type Invitation = typeof invitations.$inferSelect;

export class InvitationRepository {
  async create(partyId: number, userId: number): Promise<void> {
    await db.insert(invitations).values({ partyId, userId }).onConflictDoNothing();
  }

  async countComing(partyId: number): Promise<number> {
    const [row] = await db
      .select({ coming: count() })
      .from(invitations)
      .where(and(eq(invitations.partyId, partyId), eq(invitations.answer, 'yes')));
    return row?.coming ?? 0;
  }

  ofParty(partyId: number): Promise<Invitation[]> {
    return db
      .select()
      .from(invitations)
      .where(eq(invitations.partyId, partyId))
      .orderBy(asc(invitations.userId));
  }
}
