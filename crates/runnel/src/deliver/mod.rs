//! Deliveries: what is owed to a traffic source, an ad platform or a webhook → calls over HTTP.
//! lease → render → guard → send → finish, a worker per destination.
//! Promise: what was owed is delivered at least once, in the ledger's order per hit, or is kept as a
//! final failure with its reason (product.md §10).

pub mod adapter;
pub mod integrations;
pub mod verdict;
pub mod webhook;

pub use adapter::{Adapter, Answered, Context, Grant, Prepared, Rendered};
pub use rules::told::{Change, Consent, Names, Told, What};
pub use verdict::{Verdict, of_status};
