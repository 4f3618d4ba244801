import { Router } from 'express';

import { pool } from '../db/client.js';
import { redis } from '../lib/redis.js';

export const healthRouter = Router();

healthRouter.get('/health', async (_req, res) => {
  await Promise.all([pool.query('SELECT 1'), redis.ping()]);
  res.json({ status: 'ok' });
});
