import { pbkdf2Sync, timingSafeEqual } from 'node:crypto';

const ROUNDS = 100_000;

export function hashPassword(password: string, salt: string): string {
  return pbkdf2Sync(password, salt, ROUNDS, 32, 'sha256').toString('hex');
}

export function isPassword(password: string, salt: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashPassword(password, salt)), Buffer.from(hash));
}
