//! Which bulk operations are at work now: one that is cannot be taken back yet.

use parking_lot::Mutex;
use rules::ids::EntityId;
use std::collections::HashSet;
use std::sync::Arc;

/// The operations at work. Whatever ends, a lost client or a panic, takes its operation off.
#[derive(Clone, Debug, Default)]
pub struct Underway(Arc<Mutex<HashSet<EntityId>>>);

/// An operation at work, until it is dropped.
#[derive(Debug)]
pub struct Working {
    id: EntityId,
    all: Underway,
}

impl Underway {
    /// Begins the work of `id`.
    pub fn begin(&self, id: EntityId) -> Working {
        self.0.lock().insert(id);
        Working { id, all: self.clone() }
    }

    /// Whether `id` is at work.
    pub fn holds(&self, id: EntityId) -> bool {
        self.0.lock().contains(&id)
    }
}

impl Working {
    /// The operation.
    pub fn id(&self) -> EntityId {
        self.id
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.all.0.lock().remove(&self.id);
    }
}
