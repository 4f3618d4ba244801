import { MediaRepository } from '../repositories/media-repository.js';

const PER_FRIEND = 5;
const LENGTH = 20;

export class FeedService {
  constructor(private readonly media = new MediaRepository()) {}

  of(userId: number): Promise<object[]> {
    return this.media.feed(userId, PER_FRIEND, LENGTH);
  }
}
