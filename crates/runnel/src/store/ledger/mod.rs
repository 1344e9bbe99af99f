//! The ledger in SQL: conversions, their entries, and the log of every call.
//! Promise: an entry, the state it leads to and the call that caused it commit together; the order
//! of sequence numbers is the order of commits (product.md §6.6, §6.7).

mod batch;
mod brief;
mod enter;
mod follow;
mod history;
mod job;
mod log;
mod look_up;
mod operations;
mod owe;
mod preview;
mod save;
mod standings;
mod state;
mod underway;
mod withheld;
mod writer;

use crate::store::{filter, sql};

pub use brief::{Brief, conversions_of_hit, conversions_of_visitor, converted_since};
pub use filter::{Page, Part};
pub use follow::entries_after;
pub use history::{ConversionFilter, StoredConversion, StoredEntry, conversions, history};
pub use job::*;
pub use log::{CallFilter, LoggedCall, Order, calls, trace_ways, unknown_status_words};
pub(in crate::store) use look_up::move_cursor_in;
pub use look_up::{OfVisitor, cursor_of, forget_calls, move_cursor, of_visitor};
pub use operations::{Operation, begin_operation, mark_undone, operation, restores};
pub use preview::preview;
pub use standings::{StatusChange, status_changes};
pub use underway::{Underway, Working};
pub use withheld::{Withheld, withheld};
pub use writer::{MOST_IN_BATCH, Outcome, Unavailable, Writer};
