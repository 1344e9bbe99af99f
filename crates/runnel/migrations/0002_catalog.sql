-- What people configure (product.md §15). Times are Unix milliseconds.
CREATE TABLE assets (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,          -- as in the API: 'landers', 'offers', …
    version BIGINT NOT NULL,     -- counts saves of the body
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,   -- lower case, for search: databases fold differently
    archived BIGINT NOT NULL,    -- 1: takes no new traffic
    deleted_ms BIGINT NOT NULL,  -- 0: in use. Deleted assets stay, because hits refer to them for ever
    body TEXT NOT NULL,          -- JSON
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE INDEX assets_by_kind ON assets (kind, deleted_ms, name_folded, id);

-- Every saved version of the kinds that keep them (funnels).
CREATE TABLE asset_versions (
    asset TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    saved_ms BIGINT NOT NULL,
    who TEXT NOT NULL,           -- name of the person or key
    restored_from BIGINT NOT NULL, -- the version it repeats; 0 without
    PRIMARY KEY (asset, version)
);

-- Frozen funnels by content hash: a route is explained from plan and record.
CREATE TABLE plans (
    hash TEXT PRIMARY KEY,       -- 16 hex digits
    body TEXT NOT NULL           -- rules::funnel::Plan, JSON
);

-- The plan that each funnel last published.
CREATE TABLE funnel_plans (
    funnel TEXT PRIMARY KEY,
    plan TEXT NOT NULL
);

-- One row once somebody has saved them.
CREATE TABLE settings (
    id BIGINT PRIMARY KEY,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    updated_ms BIGINT NOT NULL
);
