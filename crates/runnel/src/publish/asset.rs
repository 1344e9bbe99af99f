//! What all kinds of asset have in common, so that one set of handlers serves them all.

use super::{Changes, Findings};
use crate::error::Fault;
use crate::snapshot::{Shelf, Snapshot};
use crate::store::catalog::Kind;
use rules::ids::EntityId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Makes fresh IDs.
pub type Fresh<'a> = &'a mut dyn FnMut() -> EntityId;

/// A kind of asset.
pub trait Asset: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its kind.
    const KIND: Kind;
    /// Whether every version is kept.
    const KEEPS_VERSIONS: bool = false;
    /// Whether plans are made of it, so that an edit makes new ones.
    const IN_PLANS: bool = false;
    /// Whether it signs what it sends, and so has secrets.
    const SIGNS: bool = false;
    /// Most assets of this kind.
    const MOST: usize = 10_000;

    /// Name people see.
    fn name(&self) -> &str;

    /// Gives it another name.
    fn rename(&mut self, name: String);

    /// Where the picture holds this kind.
    fn shelf(snapshot: &Snapshot) -> &Shelf<Self>;

    /// Where the picture holds this kind.
    fn shelf_mut(snapshot: &mut Snapshot) -> &mut Shelf<Self>;

    /// What is wrong with it as asset `id`; `among` is the picture before the edit.
    fn check(&self, id: EntityId, among: &Snapshot, findings: &mut Findings);

    /// The assets that it refers to.
    fn refers_to(&self, _among: &Snapshot) -> Vec<EntityId> {
        Vec::new()
    }

    /// A copy for a duplicate, with fresh IDs inside.
    fn copied(&self, _fresh: Fresh<'_>) -> Self {
        self.clone()
    }

    /// The name of a duplicate where the client gives none; none if a copy must be named.
    fn copied_name(&self) -> Option<String> {
        Some(format!("{} (copy)", self.name()))
    }

    /// Fills in what a client may leave out of `drawn`, and finds what only the JSON shows.
    fn complete(_drawn: &mut Map<String, Value>, _fresh: Fresh<'_>) -> Vec<Fault> {
        Vec::new()
    }

    /// What changed since `before`, for kinds that tell.
    fn changes_since(&self, _before: &Self) -> Option<Changes> {
        None
    }

    /// Blanks what only editors may see.
    fn hide_secrets(&mut self) {}

    /// Masks what nobody is shown again.
    fn mask_secrets(&mut self) {}

    /// Takes over the secrets of `before` where only their masks came back.
    fn keep_secrets(&mut self, _before: &Self) {}
}

/// What all kinds do alike within their `impl Asset`: the name in the field `name`, the place on this shelf of
/// the picture.
macro_rules! shelved {
    ($shelf:ident) => {
        fn name(&self) -> &str {
            &self.name
        }

        fn rename(&mut self, name: String) {
            self.name = name;
        }

        fn shelf(snapshot: &Snapshot) -> &$crate::snapshot::Shelf<Self> {
            &snapshot.$shelf
        }

        fn shelf_mut(snapshot: &mut Snapshot) -> &mut $crate::snapshot::Shelf<Self> {
            &mut snapshot.$shelf
        }
    };
}
pub(super) use shelved;
