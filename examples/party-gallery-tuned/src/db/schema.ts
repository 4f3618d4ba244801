import { boolean, index, integer, pgTable, primaryKey, serial, text, timestamp, unique } from 'drizzle-orm/pg-core';

export const users = pgTable(
  'users',
  {
    id: serial('id').primaryKey(),
    email: text('email').notNull().unique(),
    name: text('name').notNull(),
    bio: text('bio').notNull().default(''),
    passwordSalt: text('password_salt').notNull(),
    passwordHash: text('password_hash').notNull(),
  },
  (table) => [index('users_name_id_idx').on(table.name, table.id)],
);

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
  (table) => [
    primaryKey({ columns: [table.followeeId, table.followerId] }),
    index('follows_follower_id_idx').on(table.followerId),
  ],
);

export const parties = pgTable(
  'parties',
  {
    id: serial('id').primaryKey(),
    hostId: integer('host_id')
      .notNull()
      .references(() => users.id),
    title: text('title').notNull(),
    description: text('description').notNull().default(''),
    city: text('city').notNull(),
    status: text('status').notNull().default('open'),
    startsAt: timestamp('starts_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    index('parties_host_id_idx').on(table.hostId),
    index('parties_city_status_starts_at_id_idx').on(table.city, table.status, table.startsAt, table.id),
    index('parties_title_idx').using('gin', table.title.op('gin_trgm_ops')),
    index('parties_description_idx').using('gin', table.description.op('gin_trgm_ops')),
  ],
);

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
  (table) => [
    unique('invitations_user_id_party_id_key').on(table.userId, table.partyId),
    index('invitations_party_id_answer_idx').on(table.partyId, table.answer),
  ],
);

export const media = pgTable(
  'media',
  {
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
  },
  (table) => [
    index('media_party_id_taken_at_id_idx').on(table.partyId, table.takenAt, table.id),
    index('media_uploader_id_taken_at_id_idx').on(table.uploaderId, table.takenAt, table.id),
    index('media_taken_at_id_idx').on(table.takenAt, table.id),
  ],
);

export const comments = pgTable(
  'comments',
  {
    id: serial('id').primaryKey(),
    mediaId: integer('media_id')
      .notNull()
      .references(() => media.id, { onDelete: 'cascade' }),
    authorId: integer('author_id')
      .notNull()
      .references(() => users.id),
    text: text('text').notNull(),
  },
  (table) => [
    index('comments_media_id_id_idx').on(table.mediaId, table.id),
    index('comments_author_id_idx').on(table.authorId),
  ],
);

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
  (table) => [
    unique('likes_user_id_media_id_key').on(table.userId, table.mediaId),
    index('likes_media_id_idx').on(table.mediaId),
  ],
);

export const notifications = pgTable(
  'notifications',
  {
    id: serial('id').primaryKey(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    partyId: integer('party_id')
      .notNull()
      .references(() => parties.id, { onDelete: 'cascade' }),
    text: text('text').notNull(),
    seen: boolean('seen').notNull().default(false),
  },
  (table) => [
    index('notifications_user_id_id_idx').on(table.userId, table.id),
    index('notifications_party_id_idx').on(table.partyId),
  ],
);

export type User = typeof users.$inferSelect;
export type Party = typeof parties.$inferSelect;
export type Media = typeof media.$inferSelect;
export type Comment = typeof comments.$inferSelect;
export type Notification = typeof notifications.$inferSelect;
