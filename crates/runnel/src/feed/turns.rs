//! Feed's turns between visitors: how much it does at once, and how long it rests after it.
//! Promise: while those who serve visitors want all of the processors, feed works for a twentieth of
//! its time or a moment in each second, until it is a minute behind; a stop ends every rest.

use super::Wake;
use crate::pressure::Pressure;
use std::time::{Duration, Instant};

/// Under pressure, rest for each unit of work, and the longest rest.
const REST_FOR_WORK: u32 = 19;
const LONGEST_REST: Duration = Duration::from_secs(1);
/// How soon it is noticed that pressure has gone.
const GLANCE: Duration = Duration::from_millis(20);
/// So far behind, reports matter as much as visitors.
const MOST_BEHIND: Duration = Duration::from_secs(60);

/// When feed goes on, and with how much.
#[derive(Clone, Default)]
pub struct Turns {
    wake: Wake,
    pressure: Pressure,
}

impl Turns {
    /// Rests under `pressure`.
    pub fn under(pressure: Pressure) -> Self {
        Self { wake: Wake::default(), pressure }
    }

    /// What tells feed that there is news, or that it is to stop.
    pub(super) fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Whether pieces of work are to be small.
    pub(super) fn are_short(&self) -> bool {
        self.pressure.is_high()
    }

    /// Rests after having `worked` so long, as long as pressure is high; `behind_since` is when all was
    /// taken in last. Says whether to go on.
    pub(super) fn rest(&self, worked: Duration, behind_since: Instant) -> bool {
        let until = Instant::now() + (worked * REST_FOR_WORK).min(LONGEST_REST);
        while Instant::now() < until
            && behind_since.elapsed() < MOST_BEHIND
            && !self.wake.stopped()
            && self.pressure.is_high()
        {
            self.wake.pause(GLANCE);
        }
        !self.wake.stopped()
    }
}
