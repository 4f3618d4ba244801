import type { Invitation } from '@prisma/client';

import { prisma } from '@/db';
import { sendMail } from '@/lib/mailer';
import { GuestRepository } from '@/repositories/guest-repository';
import { InvitationRepository } from '@/repositories/invitation-repository';
import { PartyRepository } from '@/repositories/party-repository';

const PAGE_SIZE = 50;

export class InvitationService {
  constructor(
    private readonly invitations = new InvitationRepository(),
    private readonly guests = new GuestRepository(),
    private readonly parties = new PartyRepository(),
  ) {}

  page(after: number | undefined): Promise<Invitation[]> {
    return this.invitations.pageAfter(after, PAGE_SIZE);
  }

  async invite(partyId: number, guestIds: number[]): Promise<Invitation[]> {
    const guests = await this.guests.byIds(guestIds);
    const created: Invitation[] = [];
    for (const guest of guests) {
      created.push(await this.invitations.create(partyId, guest.id));
    }
    return created;
  }

  async remind(partyId: number): Promise<number> {
    const pending = await this.invitations.pendingOf(partyId);
    for (const invitation of pending) {
      const party = await this.parties.byId(partyId);
      await sendMail({
        to: invitation.guest.email,
        subject: `Will you come to ${party?.title ?? 'the party'}?`,
        text: `Dear ${invitation.guest.name}, please let us know.`,
      });
    }
    return pending.length;
  }

  answer(id: number, rsvp: 'YES' | 'NO'): Promise<Invitation> {
    return prisma.$transaction(async (tx) => {
      const invitation = await tx.invitation.update({
        where: { id },
        data: { rsvp, respondedAt: new Date() },
        include: { party: { include: { host: true } }, guest: true },
      });
      await sendMail({
        to: invitation.party.host.email,
        subject: `${invitation.guest.name} answered ${rsvp}`,
        text: `About ${invitation.party.title} at ${invitation.party.venue}.`,
      });
      return invitation;
    });
  }
}
