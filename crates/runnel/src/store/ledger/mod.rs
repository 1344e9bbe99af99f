//! The ledger as rows: conversions, entries, calls. One transaction per batch of calls.
