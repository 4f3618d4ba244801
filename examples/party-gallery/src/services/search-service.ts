import { cached } from '../lib/cache.js';
import { PartyRepository } from '../repositories/party-repository.js';
import { UserRepository } from '../repositories/user-repository.js';

export class SearchService {
  constructor(
    private readonly parties = new PartyRepository(),
    private readonly users = new UserRepository(),
  ) {}

  find(words: string): Promise<object[]> {
    return cached(`search:${words.toLowerCase()}`, async () => {
      const found = await this.parties.search(words);
      return Promise.all(
        found.map(async (party) => {
          const host = await this.users.byId(party.hostId);
          return { id: party.id, title: party.title, city: party.city, startsAt: party.startsAt, host: host!.name };
        }),
      );
    });
  }
}
