//! Between writing and syncing: what is in the file but not yet confirmed.
//! Promise: at any time all of it belongs to one segment; after a failure nothing more goes through
//! until the writer has started over.

use crate::Entry;
use crate::raw::RawSegment;
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;

/// A group of records as it was written.
pub(crate) struct Written {
    pub segment: Arc<RawSegment>,
    pub offset: u64,
    pub entries: Vec<Entry>,
}

#[derive(Default)]
pub(crate) struct Pipe {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    pending: Vec<Written>,
    syncing: bool,
    failed: bool,
    closed: bool,
}

impl Pipe {
    /// Hands over what was written. After a failure it is dropped: the writer will write it anew.
    pub(crate) fn push(&self, written: Written) {
        let mut state = self.state.lock();
        if !state.failed {
            state.pending.push(written);
            self.changed.notify_all();
        }
    }

    /// Takes all that waits for a sync, if any, without waiting. [`Self::done`] must follow.
    pub(crate) fn take(&self) -> Vec<Written> {
        let mut state = self.state.lock();
        state.syncing = !state.pending.is_empty();
        std::mem::take(&mut state.pending)
    }

    /// Ends a sync.
    pub(crate) fn done(&self, confirmed: bool) {
        let mut state = self.state.lock();
        state.syncing = false;
        if !confirmed {
            state.failed = true;
            state.pending.clear();
        }
        self.changed.notify_all();
    }

    /// Whether a sync failed since the writer last started over.
    pub(crate) fn has_failed(&self) -> bool {
        self.state.lock().failed
    }

    /// Whether nothing waits for a sync and none is under way.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.state.lock();
        state.pending.is_empty() && !state.syncing
    }

    /// Waits until [`Self::is_idle`].
    pub(crate) fn wait_until_idle(&self) {
        let mut state = self.state.lock();
        while !state.pending.is_empty() || state.syncing {
            self.changed.wait(&mut state);
        }
    }

    /// Lets a sync under way finish, then forgets what is pending and the failure.
    pub(crate) fn start_over(&self) {
        let mut state = self.state.lock();
        while state.syncing {
            self.changed.wait(&mut state);
        }
        state.pending.clear();
        state.failed = false;
    }

    /// Waits for something to sync; `false` when closed and nothing is left.
    pub(crate) fn wait_for_work(&self) -> bool {
        let mut state = self.state.lock();
        while state.pending.is_empty() {
            if state.closed {
                return false;
            }
            self.changed.wait(&mut state);
        }
        true
    }

    /// Nothing more will be pushed.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }
}
