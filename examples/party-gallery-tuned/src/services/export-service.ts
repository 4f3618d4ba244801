import pLimit from 'p-limit';

import { loadFile } from '../lib/files.js';
import { notFound } from '../lib/http-error.js';
import type { Place } from '../lib/place.js';
import { MediaRepository } from '../repositories/media-repository.js';
import { PartyRepository } from '../repositories/party-repository.js';

const PAGE_SIZE = 50;
const FILES_AT_ONCE = 8;

export class ExportService {
  constructor(
    private readonly parties = new PartyRepository(),
    private readonly media = new MediaRepository(),
  ) {}

  /** The whole album of a party: a JSON document with the files in it, piece by piece. */
  async album(partyId: number): Promise<AsyncGenerator<string>> {
    const party = await this.parties.heading(partyId);
    if (!party) throw notFound('party');
    return this.pieces(partyId, party.title);
  }

  private async *pieces(partyId: number, title: string): AsyncGenerator<string> {
    yield `{"party":${JSON.stringify(title)},"album":[`;
    let after: Place | undefined;
    while (true) {
      const page = await this.media.albumPage(partyId, after, PAGE_SIZE);
      for (const entry of await this.entries(page)) {
        yield `${after ? ',' : ''}${JSON.stringify(entry)}`;
        after = { time: entry.takenAt, id: entry.id };
      }
      if (page.length < PAGE_SIZE) break;
    }
    yield ']}';
  }

  private async entries(page: Awaited<ReturnType<MediaRepository['albumPage']>>) {
    const limit = pLimit(FILES_AT_ONCE);
    const contents = Promise.all(page.map((item) => limit(() => loadFile(item.fileName))));
    const [texts, files] = await Promise.all([this.media.textsOf(page.map((item) => item.id)), contents]);
    return page.map((item, index) => ({
      id: item.id,
      caption: item.caption,
      takenAt: item.takenAt,
      comments: texts.get(item.id),
      content: files[index]!.toString('base64'),
    }));
  }
}
