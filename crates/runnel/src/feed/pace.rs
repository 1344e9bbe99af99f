//! What a commit took of the processors → how long feed rests until the next one.
//! Promise: while processors are free, reports lag at most a second; while they are short, visitors
//! come first and reports lag some seconds, but never without bound.

use crate::priority::Effort;
use std::time::Duration;

/// Shortest time between two commits: what each costs beside its rows counts for more of them, and
/// together with the commit it stays well below a second.
pub(super) const SHORTEST: Duration = Duration::from_millis(400);
/// While processors are short, feed works a fortieth of the time: a rush is served first, …
const SHARE: u32 = 40;
/// … unless it lasts: then feed takes what it needs.
const LONGEST: Duration = Duration::from_secs(5);

/// Time from the begin of a commit that took `effort` to the begin of the next.
pub(super) fn after(effort: Effort) -> Duration {
    match effort.waited > effort.worked {
        true => (effort.worked * SHARE).clamp(SHORTEST, LONGEST),
        false => SHORTEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_ms(worked: u64, waited: u64) -> u128 {
        let (worked, waited) = (Duration::from_millis(worked), Duration::from_millis(waited));
        after(Effort { worked, waited }).as_millis()
    }

    #[test]
    fn feed_rests_longer_only_after_much_work_while_processors_are_short() {
        for (worked, waited, rest) in [
            (0, 0, 400),
            (100, 0, 400),
            (100, 100, 400),
            (5, 50, 400),
            (50, 51, 2000),
            (1000, 9000, 5000),
        ] {
            assert_eq!(after_ms(worked, waited), rest, "{worked} {waited}");
        }
    }
}
