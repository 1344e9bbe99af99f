-- Secrets that mark hit and visitor IDs as issued here. The newest issues, all verify.
CREATE TABLE id_keys (
    id BIGINT PRIMARY KEY,
    secret TEXT NOT NULL
);
