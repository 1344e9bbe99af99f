//! Tells the feed thread that there is something new, or that it is time to stop.
//! Promise: a call between two waits is not lost; telling never blocks.

use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Wakes feed. Clones wake the same.
#[derive(Clone, Default)]
pub struct Wake(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    new: bool,
    stop: bool,
    /// Whether feed waits for something new. While it pauses, news is only noted.
    waiting: bool,
}

impl Wake {
    /// Something was committed.
    pub fn notify(&self) {
        let mut state = self.0.0.lock();
        state.new = true;
        if state.waiting {
            self.0.1.notify_all();
        }
    }

    /// Feed shall end.
    pub fn stop(&self) {
        self.0.0.lock().stop = true;
        self.0.1.notify_all();
    }

    pub(super) fn stopped(&self) -> bool {
        self.0.0.lock().stop
    }

    /// Waits until something is new, at most `longest`.
    pub(super) fn wait(&self, longest: Duration) {
        let mut state = self.0.0.lock();
        if !state.new && !state.stop {
            state.waiting = true;
            self.0.1.wait_for(&mut state, longest);
            state.waiting = false;
        }
        state.new = false;
    }

    /// Waits `time`, whatever is new; a stop ends it.
    pub(super) fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut state = self.0.0.lock();
        while !state.stop && !self.0.1.wait_until(&mut state, until).timed_out() {}
    }
}
