import type { Party } from '@prisma/client';

import { prisma } from '@/db';

export class PartyRepository {
  byId(id: number): Promise<Party | null> {
    return prisma.party.findUnique({ where: { id } });
  }

  byIds(ids: number[]): Promise<Party[]> {
    return prisma.party.findMany({ where: { id: { in: ids } } });
  }

  page(page: number, size: number): Promise<Party[]> {
    return prisma.party.findMany({
      orderBy: { id: 'desc' },
      skip: (page - 1) * size,
      take: size,
    });
  }

  startingAfter(moment: Date): Promise<Party[]> {
    return prisma.party.findMany({
      where: { startsAt: { gt: moment } },
      orderBy: { startsAt: 'asc' },
      take: 200,
    });
  }

  withHostAndInvitations(id: number) {
    return prisma.party.findUnique({
      where: { id },
      include: { host: true, invitations: { include: { guest: true }, take: 500 } },
    });
  }
}
