import { Queue, type JobsOptions } from 'bullmq';

import type { Mail } from '../lib/mailer.js';
import { redis } from '../lib/redis.js';

const defaultJobOptions: JobsOptions = {
  attempts: 3,
  backoff: { type: 'exponential', delay: 500 },
  removeOnComplete: 1_000,
  removeOnFail: 1_000,
};

export const digests = new Queue<{ partyId: number }>('digest', { connection: redis, defaultJobOptions });
export const mails = new Queue<Mail>('mail', { connection: redis, defaultJobOptions });
export const thumbnails = new Queue<{ mediaId: number; fileName: string }>('thumbnail', {
  connection: redis,
  defaultJobOptions,
});
