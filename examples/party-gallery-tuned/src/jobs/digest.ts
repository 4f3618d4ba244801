import { Worker, type Job } from 'bullmq';

import { config } from '../config.js';
import { InvitationRepository } from '../repositories/invitation-repository.js';
import { NotificationRepository } from '../repositories/notification-repository.js';
import { PartyRepository } from '../repositories/party-repository.js';
import { queueMails } from './mails.js';
import { digests } from './queues.js';

interface Digest {
  partyId: number;
}

const invitations = new InvitationRepository();
const notifications = new NotificationRepository();
const parties = new PartyRepository();

export async function requestDigest(partyId: number): Promise<void> {
  await digests.add('digest', { partyId });
}

/** Tells every guest of a party what is new in its album. */
async function sendDigest(job: Job<Digest>): Promise<void> {
  const { partyId } = job.data;
  const party = await parties.heading(partyId);
  if (!party) return;
  const guests = await invitations.guests(partyId);
  const text = `There are new pictures of ${party.title}.`;
  await notifications.createAll(
    guests.map((guest) => guest.id),
    partyId,
    text,
  );
  await queueMails(guests.map((guest) => ({ to: guest.email, subject: party.title, text })));
}

export function startDigests(): Worker<Digest> {
  return new Worker<Digest>('digest', sendDigest, { connection: { url: config.redisUrl } });
}
