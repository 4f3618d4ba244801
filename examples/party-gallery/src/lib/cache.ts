import { redis } from './redis.js';

export async function cached<T>(key: string, compute: () => Promise<T>): Promise<T> {
  const kept = await redis.get(key);
  if (kept) return JSON.parse(kept) as T;
  const value = await compute();
  await redis.set(key, JSON.stringify(value));
  return value;
}

export async function forget(pattern: string): Promise<void> {
  const keys = await redis.keys(pattern);
  if (keys.length > 0) await redis.del(...keys);
}
