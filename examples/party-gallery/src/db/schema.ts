import { boolean, integer, pgTable, primaryKey, serial, text, timestamp, unique } from 'drizzle-orm/pg-core';

export const users = pgTable('users', {
  id: serial('id').primaryKey(),
  email: text('email').notNull().unique(),
  name: text('name').notNull(),
  bio: text('bio').notNull().default(''),
  passwordSalt: text('password_salt').notNull(),
  passwordHash: text('password_hash').notNull(),
});

export const follows = pgTable(
  'follows',
  {
    followerId: integer('follower_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    followeeId: integer('followee_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.followeeId, table.followerId] })],
);

export const parties = pgTable('parties', {
  id: serial('id').primaryKey(),
  hostId: integer('host_id')
    .notNull()
    .references(() => users.id),
  title: text('title').notNull(),
  description: text('description').notNull().default(''),
  city: text('city').notNull(),
  status: text('status').notNull().default('open'),
  startsAt: timestamp('starts_at', { withTimezone: true }).notNull(),
});

export const invitations = pgTable(
  'invitations',
  {
    id: serial('id').primaryKey(),
    partyId: integer('party_id')
      .notNull()
      .references(() => parties.id, { onDelete: 'cascade' }),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    answer: text('answer').notNull().default('pending'),
  },
  (table) => [unique('invitations_user_id_party_id_key').on(table.userId, table.partyId)],
);

export const media = pgTable('media', {
  id: serial('id').primaryKey(),
  partyId: integer('party_id')
    .notNull()
    .references(() => parties.id, { onDelete: 'cascade' }),
  uploaderId: integer('uploader_id')
    .notNull()
    .references(() => users.id),
  fileName: text('file_name').notNull(),
  caption: text('caption').notNull().default(''),
  bytes: integer('bytes').notNull(),
  takenAt: timestamp('taken_at', { withTimezone: true }).notNull(),
  thumbnailWidth: integer('thumbnail_width'),
  thumbnailHeight: integer('thumbnail_height'),
});

export const comments = pgTable('comments', {
  id: serial('id').primaryKey(),
  mediaId: integer('media_id')
    .notNull()
    .references(() => media.id, { onDelete: 'cascade' }),
  authorId: integer('author_id')
    .notNull()
    .references(() => users.id),
  text: text('text').notNull(),
});

export const likes = pgTable(
  'likes',
  {
    id: serial('id').primaryKey(),
    mediaId: integer('media_id')
      .notNull()
      .references(() => media.id, { onDelete: 'cascade' }),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id),
  },
  (table) => [unique('likes_user_id_media_id_key').on(table.userId, table.mediaId)],
);

export const notifications = pgTable('notifications', {
  id: serial('id').primaryKey(),
  userId: integer('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  partyId: integer('party_id')
    .notNull()
    .references(() => parties.id, { onDelete: 'cascade' }),
  text: text('text').notNull(),
  seen: boolean('seen').notNull().default(false),
});

export type User = typeof users.$inferSelect;
export type Party = typeof parties.$inferSelect;
export type Media = typeof media.$inferSelect;
export type Comment = typeof comments.$inferSelect;
export type Notification = typeof notifications.$inferSelect;
