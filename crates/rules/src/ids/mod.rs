//! Every identity Runnel issues: entities, hits, visitors, and the keys that make them checkable.
//! Promise: an ID that was never issued is known as such without a look-up (product.md §2).

mod base32;
mod entity;
mod key;
mod raw;
mod tracked;

pub use entity::EntityId;
pub use key::{IdKey, IdKeys};
pub use tracked::{HitId, RequestKey, Vid};

/// Why a text is not an ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text has another length than the ID.
    #[error("has the wrong length")]
    Length,
    /// A character is outside the alphabet.
    #[error("has a character that no ID has")]
    Character,
    /// The checksum does not fit: nobody ever issued this ID.
    #[error("was never issued")]
    Checksum,
}
