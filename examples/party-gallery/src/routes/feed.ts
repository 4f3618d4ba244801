import { Router } from 'express';

import { signedIn, userIdOf } from '../lib/auth.js';
import { idOf, text } from '../lib/input.js';
import { NotificationRepository } from '../repositories/notification-repository.js';
import { FeedService } from '../services/feed-service.js';
import { SearchService } from '../services/search-service.js';

const feed = new FeedService();
const search = new SearchService();
const notifications = new NotificationRepository();

export const feedRouter = Router();

feedRouter.get('/feed', signedIn, async (_req, res) => {
  res.json(await feed.of(userIdOf(res)));
});

feedRouter.get('/search', async (req, res) => {
  res.json(await search.find(text(req.query.q, 'q')));
});

feedRouter.get('/notifications', signedIn, async (_req, res) => {
  const latest = await notifications.ofUser(userIdOf(res));
  res.json(latest.map(({ partyId, text, seen }) => ({ partyId, text, seen })));
});

feedRouter.post('/notifications/:id/seen', signedIn, async (req, res) => {
  await notifications.markSeen(idOf(req), userIdOf(res));
  res.sendStatus(204);
});
