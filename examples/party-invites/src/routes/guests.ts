import { Router } from 'express';
import { z } from 'zod';

import { GuestService } from '@/services/guest-service';

const guests = new GuestService();

const importBody = z.object({
  rows: z.array(z.object({ name: z.string(), email: z.email(), city: z.string().optional() })),
});

export const guestsRouter = Router();

guestsRouter.get('/', async (_req, res) => {
  res.json(await guests.all());
});

guestsRouter.get('/in/:city', async (req, res) => {
  res.json(await guests.inCity(req.params.city));
});

guestsRouter.post('/import', async (req, res) => {
  const { rows } = importBody.parse(req.body);
  res.status(201).json({ imported: await guests.import(rows) });
});

guestsRouter.get('/:id/parties', async (req, res) => {
  res.json(await guests.history(Number(req.params.id)));
});
