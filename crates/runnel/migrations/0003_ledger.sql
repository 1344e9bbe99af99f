-- The ledger: conversions and custom events, every change of them, and every call that came in.
-- Hits, visitors and IDs are text; money is micro-units; times are Unix milliseconds; '' stands for
-- "none" in columns that belong to an identity, because NULLs are never equal.

-- The last sequence number given out. One row, raised in the same transaction as the entries, so
-- that the order of sequence numbers is the order of commits.
CREATE TABLE ledger_sequence (
    id BIGINT PRIMARY KEY,
    last BIGINT NOT NULL
);
INSERT INTO ledger_sequence (id, last) VALUES (1, 0);

-- One row per conversion or event: how it stands now. The sum of its entries says the same.
CREATE TABLE conversions (
    id TEXT PRIMARY KEY,
    hit TEXT NOT NULL,
    event TEXT NOT NULL,          -- event's ID; '' for a conversion
    tx TEXT NOT NULL,             -- '' without
    repeat_number BIGINT NOT NULL, -- 0, or counts repeats where each is a conversion of its own
    vid TEXT NOT NULL,
    node TEXT NOT NULL,
    page TEXT NOT NULL,
    page_kind TEXT NOT NULL,      -- 'lander' or 'offer'
    funnel TEXT NOT NULL,
    source TEXT NOT NULL,
    offer_source TEXT NOT NULL,   -- '' without
    status TEXT NOT NULL,
    revenue BIGINT NOT NULL,
    expected BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    hit_at_ms BIGINT NOT NULL,
    first_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    notified BIGINT NOT NULL,     -- 1 once an entry asked for the source to be told
    worth BIGINT NOT NULL,        -- what it was last said to be worth, kept through rejection
    last_call_at_ms BIGINT NOT NULL, -- when the last call that changed it took effect
    fingerprint TEXT NOT NULL     -- of that call; '' if something else changed it last
);
CREATE UNIQUE INDEX conversions_identity ON conversions (hit, event, tx, repeat_number);
CREATE INDEX conversions_visitor ON conversions (vid, tx);
CREATE INDEX conversions_tx ON conversions (tx);
CREATE INDEX conversions_time ON conversions (first_at_ms);
CREATE INDEX conversions_page ON conversions (page, first_at_ms);

-- Every change, never overwritten. body: rules::entry::Entry, what reports need of it.
CREATE TABLE entries (
    seq BIGINT PRIMARY KEY,
    conversion TEXT NOT NULL,
    call TEXT NOT NULL,           -- the call that caused it
    at_ms BIGINT NOT NULL,        -- when it takes effect
    booked_at_ms BIGINT NOT NULL, -- when it was booked
    via TEXT NOT NULL,
    actor TEXT NOT NULL,          -- who: an address, a user, a key
    operation TEXT NOT NULL,      -- the bulk operation; '' without
    status_before TEXT NOT NULL,  -- '' before it existed
    status_after TEXT NOT NULL,
    revenue_before BIGINT NOT NULL,
    revenue_after BIGINT NOT NULL,
    expected_before BIGINT NOT NULL,
    expected_after BIGINT NOT NULL,
    cost_before BIGINT NOT NULL,
    cost_after BIGINT NOT NULL,
    original_amount BIGINT NOT NULL, -- as named by the call, where that was another currency
    original_currency TEXT NOT NULL, -- ISO 4217; '' for the account's
    rate BIGINT NOT NULL,            -- micro-units of the account's currency for one unit; 0 without
    notify TEXT NOT NULL,            -- 'none', 'once' or 'all'
    body BLOB NOT NULL
);
CREATE INDEX entries_conversion ON entries (conversion, seq);
CREATE INDEX entries_operation ON entries (operation, seq);

-- The postback log: every call, good or bad.
CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    via TEXT NOT NULL,            -- 'postback', 'javascript', 'action', 'api', 'upload', 'undo'
    method TEXT NOT NULL,
    remote TEXT NOT NULL,         -- address, or who replayed or uploaded
    query TEXT NOT NULL,          -- raw
    body TEXT NOT NULL,           -- raw
    content_type TEXT NOT NULL,
    hit TEXT NOT NULL,            -- as resolved; '' if not
    vid TEXT NOT NULL,
    tx TEXT NOT NULL,
    event TEXT NOT NULL,
    page TEXT NOT NULL,
    offer_source TEXT NOT NULL,
    status_word TEXT NOT NULL,    -- the word, where no list knows it
    verdict TEXT NOT NULL,        -- created updated deleted unchanged unbooked
    reason TEXT NOT NULL,         -- why unbooked; '' if booked
    note TEXT NOT NULL,
    flags TEXT NOT NULL,          -- ' no_payout unknown_status ', blanks around each
    conversion TEXT NOT NULL,
    seq BIGINT NOT NULL,          -- its entry; 0 without
    operation TEXT NOT NULL,
    replays TEXT NOT NULL,        -- the earlier call that this one repeats
    replayed BIGINT NOT NULL,     -- 1 once a replay of it was booked
    task TEXT                     -- what may be booked only once: '{node}:{record}:{index}'
);
CREATE UNIQUE INDEX calls_task ON calls (task);
CREATE INDEX calls_time ON calls (at_ms);
CREATE INDEX calls_conversion ON calls (conversion, at_ms);
CREATE INDEX calls_verdict ON calls (verdict, at_ms);
CREATE INDEX calls_operation ON calls (operation);
CREATE INDEX calls_hit ON calls (hit);

-- Bulk operations: uploads, corrections, undos.
CREATE TABLE operations (
    id TEXT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,           -- 'conversions', 'events', 'replay', 'status-words', 'undo'
    actor TEXT NOT NULL,
    summary TEXT NOT NULL,        -- JSON
    undone_by TEXT NOT NULL       -- the undo; '' while it stands
);

-- How far each follower of a journal has come.
CREATE TABLE ledger_cursors (
    name TEXT NOT NULL,
    node BIGINT NOT NULL,
    record BIGINT NOT NULL,
    PRIMARY KEY (name, node)
);
