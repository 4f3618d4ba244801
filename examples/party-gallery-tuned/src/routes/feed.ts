import { Router } from 'express';

import { signedIn, userIdOf } from '../lib/auth.js';
import { text } from '../lib/input.js';
import { FeedService } from '../services/feed-service.js';
import { NotificationService } from '../services/notification-service.js';
import { SearchService } from '../services/search-service.js';

const feed = new FeedService();
const search = new SearchService();
const notifications = new NotificationService();

export const feedRouter = Router();

feedRouter.get('/feed', signedIn, async (_req, res) => {
  res.json(await feed.of(userIdOf(res)));
});

feedRouter.get('/search', async (req, res) => {
  res.json(await search.find(text(req.query.q, 'q')));
});

feedRouter.get('/notifications', signedIn, async (_req, res) => {
  res.json(await notifications.latest(userIdOf(res)));
});

feedRouter.post('/notifications/seen', signedIn, async (_req, res) => {
  res.json(await notifications.markSeen(userIdOf(res)));
});
