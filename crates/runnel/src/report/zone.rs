//! A time zone over a range of time → stretches with one offset each.
//! Promise: any engine that can add and compare integers shows the same local dates.

use crate::store::facts::select::Offset;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The offsets of `zone` from `from_ms` up to `to_ms` (Unix milliseconds), in order, never empty.
pub(super) fn offsets(zone: &TimeZone, from_ms: i64, to_ms: i64) -> Vec<Offset> {
    let from = Timestamp::from_millisecond(from_ms).unwrap_or(Timestamp::MIN);
    let mut offset_ms = i64::from(zone.to_offset(from).seconds()) * 1000;
    let mut offsets = Vec::new();
    for transition in zone.following(from) {
        let at_ms = transition.timestamp().as_millisecond();
        if at_ms >= to_ms {
            break;
        }
        offsets.push(Offset { until_ms: Some(at_ms), offset_ms });
        offset_ms = i64::from(transition.offset().seconds()) * 1000;
    }
    offsets.push(Offset { until_ms: None, offset_ms });
    offsets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_time_ends_once_in_a_year() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let offsets = offsets(&zone, at("2026-07-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        let ended = at("2026-10-25T01:00:00Z");
        let summer = Offset { until_ms: Some(ended), offset_ms: 2 * 3_600_000 };
        assert_eq!(offsets, [summer, Offset { until_ms: None, offset_ms: 3_600_000 }]);
    }

    #[test]
    fn utc_has_one_stretch() {
        let one = [Offset { until_ms: None, offset_ms: 0 }];
        assert_eq!(offsets(&TimeZone::UTC, 0, i64::MAX), one);
    }
}
