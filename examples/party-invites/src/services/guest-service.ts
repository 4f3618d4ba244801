import type { Guest, Party } from '@prisma/client';

import { GuestRepository, type NewGuest } from '@/repositories/guest-repository';
import { InvitationRepository } from '@/repositories/invitation-repository';
import { PartyRepository } from '@/repositories/party-repository';

export class GuestService {
  constructor(
    private readonly guests = new GuestRepository(),
    private readonly invitations = new InvitationRepository(),
    private readonly parties = new PartyRepository(),
  ) {}

  all(): Promise<Guest[]> {
    return this.guests.all();
  }

  inCity(city: string): Promise<Guest[]> {
    return this.guests.inCity(city);
  }

  async import(rows: NewGuest[]): Promise<number> {
    const known = await this.guests.byEmails(rows.map((row) => row.email));
    const emails = new Set(known.map((guest) => guest.email));
    const fresh = rows.filter((row) => !emails.has(row.email));
    return this.guests.createMany(fresh);
  }

  async history(guestId: number): Promise<(Party & { guests: number })[]> {
    const invitations = await this.invitations.acceptedBy(guestId);
    const parties = await this.parties.byIds(invitations.map((invitation) => invitation.partyId));
    return Promise.all(
      parties.map(async (party) => ({
        ...party,
        guests: await this.invitations.countAccepted(party.id),
      })),
    );
  }
}
