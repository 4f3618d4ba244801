import compression from 'compression';
import express, { type Express } from 'express';

import { answerErrors } from './lib/http-error.js';
import { accountsRouter } from './routes/accounts.js';
import { feedRouter } from './routes/feed.js';
import { healthRouter } from './routes/health.js';
import { mediaRouter } from './routes/media.js';
import { partiesRouter } from './routes/parties.js';

export function createApp(): Express {
  const app = express();
  app.use(compression());
  app.use(express.json());
  app.use(healthRouter);
  app.use(accountsRouter);
  app.use(feedRouter);
  app.use('/parties', partiesRouter);
  app.use('/media', mediaRouter);
  app.use(answerErrors);
  return app;
}
