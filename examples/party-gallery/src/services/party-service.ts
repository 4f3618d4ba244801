import { and, eq } from 'drizzle-orm';

import { db } from '../db/client.js';
import { invitations, parties, users, type Party } from '../db/schema.js';
import { cached, forget } from '../lib/cache.js';
import { HttpError, notFound } from '../lib/http-error.js';
import { sendMail } from '../lib/mailer.js';
import { InvitationRepository, type Answer } from '../repositories/invitation-repository.js';
import { MediaRepository } from '../repositories/media-repository.js';
import { PartyRepository, type NewParty } from '../repositories/party-repository.js';
import { UserRepository } from '../repositories/user-repository.js';

const PAGE_SIZE = 10;

export interface PartySummary {
  id: number;
  title: string;
  city: string;
  startsAt: Date;
  host: string;
  coming: number;
}

export class PartyService {
  constructor(
    private readonly parties = new PartyRepository(),
    private readonly users = new UserRepository(),
    private readonly invitations = new InvitationRepository(),
    private readonly media = new MediaRepository(),
  ) {}

  async list(city: string, page: number): Promise<{ items: PartySummary[]; next: string | null }> {
    const rows = await this.parties.openIn(city, page, PAGE_SIZE);
    const items: PartySummary[] = [];
    for (const party of rows) {
      items.push(await this.summary(party));
    }
    const next = rows.length === PAGE_SIZE ? `/parties?city=${encodeURIComponent(city)}&page=${page + 1}` : null;
    return { items, next };
  }

  async detail(id: number): Promise<object> {
    return cached(`party:${id}:detail`, async () => {
      const party = await this.existing(id);
      const media = [];
      for (const item of await this.media.ofParty(id)) {
        const uploader = await this.users.byId(item.uploaderId);
        media.push({
          id: item.id,
          caption: item.caption,
          takenAt: item.takenAt,
          uploader: uploader?.name,
          likes: await this.media.countLikes(item.id),
        });
      }
      return { ...(await this.summary(party)), description: party.description, status: party.status, media };
    });
  }

  async create(party: NewParty): Promise<object> {
    const created = await this.parties.create(party);
    await forget('search:*');
    return { id: created.id, title: created.title, city: created.city, startsAt: created.startsAt };
  }

  async rename(id: number, hostId: number, title: string): Promise<void> {
    const party = await this.hostedBy(id, hostId);
    await this.parties.rename(party.id, title);
    await forget(`party:${id}:*`);
    await forget('search:*');
  }

  async invite(id: number, hostId: number, userIds: number[]): Promise<{ guests: number }> {
    await this.hostedBy(id, hostId);
    for (const userId of userIds) {
      if (await this.canInvite(id, userId)) await this.invitations.create(id, userId);
    }
    const guests = await this.invitations.ofParty(id);
    return { guests: guests.length };
  }

  async answer(id: number, userId: number, answer: Answer): Promise<{ answer: string }> {
    const result = await db.transaction(async (tx) => {
      const [invitation] = await tx
        .update(invitations)
        .set({ answer })
        .where(and(eq(invitations.partyId, id), eq(invitations.userId, userId)))
        .returning();
      if (!invitation) throw notFound('invitation');
      const [about] = await tx
        .select({ title: parties.title, email: users.email })
        .from(parties)
        .innerJoin(users, eq(users.id, parties.hostId))
        .where(eq(parties.id, id));
      await sendMail({
        to: about!.email,
        subject: `An answer for ${about!.title}`,
        text: `A guest answered ${answer}.`,
      });
      return { answer: invitation.answer };
    });
    await forget(`party:${id}:*`);
    return result;
  }

  async remind(id: number, hostId: number): Promise<{ reminded: number }> {
    const party = await this.hostedBy(id, hostId);
    const invited = await this.invitations.ofParty(id);
    const pending = invited.filter((invitation) => invitation.answer === 'pending');
    await Promise.all(
      pending.map(async (invitation) => {
        const guest = await this.users.byId(invitation.userId);
        await sendMail({
          to: guest!.email,
          subject: `Will you come to ${party.title}?`,
          text: `Dear ${guest!.name}, please let us know.`,
        });
      }),
    );
    return { reminded: pending.length };
  }

  private async canInvite(id: number, userId: number): Promise<boolean> {
    const party = await this.parties.byId(id);
    const user = await this.users.byId(userId);
    return party?.status === 'open' && user !== undefined && user.id !== party.hostId;
  }

  private async summary(party: Party): Promise<PartySummary> {
    const host = await this.users.byId(party.hostId);
    const coming = await this.invitations.countComing(party.id);
    const { id, title, city, startsAt } = party;
    return { id, title, city, startsAt, host: host!.name, coming };
  }

  private async existing(id: number): Promise<Party> {
    const party = await this.parties.byId(id);
    if (!party) throw notFound('party');
    return party;
  }

  async hostedBy(id: number, hostId: number): Promise<Party> {
    const party = await this.existing(id);
    if (party.hostId !== hostId) throw new HttpError(403, 'only the host may do this');
    return party;
  }
}
