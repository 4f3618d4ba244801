import { Router } from 'express';

import { signedIn, userIdOf } from '../lib/auth.js';
import { text } from '../lib/input.js';
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

accountsRouter.get('/hosts/ranking', async (_req, res) => {
  res.json(await accounts.ranking());
});
