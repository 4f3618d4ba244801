import { Router } from 'express';

import { signedIn, userIdOf } from '../lib/auth.js';
import { idOf, text } from '../lib/input.js';
import { AccountService } from '../services/account-service.js';

const accounts = new AccountService();

export const accountsRouter = Router();

accountsRouter.post('/login', async (req, res) => {
  res.json(await accounts.login(text(req.body?.email, 'email'), text(req.body?.password, 'password')));
});

accountsRouter.get('/me', signedIn, async (_req, res) => {
  res.json(await accounts.profile(userIdOf(res)));
});

accountsRouter.get('/users', signedIn, async (_req, res) => {
  res.json(await accounts.directory());
});

accountsRouter.post('/users', async (req, res) => {
  const { email, name, password } = req.body ?? {};
  const created = await accounts.signUp(text(email, 'email'), text(name, 'name'), text(password, 'password'));
  res.status(201).json(created);
});

accountsRouter.post('/users/:id/followers', signedIn, async (req, res) => {
  await accounts.follow(userIdOf(res), idOf(req));
  res.sendStatus(204);
});

accountsRouter.get('/hosts/ranking', async (_req, res) => {
  res.json(await accounts.ranking());
});
