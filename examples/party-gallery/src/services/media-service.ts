import { forget } from '../lib/cache.js';
import { fileNameOf, saveFile } from '../lib/files.js';
import { notFound } from '../lib/http-error.js';
import { sendMail } from '../lib/mailer.js';
import { renderThumbnail } from '../lib/thumbnails.js';
import { pool } from '../db/client.js';
import type { Media } from '../db/schema.js';
import { MediaRepository } from '../repositories/media-repository.js';
import { PartyRepository } from '../repositories/party-repository.js';
import { UserRepository } from '../repositories/user-repository.js';

const PAGE_SIZE = 25;

export interface Upload {
  partyId: number;
  uploaderId: number;
  caption: string;
  takenAt: Date;
  content: Buffer;
}

interface Slide {
  id: number;
  caption: string;
  file_name: string;
}

export class MediaService {
  constructor(
    private readonly media = new MediaRepository(),
    private readonly parties = new PartyRepository(),
    private readonly users = new UserRepository(),
  ) {}

  async store({ content, ...about }: Upload): Promise<object> {
    if (!(await this.parties.byId(about.partyId))) throw notFound('party');
    const fileName = fileNameOf(content);
    saveFile(fileName, content);
    const created = await this.media.create({ ...about, fileName, bytes: content.length });
    const thumbnail = await renderThumbnail(fileName, content);
    await this.media.setThumbnail(created.id, thumbnail.width, thumbnail.height);
    await forget(`party:${about.partyId}:*`);
    return { id: created.id, fileName, bytes: created.bytes };
  }

  async one(id: number): Promise<object> {
    const item = await this.existing(id);
    const comments = [];
    for (const comment of await this.media.commentsOf(id)) {
      const author = await this.users.byId(comment.authorId);
      comments.push({ id: comment.id, author: author!.name, text: comment.text });
    }
    const { caption, fileName, bytes, takenAt, thumbnailWidth, thumbnailHeight } = item;
    const thumbnail = thumbnailWidth ? { width: thumbnailWidth, height: thumbnailHeight } : null;
    const likes = await this.media.countLikes(id);
    return { id, caption, fileName, bytes, takenAt, thumbnail, likes, comments };
  }

  async latest(page: number): Promise<{ items: object[]; next: string | null }> {
    const items = await this.media.latest(page, PAGE_SIZE);
    const next = items.length === PAGE_SIZE ? `/media?page=${page + 1}` : null;
    return { items: items.map(({ id, caption, takenAt }) => ({ id, caption, takenAt })), next };
  }

  /** The pictures of a slideshow, in the order asked for. */
  async slideshow(ids: number[]): Promise<object[]> {
    const slides = [];
    for (const id of ids) {
      const { rows } = await pool.query<Slide>('SELECT * FROM media WHERE id = $1', [id]);
      const [slide] = rows;
      if (slide) slides.push({ id: slide.id, caption: slide.caption, fileName: slide.file_name });
    }
    return slides;
  }

  async share(id: number, emails: string[]): Promise<{ sent: number }> {
    const item = await this.existing(id);
    await Promise.all(
      emails.map((to) => sendMail({ to, subject: 'A picture for you', text: `Look at "${item.caption}".` })),
    );
    return { sent: emails.length };
  }

  async like(id: number, userId: number): Promise<{ likes: number }> {
    const item = await this.existing(id);
    await this.media.like(id, userId);
    await forget(`party:${item.partyId}:*`);
    return { likes: await this.media.countLikes(id) };
  }

  async comment(id: number, authorId: number, text: string): Promise<object> {
    await this.existing(id);
    const comment = await this.media.comment(id, authorId, text);
    return { id: comment.id, text: comment.text };
  }

  private async existing(id: number): Promise<Media> {
    const item = await this.media.byId(id);
    if (!item) throw notFound('media');
    return item;
  }
}
