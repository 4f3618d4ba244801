import { Router } from 'express';

import { signedIn, userIdOf } from '../lib/auth.js';
import { idOf, text } from '../lib/input.js';
import { MediaService } from '../services/media-service.js';

const media = new MediaService();

export const mediaRouter = Router();

mediaRouter.get('/:id', async (req, res) => {
  res.json(await media.one(idOf(req)));
});

mediaRouter.post('/:id/likes', signedIn, async (req, res) => {
  res.json(await media.like(idOf(req), userIdOf(res)));
});

mediaRouter.post('/:id/comments', signedIn, async (req, res) => {
  res.status(201).json(await media.comment(idOf(req), userIdOf(res), text(req.body?.text, 'text')));
});
