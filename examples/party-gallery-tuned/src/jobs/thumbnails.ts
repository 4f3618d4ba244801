import { Worker, type Job } from 'bullmq';

import { config } from '../config.js';
import { loadFile } from '../lib/files.js';
import { renderThumbnail } from '../lib/thumbnails.js';
import { MediaRepository } from '../repositories/media-repository.js';
import { thumbnails } from './queues.js';

interface Request {
  mediaId: number;
  fileName: string;
}

const media = new MediaRepository();

export async function requestThumbnail(mediaId: number, fileName: string): Promise<void> {
  await thumbnails.add('thumbnail', { mediaId, fileName });
}

async function render({ data }: Job<Request>): Promise<void> {
  const thumbnail = await renderThumbnail(data.fileName, await loadFile(data.fileName));
  await media.setThumbnail(data.mediaId, thumbnail.width, thumbnail.height);
}

export function startThumbnails(): Worker<Request> {
  return new Worker<Request>('thumbnail', render, { connection: { url: config.redisUrl }, concurrency: 4 });
}
