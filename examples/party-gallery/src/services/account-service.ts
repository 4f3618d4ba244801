import { randomBytes } from 'node:crypto';

import { HttpError, notFound } from '../lib/http-error.js';
import { openSession } from '../lib/auth.js';
import { hashPassword, isPassword } from '../lib/passwords.js';
import { PartyRepository } from '../repositories/party-repository.js';
import { UserRepository } from '../repositories/user-repository.js';

const RANKED = 10;

export class AccountService {
  constructor(
    private readonly users = new UserRepository(),
    private readonly parties = new PartyRepository(),
  ) {}

  async login(email: string, password: string): Promise<{ token: string; name: string }> {
    const user = await this.users.byEmail(email);
    if (!user || !isPassword(password, user.passwordSalt, user.passwordHash)) {
      throw new HttpError(401, 'wrong email or password');
    }
    return { token: await openSession(user.id), name: user.name };
  }

  async signUp(email: string, name: string, password: string): Promise<object> {
    if (await this.users.byEmail(email)) throw new HttpError(409, 'this email has an account');
    const passwordSalt = randomBytes(16).toString('hex');
    const passwordHash = hashPassword(password, passwordSalt);
    const user = await this.users.create({ email, name, passwordSalt, passwordHash });
    return { id: user.id, name: user.name };
  }

  async follow(userId: number, followeeId: number): Promise<void> {
    if (!(await this.users.byId(followeeId))) throw notFound('user');
    await this.users.follow(userId, followeeId);
  }

  async profile(id: number): Promise<object> {
    const user = await this.users.byId(id);
    return { id, name: user!.name, email: user!.email, bio: user!.bio };
  }

  /** Everybody one could invite. */
  async directory(): Promise<object[]> {
    const users = await this.users.all();
    return users.map((user) => ({ id: user.id, name: user.name }));
  }

  /** The hosts with most parties. */
  async ranking(): Promise<object[]> {
    const users = await this.users.all();
    const parties = await this.parties.all();
    const ranked = users.map((user) => ({
      id: user.id,
      name: user.name,
      parties: parties.filter((party) => party.hostId === user.id).length,
    }));
    return ranked.sort((a, b) => b.parties - a.parties || a.id - b.id).slice(0, RANKED);
  }
}
