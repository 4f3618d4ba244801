import { randomBytes } from 'node:crypto';

import { HttpError, notFound } from '../lib/http-error.js';
import { openSession } from '../lib/auth.js';
import { hashPassword, isPassword } from '../lib/passwords.js';
import { UserRepository } from '../repositories/user-repository.js';

const RANKED = 10;
const LISTED = 1_000;

export class AccountService {
  constructor(private readonly users = new UserRepository()) {}

  async login(email: string, password: string): Promise<{ token: string; name: string }> {
    const user = await this.users.credentials(email);
    if (!user || !(await isPassword(password, user.salt, user.hash))) {
      throw new HttpError(401, 'wrong email or password');
    }
    return { token: await openSession(user.id), name: user.name };
  }

  async signUp(email: string, name: string, password: string): Promise<object> {
    if (await this.users.credentials(email)) throw new HttpError(409, 'this email has an account');
    const passwordSalt = randomBytes(16).toString('hex');
    const passwordHash = await hashPassword(password, passwordSalt);
    return this.users.create({ email, name, passwordSalt, passwordHash });
  }

  async follow(userId: number, followeeId: number): Promise<void> {
    if (!(await this.users.exists(followeeId))) throw notFound('user');
    await this.users.follow(userId, followeeId);
  }

  async profile(id: number): Promise<object> {
    const { name, email, bio } = (await this.users.profile(id))!;
    return { id, name, email, bio };
  }

  /** Everybody one could invite. */
  directory(): Promise<object[]> {
    return this.users.directory(LISTED);
  }

  /** The hosts with most parties. */
  ranking(): Promise<object[]> {
    return this.users.ranking(RANKED);
  }
}
