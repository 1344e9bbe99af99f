//! A compiled rule.
//! Promise: holding everything parsed, so that a check neither parses nor fails.

use super::subject::Subject;
use super::text::TextTest;
use super::times::{DateTest, TimeTest, WeekdayTest};
use crate::ids::EntityId;
use ipnet::IpNet;
use jiff::tz::TimeZone;

/// A rule that can be checked.
#[derive(Debug)]
pub(in crate::funnel) enum Check {
    /// A text against texts, numbers or versions.
    Text { subject: Subject, test: TextTest },
    /// The address against networks.
    Network { nets: Vec<IpNet>, wanted: bool },
    /// The address is known.
    KnownAddress,
    /// One of several assets or nodes.
    Ids { subject: Subject, ids: Vec<EntityId>, wanted: bool },
    /// A yes or no.
    Flag { subject: Subject, wanted: bool },
    /// A draw below 100 million (percent with six places).
    Random { order: Order, bound: u64 },
    /// The time of day.
    Time { zone: TimeZone, test: TimeTest },
    /// The day of the week.
    Weekday { zone: TimeZone, test: WeekdayTest },
    /// The date.
    Date { zone: TimeZone, test: DateTest },
    /// A counter.
    Cap { name: String, is: CountTest },
    /// A rule that could not be read: only in a funnel that was not valid.
    Never,
}

/// What a count is compared with.
#[derive(Debug)]
pub(in crate::funnel) enum CountTest {
    /// Equal to any (or, not wanted, to none).
    Any { counts: Vec<u64>, wanted: bool },
    /// Before or after.
    Ordered(Order, u64),
}

/// `<` `<=` `>` `>=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::funnel) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// Whether `left` stands in this order to `right`; what cannot be compared does not.
    pub(super) fn holds<T: PartialOrd + ?Sized>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}
