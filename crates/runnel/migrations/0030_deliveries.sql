-- The outbox: what traffic sources, ad platforms and webhooks are to be told, and what came of it.
-- A row is written in the transaction that causes it. Money is micro-units; times are Unix
-- milliseconds; '' stands for "none".

-- The last number given out, raised in the same transaction: the order of numbers is that of commits.
CREATE TABLE delivery_sequence (
    id BIGINT PRIMARY KEY,
    last BIGINT NOT NULL
);
INSERT INTO delivery_sequence (id, last) VALUES (1, 0);

CREATE TABLE deliveries (
    number BIGINT PRIMARY KEY,
    id TEXT NOT NULL,             -- what the receiver sees: the same at every attempt
    destination TEXT NOT NULL,    -- 'source:{id}:conversion', 'webhook:{id}', …
    hit TEXT NOT NULL,            -- one at a time per destination and hit, in the order of numbers
    conversion TEXT NOT NULL,
    entry BIGINT NOT NULL,        -- the ledger entry told; 0 without
    event TEXT NOT NULL,          -- the event's name; '' for a conversion
    funnel TEXT NOT NULL,
    source TEXT NOT NULL,
    change TEXT NOT NULL,         -- 'new', 'adjusted', 'retracted'
    status TEXT NOT NULL,         -- as told
    revenue BIGINT NOT NULL,      -- as told
    revenue_true BIGINT NOT NULL, -- as the ledger has it
    state TEXT NOT NULL,          -- 'owed', 'delivered', 'failed', 'refused', 'too_late', 'cancelled'
    reason TEXT NOT NULL,         -- of the last failure
    attempts BIGINT NOT NULL,     -- since it was owed, or replayed
    owed_at_ms BIGINT NOT NULL,
    due_ms BIGINT NOT NULL,
    finished_at_ms BIGINT NOT NULL -- 0 while owed
);
CREATE UNIQUE INDEX deliveries_id ON deliveries (id);
CREATE INDEX deliveries_due ON deliveries (destination, due_ms, number) WHERE state = 'owed';
CREATE INDEX deliveries_line ON deliveries (destination, hit, number) WHERE state = 'owed';
CREATE INDEX deliveries_conversion ON deliveries (conversion, destination, number);
CREATE INDEX deliveries_time ON deliveries (owed_at_ms, number);

-- What is told, frozen: rules::told::Told as JSON. Goes when its retention is over.
CREATE TABLE delivery_payloads (
    number BIGINT PRIMARY KEY,
    payload TEXT NOT NULL
);

-- Every call that was made; a batch is one call for several deliveries. Secrets are blanked.
CREATE TABLE delivery_calls (
    id TEXT PRIMARY KEY,
    destination TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,           -- or its begin
    status BIGINT NOT NULL,       -- 0 without an answer
    took_ms BIGINT NOT NULL,
    answer TEXT NOT NULL,         -- or its first 2 kB
    error TEXT NOT NULL           -- why there was no answer
);
CREATE INDEX delivery_calls_time ON delivery_calls (at_ms);

CREATE TABLE delivery_attempts (
    delivery BIGINT NOT NULL,     -- its number
    call TEXT NOT NULL,           -- '' where none was made
    at_ms BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (delivery, at_ms, call)
);
CREATE INDEX delivery_attempts_time ON delivery_attempts (at_ms);

-- Destinations that take nothing until somebody enables them again.
CREATE TABLE delivery_stops (
    destination TEXT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL           -- '' where the destination itself asked for it
);
