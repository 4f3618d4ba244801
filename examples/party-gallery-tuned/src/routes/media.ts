import { Router } from 'express';

import { signedIn, userIdOf } from '../lib/auth.js';
import { idOf, ids, text, texts } from '../lib/input.js';
import { placeOf } from '../lib/place.js';
import { MediaService } from '../services/media-service.js';

const media = new MediaService();

export const mediaRouter = Router();

mediaRouter.get('/', async (req, res) => {
  res.json(await media.latest(placeOf(req.query)));
});

mediaRouter.get('/slideshow', async (req, res) => {
  res.json(await media.slideshow(ids(text(req.query.ids, 'ids').split(','), 'ids')));
});

mediaRouter.get('/:id', async (req, res) => {
  res.json(await media.one(idOf(req)));
});

mediaRouter.post('/:id/likes', signedIn, async (req, res) => {
  res.json(await media.like(idOf(req), userIdOf(res)));
});

mediaRouter.post('/:id/shares', signedIn, async (req, res) => {
  res.json(await media.share(idOf(req), texts(req.body?.emails, 'emails')));
});

mediaRouter.post('/:id/comments', signedIn, async (req, res) => {
  res.status(201).json(await media.comment(idOf(req), userIdOf(res), text(req.body?.text, 'text')));
});
