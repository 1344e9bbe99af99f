-- Bulk changes of what visits cost, in the order in which they count. Never edited but for undone_by.
CREATE TABLE cost_changes (
    number BIGINT PRIMARY KEY,
    id TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    actor TEXT NOT NULL,
    body TEXT NOT NULL,           -- JSON: rules::cost_change::CostChange
    visits BIGINT NOT NULL,       -- visits that fit when it was said
    cost_before BIGINT NOT NULL,  -- what they cost together before, micro-units
    cost_after BIGINT NOT NULL,   -- and after
    undone_by TEXT NOT NULL       -- the change that took it back; '' for none
);
CREATE UNIQUE INDEX cost_changes_id ON cost_changes (id);
