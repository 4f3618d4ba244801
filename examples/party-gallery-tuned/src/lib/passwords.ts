import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const ROUNDS = 100_000;
const derive = promisify(pbkdf2);

export async function hashPassword(password: string, salt: string): Promise<string> {
  return (await derive(password, salt, ROUNDS, 32, 'sha256')).toString('hex');
}

export async function isPassword(password: string, salt: string, hash: string): Promise<boolean> {
  return timingSafeEqual(Buffer.from(await hashPassword(password, salt)), Buffer.from(hash));
}
