import { redis } from './redis.js';

const running = new Map<string, Promise<unknown>>();

/** What is kept under the key, or what `compute` says: once, however many ask for it meanwhile. */
export async function cached<T>(key: string, seconds: number, compute: () => Promise<T>): Promise<T> {
  const kept = await redis.get(key);
  if (kept) return JSON.parse(kept) as T;
  const others = running.get(key) as Promise<T> | undefined;
  if (others) return others;
  const value = keep(key, seconds, compute).finally(() => running.delete(key));
  running.set(key, value);
  return value;
}

async function keep<T>(key: string, seconds: number, compute: () => Promise<T>): Promise<T> {
  const value = await compute();
  await redis.set(key, JSON.stringify(value), 'EX', seconds);
  return value;
}

export async function forget(key: string): Promise<void> {
  await redis.unlink(key);
}

/** A number that is part of the keys of a group: a new number leaves all old keys to their expiry. */
export async function generation(group: string): Promise<string> {
  return (await redis.get(`generation:${group}`)) ?? '0';
}

export async function nextGeneration(group: string): Promise<void> {
  await redis.incr(`generation:${group}`);
}
