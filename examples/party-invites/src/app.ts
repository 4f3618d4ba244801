import express, { type Express } from 'express';

import { giftsRouter } from '@/routes/gifts';
import { guestsRouter } from '@/routes/guests';
import { invitationsRouter } from '@/routes/invitations';
import { partiesRouter } from '@/routes/parties';

export function createApp(): Express {
  const app = express();
  app.use(express.json());
  app.use('/parties', partiesRouter);
  app.use('/guests', guestsRouter);
  app.use('/invitations', invitationsRouter);
  app.use('/gifts', giftsRouter);
  return app;
}
