import { Router } from 'express';
import { z } from 'zod';

import { prisma } from '@/db';

const claimBody = z.object({ giftIds: z.array(z.number().int()).min(1), guestId: z.number().int() });

export const giftsRouter = Router();

giftsRouter.get('/party/:partyId', async (req, res) => {
  const gifts = await prisma.gift.findMany({
    where: { partyId: Number(req.params.partyId) },
    orderBy: { title: 'asc' },
    take: 100,
  });
  res.json(gifts);
});

giftsRouter.post('/claim', async (req, res) => {
  const { giftIds, guestId } = claimBody.parse(req.body);
  const free = [];
  for (const id of giftIds) {
    const gift = await prisma.gift.findFirst({ where: { id, guestId: null } });
    if (gift) {
      free.push(gift);
    }
  }
  await prisma.gift.updateMany({
    where: { id: { in: free.map((gift) => gift.id) } },
    data: { guestId },
  });
  res.json({ claimed: free.length });
});
