import type { Media } from '../db/schema.js';
import { MediaRepository } from '../repositories/media-repository.js';
import { PartyRepository } from '../repositories/party-repository.js';
import { UserRepository } from '../repositories/user-repository.js';

const PER_FRIEND = 5;
const LENGTH = 20;

export class FeedService {
  constructor(
    private readonly users = new UserRepository(),
    private readonly media = new MediaRepository(),
    private readonly parties = new PartyRepository(),
  ) {}

  async of(userId: number): Promise<object[]> {
    const friends = await this.users.followedBy(userId);
    const perFriend = await Promise.all(friends.map((friend) => this.media.latestOf(friend, PER_FRIEND)));
    const latest = perFriend.flat().sort(newestFirst).slice(0, LENGTH);
    return Promise.all(latest.map((item) => this.entry(item)));
  }

  private async entry(item: Media): Promise<object> {
    const uploader = await this.users.byId(item.uploaderId);
    const party = await this.parties.byId(item.partyId);
    const comments = await this.media.commentsOf(item.id);
    return {
      id: item.id,
      caption: item.caption,
      takenAt: item.takenAt,
      uploader: uploader!.name,
      party: party!.title,
      comments: comments.length,
    };
  }
}

function newestFirst(a: Media, b: Media): number {
  return b.takenAt.getTime() - a.takenAt.getTime() || b.id - a.id;
}
