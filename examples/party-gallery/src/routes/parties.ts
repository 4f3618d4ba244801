import express, { Router } from 'express';

import { requestDigest } from '../jobs/digest.js';
import { signedIn, userIdOf } from '../lib/auth.js';
import { HttpError } from '../lib/http-error.js';
import { date, idOf, ids, text, wholeNumber } from '../lib/input.js';
import { ExportService } from '../services/export-service.js';
import { MediaService } from '../services/media-service.js';
import { PartyService } from '../services/party-service.js';

const parties = new PartyService();
const media = new MediaService();
const albums = new ExportService();

export const partiesRouter = Router();

partiesRouter.get('/', async (req, res) => {
  const page = wholeNumber(req.query.page ?? 1, 'page');
  res.json(await parties.list(text(req.query.city, 'city'), page));
});

partiesRouter.post('/', signedIn, async (req, res) => {
  const created = await parties.create({
    hostId: userIdOf(res),
    title: text(req.body?.title, 'title'),
    description: text(req.body?.description, 'description'),
    city: text(req.body?.city, 'city'),
    startsAt: date(req.body?.startsAt, 'startsAt'),
  });
  res.status(201).json(created);
});

partiesRouter.get('/:id', async (req, res) => {
  res.json(await parties.detail(idOf(req)));
});

partiesRouter.patch('/:id', signedIn, async (req, res) => {
  await parties.rename(idOf(req), userIdOf(res), text(req.body?.title, 'title'));
  res.sendStatus(204);
});

partiesRouter.post('/:id/invitations', signedIn, async (req, res) => {
  const invited = ids(req.body?.userIds, 'userIds');
  res.status(201).json(await parties.invite(idOf(req), userIdOf(res), invited));
});

partiesRouter.post('/:id/answer', signedIn, async (req, res) => {
  const answer = text(req.body?.answer, 'answer');
  if (answer !== 'yes' && answer !== 'no') throw new HttpError(400, 'answer must be yes or no');
  res.json(await parties.answer(idOf(req), userIdOf(res), answer));
});

partiesRouter.post('/:id/reminders', signedIn, async (req, res) => {
  res.json(await parties.remind(idOf(req), userIdOf(res)));
});

partiesRouter.post('/:id/digest', signedIn, async (req, res) => {
  const party = await parties.hostedBy(idOf(req), userIdOf(res));
  await requestDigest(party.id);
  res.status(202).json({ queued: true });
});

partiesRouter.post('/:id/media', signedIn, express.raw({ type: 'image/*', limit: '10mb' }), async (req, res) => {
  if (!Buffer.isBuffer(req.body) || req.body.length === 0) throw new HttpError(400, 'an image is missing');
  const stored = await media.store({
    partyId: idOf(req),
    uploaderId: userIdOf(res),
    caption: text(req.query.caption, 'caption'),
    takenAt: date(req.query.takenAt, 'takenAt'),
    content: req.body,
  });
  res.status(201).json(stored);
});

partiesRouter.get('/:id/export', signedIn, async (req, res) => {
  const album = await albums.album(idOf(req));
  res.set({ 'content-type': 'application/json', 'content-encoding': 'gzip' }).send(album);
});
