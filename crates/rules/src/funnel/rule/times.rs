//! Tests of the time of day, the weekday and the date, in the rule's zone.
//! Promise: zones come from the database compiled into the program, so every machine agrees.

use super::check::Order;
use jiff::civil::{Date, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::LazyLock;

/// A test of the minute of the day.
#[derive(Debug)]
pub(in crate::funnel) enum TimeTest {
    /// Within any of these spans, `(start, end)` in minutes with `end` outside.
    Within { spans: Vec<(u16, u16)>, wanted: bool },
    /// Before or after.
    Ordered(Order, u16),
}

impl TimeTest {
    pub(super) fn holds(&self, minute: u16) -> bool {
        match self {
            Self::Within { spans, wanted } => {
                spans.iter().any(|span| is_within(*span, minute)) == *wanted
            }
            Self::Ordered(order, bound) => order.holds(&minute, bound),
        }
    }
}

fn is_within((start, end): (u16, u16), minute: u16) -> bool {
    if start < end { (start..end).contains(&minute) } else { minute >= start || minute < end }
}

/// A test of the day of the week, 1 (Monday) to 7.
#[derive(Debug)]
pub(in crate::funnel) enum WeekdayTest {
    /// Any of these (or, not wanted, none).
    Any { days: Vec<i8>, wanted: bool },
    /// Before or after.
    Ordered(Order, i8),
}

impl WeekdayTest {
    pub(super) fn holds(&self, day: Weekday) -> bool {
        let day = day.to_monday_one_offset();
        match self {
            Self::Any { days, wanted } => days.contains(&day) == *wanted,
            Self::Ordered(order, bound) => order.holds(&day, bound),
        }
    }
}

/// A test of the date.
#[derive(Debug)]
pub(in crate::funnel) enum DateTest {
    /// Any of these (or, not wanted, none).
    Any { dates: Vec<Date>, wanted: bool },
    /// Before or after.
    Ordered(Order, Date),
}

impl DateTest {
    pub(super) fn holds(&self, date: Date) -> bool {
        match self {
            Self::Any { dates, wanted } => dates.contains(&date) == *wanted,
            Self::Ordered(order, bound) => order.holds(&date, bound),
        }
    }
}

/// The zone of this IANA name; empty means UTC.
pub(in crate::funnel) fn zone(name: &str) -> Option<TimeZone> {
    static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    if name.is_empty() { Some(TimeZone::UTC) } else { ZONES.get(name).ok() }
}

/// `HH:MM` as a minute of the day.
pub(super) fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let two_digits = |s: &str| (s.len() == 2).then(|| s.parse::<u16>().ok()).flatten();
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// `HH:MM` (that minute) or `HH:MM-HH:MM` as a span of minutes.
pub(super) fn span(text: &str) -> Option<(u16, u16)> {
    match text.split_once('-') {
        Some((start, end)) => Some((minute(start)?, minute(end)?)),
        None => minute(text).map(|minute| (minute, minute + 1)),
    }
}

/// `monday`, `Mon` or `1` as 1 (Monday) to 7.
pub(super) fn weekday(text: &str) -> Option<i8> {
    const DAYS: [&str; 7] =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let text = text.trim().to_lowercase();
    let named = DAYS.iter().position(|day| text == *day || text == day[..3]);
    let number = || text.parse::<usize>().ok().filter(|n| (1..=7).contains(n)).map(|n| n - 1);
    named.or_else(number).map(|place| place as i8 + 1)
}
