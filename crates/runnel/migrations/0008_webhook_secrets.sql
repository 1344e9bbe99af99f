-- What webhooks are signed with. Several are in force while one replaces another.
CREATE TABLE webhook_secrets (
    id TEXT PRIMARY KEY,
    webhook TEXT NOT NULL,
    secret TEXT NOT NULL,       -- whsec_…: signing needs it as it is
    created_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL    -- 0 for no end
);
CREATE INDEX webhook_secrets_webhook ON webhook_secrets (webhook, created_ms);
