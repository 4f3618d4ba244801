import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { config } from '../config.js';

export function fileNameOf(content: Buffer): string {
  return `${createHash('sha256').update(content).digest('hex').slice(0, 32)}.bin`;
}

export function saveFile(name: string, content: Buffer): void {
  if (!fs.existsSync(config.uploadDir)) fs.mkdirSync(config.uploadDir, { recursive: true });
  fs.writeFileSync(path.join(config.uploadDir, name), content);
}

export function loadFile(name: string): Buffer {
  return fs.readFileSync(path.join(config.uploadDir, name));
}
