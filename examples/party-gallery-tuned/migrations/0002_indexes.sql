CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE INDEX users_name_id_idx ON users (name, id);

CREATE INDEX follows_follower_id_idx ON follows (follower_id);

CREATE INDEX parties_host_id_idx ON parties (host_id);
CREATE INDEX parties_city_status_starts_at_id_idx ON parties (city, status, starts_at, id);
CREATE INDEX parties_title_idx ON parties USING gin (title gin_trgm_ops);
CREATE INDEX parties_description_idx ON parties USING gin (description gin_trgm_ops);

CREATE INDEX invitations_party_id_answer_idx ON invitations (party_id, answer);

CREATE INDEX media_party_id_taken_at_id_idx ON media (party_id, taken_at, id);
CREATE INDEX media_uploader_id_taken_at_id_idx ON media (uploader_id, taken_at, id);
CREATE INDEX media_taken_at_id_idx ON media (taken_at, id);

CREATE INDEX comments_media_id_id_idx ON comments (media_id, id);
CREATE INDEX comments_author_id_idx ON comments (author_id);

CREATE INDEX likes_media_id_idx ON likes (media_id);

CREATE INDEX notifications_user_id_id_idx ON notifications (user_id, id);
CREATE INDEX notifications_party_id_idx ON notifications (party_id);
