//! Caps: since when a period counts, and counters that only need whole seconds.
//! Promise: a counter is exact to the second; what no period can reach any more is forgotten.

use crate::assets::CapPeriod;
use jiff::{Timestamp, ToSpan, Unit, Zoned, ZonedRound, tz::TimeZone};
use std::collections::BTreeMap;

/// The periods that a calendar cap can name.
pub const CALENDAR_PERIODS: [&str; 5] = ["hour", "day", "week", "month", "total"];

/// The first moment that counts at `now_ms`, both in Unix milliseconds. Weeks begin on Monday.
pub fn counts_since_ms(period: &CapPeriod, now_ms: u64) -> u64 {
    match period {
        CapPeriod::Rolling { minutes } => now_ms.saturating_sub(u64::from(*minutes) * 60_000),
        CapPeriod::Calendar { period, timezone } => {
            calendar_start_ms(period, timezone, now_ms).unwrap_or(0)
        }
    }
}

fn calendar_start_ms(period: &str, timezone: &str, now_ms: u64) -> Option<u64> {
    let zone = if timezone.is_empty() { TimeZone::UTC } else { TimeZone::get(timezone).ok()? };
    let now = Timestamp::from_millisecond(now_ms as i64).ok()?.to_zoned(zone);
    let start = match period {
        "hour" => now.round(ZonedRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Floor)),
        "day" => now.start_of_day(),
        "week" => monday(&now).and_then(|day| day.start_of_day()),
        "month" => now.first_of_month().and_then(|day| day.start_of_day()),
        _ => return None,
    };
    Some(start.ok()?.timestamp().as_millisecond() as u64)
}

fn monday(now: &Zoned) -> Result<Zoned, jiff::Error> {
    now.checked_sub(i64::from(now.weekday().to_monday_zero_offset()).days())
}

/// Counts things at moments; things can be taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    per_second: BTreeMap<u64, i64>,
    /// The same sums by hour, so that a month is a few hundred additions.
    per_hour: BTreeMap<u64, i64>,
}

const HOUR_SECONDS: u64 = 3600;

impl Counter {
    /// Adds `by` (negative takes back) at `at_ms`.
    pub fn add(&mut self, at_ms: u64, by: i64) {
        let second = at_ms / 1000;
        *self.per_second.entry(second).or_default() += by;
        *self.per_hour.entry(second / HOUR_SECONDS).or_default() += by;
    }

    /// The sum since `since_ms`, never below zero.
    pub fn since(&self, since_ms: u64) -> u64 {
        let second = since_ms / 1000;
        let next_hour = second.div_ceil(HOUR_SECONDS);
        let edge = self.per_second.range(second..next_hour * HOUR_SECONDS).map(|(_, n)| n);
        let hours = self.per_hour.range(next_hour..).map(|(_, n)| n);
        edge.chain(hours).sum::<i64>().max(0) as u64
    }

    /// Forgets what lies before `since_ms`.
    pub fn forget_before(&mut self, since_ms: u64) {
        let second = since_ms / 1000;
        self.per_second = self.per_second.split_off(&second);
        self.per_hour = self.per_hour.split_off(&second.div_ceil(HOUR_SECONDS));
        let edge_end = second.div_ceil(HOUR_SECONDS) * HOUR_SECONDS;
        let edge: i64 = self.per_second.range(..edge_end).map(|(_, n)| n).sum();
        if edge != 0 {
            self.per_hour.insert(second / HOUR_SECONDS, edge);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> u64 {
        text.parse::<Timestamp>().unwrap().as_millisecond() as u64
    }

    fn calendar(period: &str, timezone: &str) -> CapPeriod {
        CapPeriod::Calendar { period: period.into(), timezone: timezone.into() }
    }

    #[test]
    fn calendar_periods_begin_in_their_zone() {
        // A Sunday; New York is five hours behind, so still Saturday evening there at 02:00Z.
        let now = ms("2026-11-22T02:30:00Z");
        for (period, zone, start) in [
            ("hour", "", "2026-11-22T02:00:00Z"),
            ("day", "", "2026-11-22T00:00:00Z"),
            ("day", "America/New_York", "2026-11-21T05:00:00Z"),
            ("week", "", "2026-11-16T00:00:00Z"),
            ("month", "America/New_York", "2026-11-01T04:00:00Z"),
        ] {
            assert_eq!(counts_since_ms(&calendar(period, zone), now), ms(start), "{period} {zone}");
        }
        assert_eq!(counts_since_ms(&calendar("total", ""), now), 0);
        assert_eq!(counts_since_ms(&CapPeriod::Rolling { minutes: 30 }, now), now - 1_800_000);
    }

    #[test]
    fn what_is_taken_back_no_longer_counts() {
        let mut counter = Counter::default();
        counter.add(10_000, 1);
        counter.add(20_500, 2);
        assert_eq!((counter.since(0), counter.since(20_000), counter.since(21_000)), (3, 2, 0));
        counter.add(20_500, -1);
        counter.forget_before(20_000);
        assert_eq!(counter.since(0), 1);
        counter.add(7_200_000, 5);
        counter.add(7_199_000, 1);
        assert_eq!(
            (counter.since(0), counter.since(7_199_500), counter.since(7_200_000)),
            (7, 6, 5)
        );
    }
}
