import { gzipSync } from 'node:zlib';

import { asc, eq } from 'drizzle-orm';

import { db } from '../db/client.js';
import { comments } from '../db/schema.js';
import { loadFile } from '../lib/files.js';
import { notFound } from '../lib/http-error.js';
import { MediaRepository } from '../repositories/media-repository.js';
import { PartyRepository } from '../repositories/party-repository.js';

export class ExportService {
  constructor(
    private readonly parties = new PartyRepository(),
    private readonly media = new MediaRepository(),
  ) {}

  /** The whole album of a party: a gzipped JSON document with the files in it. */
  async album(partyId: number): Promise<Buffer> {
    const party = await this.parties.byId(partyId);
    if (!party) throw notFound('party');
    const album = [];
    for (const item of await this.media.ofParty(partyId)) {
      const said = await db.select().from(comments).where(eq(comments.mediaId, item.id)).orderBy(asc(comments.id));
      album.push({
        id: item.id,
        caption: item.caption,
        takenAt: item.takenAt,
        comments: said.map((comment) => comment.text),
        content: loadFile(item.fileName).toString('base64'),
      });
    }
    return gzipSync(JSON.stringify({ party: party.title, album }));
  }
}
