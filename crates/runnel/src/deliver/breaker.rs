//! Spares a destination that does not answer: closed, open, half-open.
//! Promise: while it is open nothing is sent; half-open sends one call, which decides.

/// Failures in a row that open it.
const MOST_FAILURES: u32 = 5;
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 300_000;

/// A breaker. Times are Unix milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    Open {
        until_ms: u64,
        pause_ms: u64,
    },
    HalfOpen {
        pause_ms: u64,
    },
}

/// What may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Anything.
    Send,
    /// One call, if none is under way.
    Probe,
    /// Nothing before this moment.
    NotBefore(u64),
}

impl Breaker {
    /// What may be sent at `now_ms`.
    pub fn may(&mut self, now_ms: u64) -> May {
        match self.state {
            State::Closed => May::Send,
            State::HalfOpen { .. } => May::Probe,
            State::Open { until_ms, .. } if now_ms < until_ms => May::NotBefore(until_ms),
            State::Open { pause_ms, .. } => {
                self.state = State::HalfOpen { pause_ms };
                May::Probe
            }
        }
    }

    /// The destination answered.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// The destination did not answer, or says that it is not well.
    pub fn failed(&mut self, now_ms: u64) {
        self.failures += 1;
        let pause_ms = match self.state {
            State::HalfOpen { pause_ms } => (2 * pause_ms).min(LONGEST_PAUSE_MS),
            State::Closed if self.failures >= MOST_FAILURES => FIRST_PAUSE_MS,
            State::Closed | State::Open { .. } => return,
        };
        self.state = State::Open { until_ms: now_ms + pause_ms, pause_ms };
    }

    /// Nothing is sent before `until_ms`: the destination asked for it.
    pub fn hold(&mut self, now_ms: u64, until_ms: u64) {
        let until_ms = until_ms.min(now_ms + LONGEST_PAUSE_MS);
        let pause_ms = FIRST_PAUSE_MS;
        match self.state {
            State::Open { until_ms: already_ms, .. } if already_ms >= until_ms => {}
            _ => self.state = State::Open { until_ms, pause_ms },
        }
    }

    /// The word in the API: `closed`, `open` or `half-open`.
    pub fn word(&self) -> &'static str {
        match self.state {
            State::Closed => "closed",
            State::Open { .. } => "open",
            State::HalfOpen { .. } => "half-open",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..MOST_FAILURES {
            assert_eq!(breaker.may(0), May::Send);
            breaker.failed(0);
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_one_answer_closes_it() {
        let mut breaker = opened();
        assert_eq!(breaker.may(999), May::NotBefore(1_000));
        assert_eq!((breaker.may(1_000), breaker.word()), (May::Probe, "half-open"));
        breaker.answered();
        assert_eq!(breaker.may(1_000), May::Send);
        for _ in 0..MOST_FAILURES - 1 {
            breaker.failed(2_000);
        }
        breaker.answered();
        breaker.failed(2_000);
        assert_eq!(breaker.word(), "closed");
    }

    #[test]
    fn a_probe_that_fails_doubles_the_pause_up_to_five_minutes() {
        let (mut breaker, mut now_ms, mut pauses) = (opened(), 0, vec![]);
        for _ in 0..10 {
            let May::NotBefore(until_ms) = breaker.may(now_ms) else { panic!("it is open") };
            pauses.push((until_ms - now_ms) / 1_000);
            now_ms = until_ms;
            assert_eq!(breaker.may(now_ms), May::Probe);
            breaker.failed(now_ms);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    }

    #[test]
    fn a_call_that_was_under_way_when_it_opened_changes_nothing() {
        let mut breaker = opened();
        breaker.failed(500);
        assert_eq!(breaker.may(500), May::NotBefore(1_000));
    }

    #[test]
    fn a_destination_may_ask_for_a_pause_of_five_minutes_at_most() {
        let mut breaker = Breaker::default();
        breaker.hold(0, 7_000);
        assert_eq!(breaker.may(6_999), May::NotBefore(7_000));
        breaker.hold(0, 3_000);
        assert_eq!(breaker.may(6_999), May::NotBefore(7_000));
        breaker.hold(0, 1_000_000);
        assert_eq!(breaker.may(1), May::NotBefore(LONGEST_PAUSE_MS));
    }
}
