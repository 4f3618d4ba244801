import { Router } from 'express';
import { z } from 'zod';

import { InvitationService } from '@/services/invitation-service';

const invitations = new InvitationService();

const answerBody = z.object({ rsvp: z.enum(['YES', 'NO']) });
const afterQuery = z.object({ after: z.coerce.number().int().optional() });

export const invitationsRouter = Router();

invitationsRouter.get('/', async (req, res) => {
  const { after } = afterQuery.parse(req.query);
  res.json(await invitations.page(after));
});

invitationsRouter.post('/:id/answer', async (req, res) => {
  const { rsvp } = answerBody.parse(req.body);
  res.json(await invitations.answer(Number(req.params.id), rsvp));
});
