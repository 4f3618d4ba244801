import { queueMails } from '../jobs/mails.js';
import { requestThumbnail } from '../jobs/thumbnails.js';
import { forget } from '../lib/cache.js';
import { fileNameOf, saveFile } from '../lib/files.js';
import { notFound } from '../lib/http-error.js';
import { written, type Place } from '../lib/place.js';
import { MediaRepository } from '../repositories/media-repository.js';
import { PartyRepository } from '../repositories/party-repository.js';

const PAGE_SIZE = 25;

export interface Upload {
  partyId: number;
  uploaderId: number;
  caption: string;
  takenAt: Date;
  content: Buffer;
}

export class MediaService {
  constructor(
    private readonly media = new MediaRepository(),
    private readonly parties = new PartyRepository(),
  ) {}

  async store({ content, ...about }: Upload): Promise<object> {
    if (!(await this.parties.heading(about.partyId))) throw notFound('party');
    const fileName = fileNameOf(content);
    await saveFile(fileName, content);
    const created = await this.media.create({ ...about, fileName, bytes: content.length });
    await requestThumbnail(created.id, fileName);
    await forget(`party:${about.partyId}:detail`);
    return { id: created.id, fileName, bytes: created.bytes };
  }

  async one(id: number): Promise<object> {
    const [item, likes, comments] = await Promise.all([
      this.media.byId(id),
      this.media.countLikes(id),
      this.media.commentsOf(id),
    ]);
    if (!item) throw notFound('media');
    const { caption, fileName, bytes, takenAt, thumbnailWidth, thumbnailHeight } = item;
    const thumbnail = thumbnailWidth ? { width: thumbnailWidth, height: thumbnailHeight } : null;
    return { id, caption, fileName, bytes, takenAt, thumbnail, likes, comments };
  }

  async latest(before: Place | undefined): Promise<{ items: object[]; next: string | null }> {
    const items = await this.media.latest(before, PAGE_SIZE);
    const last = items[PAGE_SIZE - 1];
    return { items, next: last ? `/media?after=${written({ time: last.takenAt, id: last.id })}` : null };
  }

  /** The pictures of a slideshow, in the order asked for. */
  slideshow(ids: number[]): Promise<object[]> {
    return this.media.slides(ids);
  }

  async share(id: number, emails: string[]): Promise<{ sent: number }> {
    const item = await this.existing(id);
    const text = `Look at "${item.caption}".`;
    await queueMails(emails.map((to) => ({ to, subject: 'A picture for you', text })));
    return { sent: emails.length };
  }

  async like(id: number, userId: number): Promise<{ likes: number }> {
    const item = await this.existing(id);
    await this.media.like(id, userId);
    await forget(`party:${item.partyId}:detail`);
    return { likes: await this.media.countLikes(id) };
  }

  async comment(id: number, authorId: number, text: string): Promise<object> {
    await this.existing(id);
    return this.media.comment(id, authorId, text);
  }

  private async existing(id: number): Promise<{ partyId: number; caption: string }> {
    const item = await this.media.heading(id);
    if (!item) throw notFound('media');
    return item;
  }
}
