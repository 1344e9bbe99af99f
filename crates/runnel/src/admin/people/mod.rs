//! Users, keys, log-in, and the log of what they did (product.md §14).

pub mod accounts;
mod audit;
mod cookie;
pub mod keys;
mod login;
mod me;
mod second_factor;
mod sessions;
pub mod setup;
pub mod users;

use super::AdminRouter;

/// The endpoints of everything about people.
pub fn routes() -> AdminRouter {
    AdminRouter::new()
        .merge(setup::routes())
        .merge(login::routes())
        .merge(me::routes())
        .merge(second_factor::routes())
        .merge(sessions::routes())
        .merge(users::routes())
        .merge(keys::routes())
        .merge(audit::routes())
}
