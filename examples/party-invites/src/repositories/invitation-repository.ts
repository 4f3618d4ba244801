import type { Guest, Invitation } from '@prisma/client';

import { prisma } from '@/db';

export class InvitationRepository {
  create(partyId: number, guestId: number): Promise<Invitation> {
    return prisma.invitation.create({ data: { partyId, guestId, sentAt: new Date() } });
  }

  countAccepted(partyId: number): Promise<number> {
    return prisma.invitation.count({ where: { partyId, rsvp: 'YES' } });
  }

  ofParty(partyId: number): Promise<Invitation[]> {
    return prisma.invitation.findMany({ where: { partyId } });
  }

  pendingOf(partyId: number): Promise<(Invitation & { guest: Guest })[]> {
    return prisma.invitation.findMany({
      where: { partyId, rsvp: 'PENDING' },
      include: { guest: true },
    });
  }

  acceptedBy(guestId: number): Promise<Invitation[]> {
    return prisma.invitation.findMany({ where: { guestId, rsvp: 'YES' } });
  }

  pageAfter(after: number | undefined, size: number): Promise<Invitation[]> {
    return prisma.invitation.findMany({
      orderBy: { id: 'asc' },
      take: size,
      ...(after === undefined ? {} : { cursor: { id: after }, skip: 1 }),
    });
  }
}
