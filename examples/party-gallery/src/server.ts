import type { AddressInfo } from 'node:net';

import { createApp } from './app.js';
import { config } from './config.js';
import { pool } from './db/client.js';
import { startWorker } from './jobs/digest.js';
import { redis } from './lib/redis.js';

const worker = startWorker();
const server = createApp().listen(config.port, config.host, () => {
  const { address, port } = server.address() as AddressInfo;
  console.log(`listening on http://${address}:${port}`);
});

async function stop(): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await worker.close();
  await pool.end();
  await redis.quit();
}

process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
