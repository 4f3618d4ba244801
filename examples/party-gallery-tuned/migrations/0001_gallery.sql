CREATE TABLE users (
  id serial PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  bio text NOT NULL DEFAULT '',
  password_salt text NOT NULL,
  password_hash text NOT NULL
);

CREATE TABLE follows (
  follower_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  followee_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (followee_id, follower_id)
);

CREATE TABLE parties (
  id serial PRIMARY KEY,
  host_id integer NOT NULL REFERENCES users (id),
  title text NOT NULL,
  description text NOT NULL DEFAULT '',
  city text NOT NULL,
  status text NOT NULL DEFAULT 'open',
  starts_at timestamptz NOT NULL
);

CREATE TABLE invitations (
  id serial PRIMARY KEY,
  party_id integer NOT NULL REFERENCES parties (id) ON DELETE CASCADE,
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  answer text NOT NULL DEFAULT 'pending',
  UNIQUE (user_id, party_id)
);

CREATE TABLE media (
  id serial PRIMARY KEY,
  party_id integer NOT NULL REFERENCES parties (id) ON DELETE CASCADE,
  uploader_id integer NOT NULL REFERENCES users (id),
  file_name text NOT NULL,
  caption text NOT NULL DEFAULT '',
  bytes integer NOT NULL,
  taken_at timestamptz NOT NULL,
  thumbnail_width integer,
  thumbnail_height integer
);

CREATE TABLE comments (
  id serial PRIMARY KEY,
  media_id integer NOT NULL REFERENCES media (id) ON DELETE CASCADE,
  author_id integer NOT NULL REFERENCES users (id),
  text text NOT NULL
);

CREATE TABLE likes (
  id serial PRIMARY KEY,
  media_id integer NOT NULL REFERENCES media (id) ON DELETE CASCADE,
  user_id integer NOT NULL REFERENCES users (id),
  UNIQUE (user_id, media_id)
);

CREATE TABLE notifications (
  id serial PRIMARY KEY,
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  party_id integer NOT NULL REFERENCES parties (id) ON DELETE CASCADE,
  text text NOT NULL,
  seen boolean NOT NULL DEFAULT false
);
