//! Users, API keys, log-in sessions and the set-up token in SQL.
//! Promise: secrets are stored only as hashes, and leave as plain text only in the moment they are
//! made (a TOTP secret is the exception: codes cannot be checked from a hash).

pub mod keys;
mod role;
pub mod secret;
pub mod sessions;
pub mod setup;
pub mod users;

pub use role::{Caller, Role, Via};

use sqlx::Row;
use sqlx::any::AnyRow;

/// The role column of a row.
fn role_of(row: &AnyRow) -> Result<Role, sqlx::Error> {
    let text: String = row.try_get("role")?;
    text.parse().map_err(|error: String| sqlx::Error::Decode(error.into()))
}
