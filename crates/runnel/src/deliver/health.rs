//! How a destination is doing: its latest calls, its last error, its breaker.
//! Promise: bounded; a figure says over what it was taken.

use std::collections::VecDeque;

/// Calls that figures are taken over.
const MOST_CALLS: usize = 1_024;
/// The rate is that of the last minute.
const RATE_MS: u64 = 60_000;

/// A destination's latest calls.
#[derive(Debug, Default)]
pub struct Health {
    calls: VecDeque<Call>,
    delivered: u64,
    last_error: Option<(u64, String)>,
    breaker: &'static str,
    under_way: usize,
}

#[derive(Clone, Copy, Debug)]
struct Call {
    at_ms: u64,
    took_ms: u64,
    delivered: u32,
}

/// What the API shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Deliveries in a second, over the last minute (or as much of it as is remembered).
    pub per_second: f64,
    /// 99 of 100 of the remembered calls took no longer, in milliseconds; none without calls.
    pub p99_ms: Option<u64>,
    /// Deliveries that arrived since the program started.
    pub delivered: u64,
    /// When it last failed, Unix milliseconds, and why.
    pub last_error: Option<(u64, String)>,
    /// `closed`, `open` or `half-open`.
    pub breaker: &'static str,
    /// Calls under way.
    pub under_way: usize,
}

impl Health {
    /// A call is over.
    pub fn called(&mut self, at_ms: u64, took_ms: u64, delivered: u32) {
        if self.calls.len() == MOST_CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(Call { at_ms, took_ms, delivered });
        self.delivered += u64::from(delivered);
    }

    /// Something went wrong.
    pub fn failed(&mut self, at_ms: u64, reason: String) {
        self.last_error = Some((at_ms, reason));
    }

    /// How its worker stands.
    pub fn stands(&mut self, breaker: &'static str, under_way: usize) {
        (self.breaker, self.under_way) = (breaker, under_way);
    }

    /// The figures at `now_ms`.
    pub fn figures(&self, now_ms: u64) -> Figures {
        let since_ms = now_ms.saturating_sub(RATE_MS);
        let recent = self.calls.iter().filter(|call| call.at_ms >= since_ms);
        let count: u64 = recent.clone().map(|call| u64::from(call.delivered)).sum();
        let forgotten = self.calls.len() == MOST_CALLS;
        let first_ms = recent.map(|call| call.at_ms).min().filter(|_| forgotten);
        let over_ms = now_ms.saturating_sub(first_ms.unwrap_or(since_ms)).max(1);
        Figures {
            per_second: count as f64 * 1000.0 / over_ms as f64,
            p99_ms: self.p99_ms(),
            delivered: self.delivered,
            last_error: self.last_error.clone(),
            breaker: if self.breaker.is_empty() { "closed" } else { self.breaker },
            under_way: self.under_way,
        }
    }

    fn p99_ms(&self) -> Option<u64> {
        let mut took: Vec<_> = self.calls.iter().map(|call| call.took_ms).collect();
        took.sort_unstable();
        let place = (took.len() * 99).div_ceil(100).checked_sub(1)?;
        took.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_p99_are_those_of_the_latest_calls() {
        let mut health = Health::default();
        assert_eq!(health.figures(0).p99_ms, None);
        for n in 1..=200 {
            health.called(100_000 + n, n, 3);
        }
        // 600 in the last minute; the 198th of 200.
        let figures = health.figures(160_000);
        assert_eq!((figures.per_second, figures.p99_ms), (10.0, Some(198)));
        assert_eq!((figures.delivered, figures.breaker), (600, "closed"));
        assert_eq!(health.figures(170_000).per_second, 0.0);
    }
}
