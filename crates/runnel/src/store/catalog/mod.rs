//! Configuration in SQL: assets with their versions, settings, and the plans funnels published.
//! Promise: writes take the caller's transaction, so that an asset, its version, its plans and its
//! line in the audit log are kept together or not at all.

mod kind;
mod list;
mod plans;
mod rows;
mod settings;
mod token_parameters;
mod versions;
mod write;

pub use kind::Kind;
pub use list::{Listing, Page, list};
pub use plans::{PlanRow, current_plans, plan, save_plan};
pub use rows::{Row, all, get};
pub use settings::{SettingsRow, load_settings, save_settings};
pub use token_parameters::{keep_token_parameter, token_parameters};
pub use versions::{Version, keep_version, version, versions};
pub use write::{Taken, insert, set_archived, tombstone, update};
