import { Worker } from 'bullmq';

import { config } from '../config.js';
import { sendMail, type Mail } from '../lib/mailer.js';
import { mails } from './queues.js';

export async function queueMails(messages: Mail[]): Promise<void> {
  await mails.addBulk(messages.map((data) => ({ name: 'mail', data })));
}

export function startMails(): Worker<Mail> {
  const connection = { url: config.redisUrl };
  return new Worker<Mail>('mail', (job) => sendMail(job.data), { connection, concurrency: 10 });
}
