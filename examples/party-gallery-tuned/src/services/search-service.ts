import { cached, generation } from '../lib/cache.js';
import { PartyRepository } from '../repositories/party-repository.js';

const KEPT_SECONDS = 60;
const MOST_FOUND = 200;

export class SearchService {
  constructor(private readonly parties = new PartyRepository()) {}

  async find(words: string): Promise<object[]> {
    const key = `search:${await generation('search')}:${words.toLowerCase()}`;
    return cached(key, KEPT_SECONDS, () => this.parties.search(words, MOST_FOUND));
  }
}
