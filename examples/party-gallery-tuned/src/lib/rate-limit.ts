import type { NextFunction, Request, Response } from 'express';

import { HttpError } from './http-error.js';
import { redis } from './redis.js';

const SECONDS = 60;

/** At most so many requests a minute of one address to one route. */
export function atMost(requests: number) {
  return async (req: Request, _res: Response, next: NextFunction): Promise<void> => {
    const key = `rate:${req.path}:${req.ip}`;
    await redis.set(key, 0, 'EX', SECONDS, 'NX');
    if ((await redis.incr(key)) > requests) throw new HttpError(429, 'too many requests');
    next();
  };
}
