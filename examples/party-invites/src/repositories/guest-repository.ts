import type { Guest } from '@prisma/client';

import { prisma } from '@/db';

export interface NewGuest {
  name: string;
  email: string;
  city?: string;
}

export class GuestRepository {
  all(): Promise<Guest[]> {
    return prisma.guest.findMany({ orderBy: { name: 'asc' } });
  }

  byIds(ids: number[]): Promise<Guest[]> {
    return prisma.guest.findMany({ where: { id: { in: ids } } });
  }

  byEmails(emails: string[]): Promise<Guest[]> {
    return prisma.guest.findMany({ where: { email: { in: emails } } });
  }

  inCity(city: string): Promise<Guest[]> {
    return prisma.guest.findMany({ where: { city }, orderBy: { id: 'asc' }, take: 100 });
  }

  ofParty(partyId: number): Promise<Guest[]> {
    return prisma.guest.findMany({ where: { invitations: { some: { partyId } } } });
  }

  async createMany(guests: NewGuest[]): Promise<number> {
    const { count } = await prisma.guest.createMany({ data: guests, skipDuplicates: true });
    return count;
  }
}
