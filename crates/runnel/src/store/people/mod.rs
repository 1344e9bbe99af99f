//! Users, API keys, log-in sessions and the set-up token in SQL.
//! Promise: secrets are stored only as hashes, and leave as plain text only in the moment they are made.

pub mod keys;
mod role;
pub mod secret;

pub use role::{Caller, Role, Via};
