import type { AddressInfo } from 'node:net';

import { createApp } from './app.js';
import { config } from './config.js';
import { pool } from './db/client.js';
import { startDigests } from './jobs/digest.js';
import { startMails } from './jobs/mails.js';
import { digests, mails, thumbnails } from './jobs/queues.js';
import { startThumbnails } from './jobs/thumbnails.js';
import { prepareFiles } from './lib/files.js';
import { redis } from './lib/redis.js';

await prepareFiles();
const jobs = [startDigests(), startMails(), startThumbnails(), digests, mails, thumbnails];
const server = createApp().listen(config.port, config.host, () => {
  const { address, port } = server.address() as AddressInfo;
  console.log(`listening on http://${address}:${port}`);
});
server.requestTimeout = 30_000;
server.headersTimeout = 10_000;

async function stop(): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await Promise.all(jobs.map((job) => job.close()));
  await pool.end();
  await redis.quit();
}

process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
