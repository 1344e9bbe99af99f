//! Keeps visitors from waiting for a service that fails: after five failures in a row it rests, then
//! one visitor at a time tries it.
//! Promise: a service that answers again is asked again after at most a minute; a visitor who leaves
//! does not count.

use parking_lot::Mutex;

/// Failures in a row after which a service rests.
const MOST_FAILURES: u32 = 5;
/// The first rest, in milliseconds; each one after a failed try is twice as long.
const FIRST_REST_MS: u64 = 5_000;
/// The longest rest, in milliseconds.
const LONGEST_REST_MS: u64 = 60_000;

/// The breaker of one service.
#[derive(Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    failures: u32,
    rest_ms: u64,
    rests_until_ms: u64,
    tried: bool,
}

/// The right to ask once. Dropped without an end it says nothing about the service.
pub(super) struct Turn<'a> {
    breaker: &'a Breaker,
    tries: bool,
}

impl Breaker {
    /// Whether the service may be asked at `now_ms` (Unix milliseconds).
    pub(super) fn turn(&self, now_ms: u64) -> Option<Turn<'_>> {
        let mut state = self.0.lock();
        let tries = state.failures >= MOST_FAILURES;
        if tries {
            if now_ms < state.rests_until_ms || state.tried {
                return None;
            }
            state.tried = true;
        }
        Some(Turn { breaker: self, tries })
    }
}

impl Turn<'_> {
    /// Says at `now_ms` whether an answer came.
    pub(super) fn ended(self, now_ms: u64, answered: bool) {
        let mut state = self.breaker.0.lock();
        if answered {
            *state = State { tried: state.tried, ..State::default() };
            return;
        }
        state.failures = state.failures.saturating_add(1);
        if self.tries {
            state.rest_ms = (state.rest_ms * 2).min(LONGEST_REST_MS);
            state.rests_until_ms = now_ms + state.rest_ms;
        } else if state.failures == MOST_FAILURES {
            state.rest_ms = FIRST_REST_MS;
            state.rests_until_ms = now_ms + FIRST_REST_MS;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.tries {
            self.breaker.0.lock().tried = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, now_ms: u64) -> bool {
        let turn = breaker.turn(now_ms);
        turn.map(|turn| turn.ended(now_ms, false)).is_some()
    }

    #[test]
    fn a_dead_service_rests_longer_each_time_up_to_a_minute() {
        let breaker = Breaker::default();
        assert!((0..5).all(|_| fail(&breaker, 0)));
        let mut now_ms = 0;
        for rest_ms in [5_000, 10_000, 20_000, 40_000, 60_000, 60_000] {
            assert!(!fail(&breaker, now_ms + rest_ms - 1), "{rest_ms}");
            now_ms += rest_ms;
            assert!(fail(&breaker, now_ms), "{rest_ms}");
        }
    }

    #[test]
    fn one_tries_at_a_time_and_an_answer_ends_the_rest() {
        let breaker = Breaker::default();
        assert!((0..5).all(|_| fail(&breaker, 0)));
        let first = breaker.turn(5_000).unwrap();
        assert!(breaker.turn(5_000).is_none());
        drop(first);
        let second = breaker.turn(5_000).unwrap();
        second.ended(5_001, true);
        assert!(breaker.turn(5_001).is_some() && breaker.turn(5_001).is_some());
    }

    #[test]
    fn an_answer_between_failures_begins_the_count_anew() {
        let breaker = Breaker::default();
        for _ in 0..3 {
            assert!((0..4).all(|_| fail(&breaker, 0)));
            breaker.turn(0).unwrap().ended(0, true);
        }
        assert!(breaker.turn(0).is_some());
    }
}
