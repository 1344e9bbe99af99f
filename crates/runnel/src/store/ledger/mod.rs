//! The ledger in SQL: conversions, their entries, and the log of every call.
//! Promise: an entry, the state it leads to and the call that caused it commit together; the order
//! of sequence numbers is the order of commits (product.md §6.6, §6.7).

mod brief;
mod follow;
mod standings;

pub use brief::{Brief, conversions_of_hit, conversions_of_visitor};
pub use follow::entries_after;
pub use standings::{StatusChange, status_changes};
