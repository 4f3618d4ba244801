import { Router } from 'express';
import { z } from 'zod';

import { InvitationService } from '@/services/invitation-service';
import { PartyService } from '@/services/party-service';

const parties = new PartyService();
const invitations = new InvitationService();

const pageQuery = z.object({ page: z.coerce.number().int().min(1).default(1) });
const inviteBody = z.object({ guestIds: z.array(z.number().int()).min(1) });

export const partiesRouter = Router();

partiesRouter.get('/', async (req, res) => {
  const { page } = pageQuery.parse(req.query);
  res.json(await parties.page(page));
});

partiesRouter.get('/upcoming', async (_req, res) => {
  res.json(await parties.upcoming());
});

partiesRouter.get('/:id', async (req, res) => {
  const party = await parties.details(Number(req.params.id));
  if (!party) {
    res.status(404).json({ error: 'no such party' });
    return;
  }
  res.json(party);
});

partiesRouter.get('/:id/seating', async (req, res) => {
  res.json(await parties.seating(Number(req.params.id)));
});

partiesRouter.post('/:id/invitations', async (req, res) => {
  const { guestIds } = inviteBody.parse(req.body);
  const sent = await invitations.invite(Number(req.params.id), guestIds);
  res.status(201).json(sent);
});

partiesRouter.post('/:id/reminders', async (req, res) => {
  const reminded = await invitations.remind(Number(req.params.id));
  res.json({ reminded });
});
