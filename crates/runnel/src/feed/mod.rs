//! Follows journal and ledger and fills the report store, both cursors in the same commit.
