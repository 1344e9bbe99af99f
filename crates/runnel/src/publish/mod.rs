//! Edits of the configuration: check → write with version, plans and audit line → swap the picture.
//! Promise: what is in force was valid when it was saved; an edit that fails anywhere leaves the
//! earlier picture in force; edits happen one after the other.

mod asset;
mod assets;
mod changes;
mod checks;
mod edit;
mod findings;
mod guard;
mod references;
mod renewal;
mod secrets;
mod settings;

pub use asset::{Asset, Fresh};
pub use assets::{Basis, Saved, create, delete, duplicate, set_archived, update};
pub use changes::{Changed, Changes};
pub use edit::Edit;
pub use findings::Findings;
pub use renewal::renew;
pub use secrets::rotate;
pub use settings::update_settings;
