//! What is known of senders who come again: a bounded cache that is asked with every click.

use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};
use std::hash::Hash;
use std::sync::Arc;

/// Entries by what a sender shows.
pub(super) type Remembered<K, V> = Cache<K, Arc<V>, UnitWeighter, foldhash::fast::RandomState>;

/// Room for at most `most`.
pub(super) fn room_for<K: Eq + Hash, V>(most: usize) -> Remembered<K, V> {
    let hasher = foldhash::fast::RandomState::default();
    Cache::with(most, most as u64, UnitWeighter, hasher, DefaultLifecycle::default())
}
