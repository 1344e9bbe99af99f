-- Why destinations were not told of a ledger entry, written with it and kept as long: part of the
-- answer to "what happened to this conversion".
CREATE TABLE delivery_withheld (
    entry BIGINT NOT NULL,        -- its number
    destination TEXT NOT NULL,
    reason TEXT NOT NULL,         -- rules::owed::HeldBack
    PRIMARY KEY (entry, destination)
);
