//! The only place that knows a database: configuration, ledger, sessions and report facts.

mod aside;
pub mod audit;
pub mod catalog;
pub mod costs;
mod database;
pub mod deliveries;
pub mod examine;
pub mod facts;
pub mod filter;
mod id_secrets;
pub mod ledger;
pub mod people;
pub mod sessions;
mod sql;
pub mod webhook_secrets;

pub use database::Database;
pub use id_secrets::id_secrets;
