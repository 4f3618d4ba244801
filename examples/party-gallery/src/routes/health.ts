import { Router } from 'express';
import { Redis } from 'ioredis';
import { Client } from 'pg';

import { config } from '../config.js';

export const healthRouter = Router();

healthRouter.get('/health', async (_req, res) => {
  const client = new Client({ connectionString: config.databaseUrl });
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
  const redis = new Redis(config.redisUrl);
  await redis.ping();
  redis.disconnect();
  res.json({ status: 'ok' });
});
