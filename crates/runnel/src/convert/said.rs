//! The parameters that we know, by what they mean; amounts and statuses stay texts until the
//! offer's rules are known.
//! Promise: trimmed; empty is absent; an unreplaced macro is absent and flagged (product.md §6.1).

use super::parse::{HIT, Parameters, REV, STATUS, TX};
use super::reason::{Reason, Unbooked};
use jiff::Timestamp;
use rules::amount::{TextValue, is_yes};

/// A clock that is ahead of ours by less than this is taken as equal, in milliseconds.
const SKEW_MS: u64 = 60_000;

/// What a call says.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The hit.
    pub hit: TextValue,
    /// The visitor.
    pub vid: TextValue,
    /// The page.
    pub page: TextValue,
    /// The transaction.
    pub tx: TextValue,
    /// The revenue, as received.
    pub rev: Option<String>,
    /// The status, as received.
    pub status: Option<String>,
    /// Currency of the revenue.
    pub currency: TextValue,
    /// The event's name; absent for a conversion.
    pub event: Option<String>,
    /// When it happened, as received.
    pub time: Option<String>,
    /// Whether the traffic source is not told.
    pub disable_postbacks: bool,
    /// Whether only the verdict is wanted.
    pub test: bool,
}

impl Said {
    /// Finds what we know among `parameters`.
    pub fn find(parameters: &Parameters) -> Self {
        let text = |names: &[&str]| TextValue::read(parameters.first(names));
        let raw = |names: &[&str]| parameters.first(names).map(str::to_owned);
        Self {
            hit: text(HIT),
            vid: text(&["vid"]),
            page: text(&["p"]),
            tx: text(TX),
            rev: raw(REV),
            status: raw(STATUS),
            currency: text(&["currency"]),
            event: raw(&["event"]).filter(|name| !name.eq_ignore_ascii_case("conversion")),
            time: raw(&["time"]),
            disable_postbacks: is_yes(parameters.first(&["disable_postbacks"])),
            test: is_yes(parameters.first(&["test"])),
        }
    }

    /// Whether a macro stood where a value belongs and counts as absent.
    pub fn has_absent_macro(&self) -> bool {
        let rev = TextValue::read(self.rev.as_deref());
        [&self.tx, &self.currency, &rev].into_iter().any(TextValue::flagged)
    }

    /// When it takes effect: `time=`, else its arrival; Unix milliseconds.
    /// # Errors
    /// The time cannot be read, or lies in the future.
    pub fn at_ms(&self, arrived_ms: u64) -> Result<u64, Unbooked> {
        let Some(text) = TextValue::read(self.time.as_deref()).given() else {
            return Ok(arrived_ms);
        };
        let at_ms = read_time(&text).ok_or(Unbooked::new(Reason::UnreadableTime, "time"))?;
        if at_ms > arrived_ms + SKEW_MS {
            return Err(Unbooked::new(Reason::TimeInFuture, "time"));
        }
        Ok(at_ms.min(arrived_ms))
    }
}

/// RFC 3339 or Unix seconds, in Unix milliseconds.
fn read_time(text: &str) -> Option<u64> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse::<u64>().ok()?.checked_mul(1000);
    }
    let at: Timestamp = text.replace(' ', "+").parse().ok()?;
    u64::try_from(at.as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> Said {
        let owned = pairs.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        Said::find(&Parameters::of_pairs(owned))
    }

    const NOW_MS: u64 = 1_790_000_000_000;

    #[test]
    fn time_is_rfc_3339_or_unix_seconds_and_not_in_the_future() {
        for (time, at_ms) in [
            ("1789999999", Ok(1_789_999_999_000)),
            ("2026-09-21T14:13:19Z", Ok(1_790_000_000_000 - 1_000)),
            ("2026-09-21T16:13:19+02:00", Ok(1_789_999_999_000)),
            // A plus sign that a query string turned into a blank.
            ("2026-09-21T16:13:19 02:00", Ok(1_789_999_999_000)),
            ("", Ok(NOW_MS)),
            ("{time}", Ok(NOW_MS)),
            ("1790000030", Ok(NOW_MS)),
            ("1790003600", Err(Unbooked::new(Reason::TimeInFuture, "time"))),
            ("yesterday", Err(Unbooked::new(Reason::UnreadableTime, "time"))),
            ("99999999999999999999", Err(Unbooked::new(Reason::UnreadableTime, "time"))),
        ] {
            assert_eq!(said(&[("time", time)]).at_ms(NOW_MS), at_ms, "{time}");
        }
    }

    #[test]
    fn an_empty_event_or_conversion_is_a_conversion() {
        assert_eq!(said(&[("event", "")]).event, None);
        assert_eq!(said(&[("event", "Conversion")]).event, None);
        assert_eq!(said(&[("event", " lead ")]).event, Some("lead".into()));
    }

    #[test]
    fn a_macro_nobody_replaced_is_noticed() {
        for (name, value) in [("tx", "{{transaction}}"), ("rev", "{payout}"), ("currency", "[cur]")]
        {
            assert!(said(&[(name, value)]).has_absent_macro(), "{name}");
        }
        assert!(!said(&[("tx", "A-1"), ("rev", "0")]).has_absent_macro());
    }
}
