function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export const config = {
  host: process.env.HOST ?? '127.0.0.1',
  port: Number(process.env.PORT ?? 3000),
  databaseUrl: required('DATABASE_URL'),
  redisUrl: required('REDIS_URL'),
  /** Where mails are handed over and thumbnails are rendered. */
  outsideUrl: process.env.OUTSIDE_URL ?? 'http://127.0.0.1:3900',
  uploadDir: process.env.UPLOAD_DIR ?? 'uploads',
};
