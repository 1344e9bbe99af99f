//! When a delivery that failed is tried again (product.md §10).
//! Promise: 12 attempts over 96 hours; a destination's own wish is honoured where it is later.

use std::time::Duration;

/// Attempts in all.
pub const MOST_ATTEMPTS: u32 = 12;
/// Seconds from each attempt to the next: 96 hours together.
const GAPS_S: [u64; MOST_ATTEMPTS as usize - 1] =
    [10, 60, 300, 900, 2_700, 7_200, 18_000, 36_000, 64_800, 90_000, 125_630];
/// A gap is made longer or shorter by up to so many thousandths, so that what failed together does
/// not come back together.
const JITTER: u64 = 100;
/// The latest that a destination may ask for.
const LONGEST_WISH: Duration = Duration::from_secs(24 * 3600);

/// How long to wait after so many attempts; none after the last. `chance` is any number, `wish` the
/// destination's `Retry-After`.
pub fn pause(attempts: u32, chance: u64, wish: Option<Duration>) -> Option<Duration> {
    let place = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let gap_ms = GAPS_S.get(place)? * (1000 - JITTER + chance % (2 * JITTER + 1));
    let gap = Duration::from_millis(gap_ms);
    Some(wish.map_or(gap, |wish| gap.max(wish.min(LONGEST_WISH))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_attempts_take_ninety_six_hours_give_or_take_a_tenth() {
        let total = |chance| {
            let pauses = (1..).map_while(|attempts| pause(attempts, chance, None));
            let pauses: Vec<_> = pauses.collect();
            (pauses.len(), pauses.into_iter().sum::<Duration>().as_secs())
        };
        assert_eq!(total(JITTER), (11, 96 * 3600));
        assert_eq!(total(0), (11, 96 * 3600 * 9 / 10));
        assert_eq!(total(2 * JITTER), (11, 96 * 3600 * 11 / 10));
        assert_eq!(pause(MOST_ATTEMPTS, 0, Some(Duration::ZERO)), None);
    }

    #[test]
    fn a_destination_may_ask_for_later_but_not_for_sooner_nor_for_ever() {
        let wish =
            |seconds| pause(2, JITTER, Some(Duration::from_secs(seconds))).unwrap().as_secs();
        assert_eq!((wish(1), wish(3600), wish(10_000_000)), (60, 3600, 24 * 3600));
    }
}
