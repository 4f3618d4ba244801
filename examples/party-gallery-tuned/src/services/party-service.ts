import { queueMails } from '../jobs/mails.js';
import { cached, forget, nextGeneration } from '../lib/cache.js';
import { HttpError, notFound } from '../lib/http-error.js';
import { written, type Place } from '../lib/place.js';
import { InvitationRepository, type Answer } from '../repositories/invitation-repository.js';
import { MediaRepository } from '../repositories/media-repository.js';
import { PartyRepository, type NewParty, type PartySummary } from '../repositories/party-repository.js';

const PAGE_SIZE = 10;
const KEPT_SECONDS = 300;

export class PartyService {
  constructor(
    private readonly parties = new PartyRepository(),
    private readonly invitations = new InvitationRepository(),
    private readonly media = new MediaRepository(),
  ) {}

  async list(city: string, after: Place | undefined): Promise<{ items: PartySummary[]; next: string | null }> {
    const items = await this.parties.openIn(city, after, PAGE_SIZE);
    const last = items[PAGE_SIZE - 1];
    if (!last) return { items, next: null };
    const place = written({ time: last.startsAt, id: last.id });
    return { items, next: `/parties?city=${encodeURIComponent(city)}&after=${place}` };
  }

  async detail(id: number): Promise<object> {
    return cached(`party:${id}:detail`, KEPT_SECONDS, async () => {
      const [party, media] = await Promise.all([this.parties.detail(id), this.media.ofParty(id)]);
      if (!party) throw notFound('party');
      return { ...party, media };
    });
  }

  async create(party: NewParty): Promise<object> {
    const created = await this.parties.create(party);
    await nextGeneration('search');
    return created;
  }

  async rename(id: number, hostId: number, title: string): Promise<void> {
    await this.hostedBy(id, hostId);
    await this.parties.rename(id, title);
    await Promise.all([forget(`party:${id}:detail`), nextGeneration('search')]);
  }

  async invite(id: number, hostId: number, userIds: number[]): Promise<{ guests: number }> {
    await this.hostedBy(id, hostId);
    await this.invitations.createAll(id, userIds);
    return { guests: await this.invitations.count(id) };
  }

  async answer(id: number, userId: number, answer: Answer): Promise<{ answer: string }> {
    const about = await this.invitations.answer(id, userId, answer);
    if (!about) throw notFound('invitation');
    await forget(`party:${id}:detail`);
    const subject = `An answer for ${about.title}`;
    await queueMails([{ to: about.email, subject, text: `A guest answered ${answer}.` }]);
    return { answer };
  }

  async remind(id: number, hostId: number): Promise<{ reminded: number }> {
    const party = await this.hostedBy(id, hostId);
    const pending = await this.invitations.pendingGuests(id);
    const mails = pending.map((guest) => ({
      to: guest.email,
      subject: `Will you come to ${party.title}?`,
      text: `Dear ${guest.name}, please let us know.`,
    }));
    await queueMails(mails);
    return { reminded: pending.length };
  }

  async hostedBy(id: number, hostId: number): Promise<{ id: number; title: string }> {
    const party = await this.parties.heading(id);
    if (!party) throw notFound('party');
    if (party.hostId !== hostId) throw new HttpError(403, 'only the host may do this');
    return party;
  }
}
