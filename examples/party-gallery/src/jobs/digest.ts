import { Queue, Worker, type Job } from 'bullmq';

import { config } from '../config.js';
import { sendMail } from '../lib/mailer.js';
import { InvitationRepository } from '../repositories/invitation-repository.js';
import { NotificationRepository } from '../repositories/notification-repository.js';
import { PartyRepository } from '../repositories/party-repository.js';
import { UserRepository } from '../repositories/user-repository.js';

const QUEUE = 'digest';

interface Digest {
  partyId: number;
}

const invitations = new InvitationRepository();
const notifications = new NotificationRepository();
const parties = new PartyRepository();
const users = new UserRepository();

export async function requestDigest(partyId: number): Promise<void> {
  const queue = new Queue<Digest>(QUEUE, { connection: { url: config.redisUrl } });
  await queue.add('digest', { partyId });
  await queue.close();
}

/** Tells every guest of a party what is new in its album. */
async function sendDigest(job: Job<Digest>): Promise<void> {
  const invited = await invitations.ofParty(job.data.partyId);
  for (const invitation of invited) {
    const party = await parties.byId(job.data.partyId);
    const guest = await users.byId(invitation.userId);
    const text = `There are new pictures of ${party!.title}.`;
    await notifications.create(guest!.id, party!.id, text);
    await sendMail({ to: guest!.email, subject: party!.title, text });
  }
}

export function startWorker(): Worker<Digest> {
  return new Worker<Digest>(QUEUE, sendDigest, { connection: { url: config.redisUrl } });
}
