import { config } from '../config.js';

export interface Thumbnail {
  width: number;
  height: number;
}

export async function renderThumbnail(fileName: string, image: Buffer): Promise<Thumbnail> {
  const answer = await fetch(`${config.outsideUrl}/thumbnails/${fileName}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(image),
  });
  if (!answer.ok) throw new Error(`the thumbnail service answered ${answer.status}`);
  return (await answer.json()) as Thumbnail;
}
