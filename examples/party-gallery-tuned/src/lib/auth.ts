import { randomBytes } from 'node:crypto';

import type { NextFunction, Request, Response } from 'express';

import { HttpError } from './http-error.js';
import { redis } from './redis.js';

const DAY = 24 * 60 * 60;

export async function openSession(userId: number): Promise<string> {
  const token = randomBytes(24).toString('hex');
  await redis.set(`session:${token}`, String(userId), 'EX', DAY);
  return token;
}

export async function signedIn(req: Request, res: Response, next: NextFunction): Promise<void> {
  const token = req.headers.authorization?.replace(/^Bearer /, '');
  const userId = token ? await redis.get(`session:${token}`) : null;
  if (!userId) throw new HttpError(401, 'sign in first');
  res.locals.userId = Number(userId);
  next();
}

export function userIdOf(res: Response): number {
  return res.locals.userId as number;
}
