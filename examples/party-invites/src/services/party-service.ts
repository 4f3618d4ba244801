import type { Guest, Invitation, Party } from '@prisma/client';

import { GuestRepository } from '@/repositories/guest-repository';
import { InvitationRepository } from '@/repositories/invitation-repository';
import { PartyRepository } from '@/repositories/party-repository';

const PAGE_SIZE = 20;

export interface UpcomingParty extends Party {
  accepted: number;
}

export interface Seat {
  guest: Guest;
  invitation: Invitation | undefined;
}

export class PartyService {
  constructor(
    private readonly parties = new PartyRepository(),
    private readonly guests = new GuestRepository(),
    private readonly invitations = new InvitationRepository(),
  ) {}

  page(page: number): Promise<Party[]> {
    return this.parties.page(page, PAGE_SIZE);
  }

  details(id: number) {
    return this.parties.withHostAndInvitations(id);
  }

  async upcoming(): Promise<UpcomingParty[]> {
    const parties = await this.parties.startingAfter(new Date());
    const upcoming: UpcomingParty[] = [];
    for (const party of parties) {
      const accepted = await this.invitations.countAccepted(party.id);
      upcoming.push({ ...party, accepted });
    }
    return upcoming;
  }

  async seating(partyId: number): Promise<Seat[]> {
    const [guests, invitations] = await Promise.all([
      this.guests.ofParty(partyId),
      this.invitations.ofParty(partyId),
    ]);
    return guests.map((guest) => ({
      guest,
      invitation: invitations.find((invitation) => invitation.guestId === guest.id),
    }));
  }
}
