import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { config } from '../config.js';

export function fileNameOf(content: Buffer): string {
  return `${createHash('sha256').update(content).digest('hex').slice(0, 32)}.bin`;
}

/** Called once, before the server listens. */
export async function prepareFiles(): Promise<void> {
  await mkdir(config.uploadDir, { recursive: true });
}

export async function saveFile(name: string, content: Buffer): Promise<void> {
  await writeFile(path.join(config.uploadDir, name), content);
}

export async function loadFile(name: string): Promise<Buffer> {
  return readFile(path.join(config.uploadDir, name));
}
