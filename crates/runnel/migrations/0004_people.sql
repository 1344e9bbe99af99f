-- Who may do what, and what they did (product.md §14).
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    email TEXT NOT NULL UNIQUE,          -- lower case
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT NOT NULL,              -- argon2id in PHC form
    totp_secret TEXT,                    -- hex; NULL: never enrolled
    totp_on BIGINT NOT NULL DEFAULT 0,   -- 1 once a code has confirmed the secret
    totp_step BIGINT NOT NULL DEFAULT 0, -- newest 30 s step that was used: a code works once
    created_ms BIGINT NOT NULL
);

CREATE TABLE login_sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE,     -- SHA-256 of the cookie's value, hex
    created_ms BIGINT NOT NULL,
    used_ms BIGINT NOT NULL,             -- to the minute
    expires_ms BIGINT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
);
CREATE INDEX login_sessions_by_user ON login_sessions (user_id);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    key_hash TEXT NOT NULL UNIQUE,       -- SHA-256 of the key, hex
    hint TEXT NOT NULL,                  -- its last four characters, to tell keys apart
    created_by TEXT NOT NULL,            -- a user's or key's ID, or 'command line'
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    revoked_ms BIGINT,
    used_ms BIGINT                       -- to the minute
);

-- At most one row: the token of the set-up link, until an owner exists.
CREATE TABLE setup_tokens (
    token_hash TEXT PRIMARY KEY,
    created_ms BIGINT NOT NULL
);

CREATE TABLE audit_log (
    id TEXT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    who TEXT NOT NULL,                   -- a user's or key's ID, or 'command line'
    who_name TEXT NOT NULL,
    via TEXT NOT NULL,                   -- session, key, command-line
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,                -- the ID of what was changed
    before_json TEXT,
    after_json TEXT
);
CREATE INDEX audit_log_by_time ON audit_log (at_ms, id);
CREATE INDEX audit_log_by_target ON audit_log (target, at_ms);
