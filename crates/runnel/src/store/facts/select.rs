//! What a report asks of the facts, without a word of SQL.
//! Promise: closed lists and bound values only, so that no text of a user can become a query.

use super::path::List;
use super::row::{Measure, Text};
use rules::assets::Field;

/// A dimension that facts can be grouped and filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// A text of the row.
    Text(Text),
    /// A tracking field.
    Field(Field),
    /// Something derived from a text of the row, as configured today.
    Mapped(Text, Mapping),
    /// Members of the path.
    Path(List),
    /// Something derived from members of the path, as configured today.
    PathMapped(List, Mapping),
    /// A part of the row's time.
    Time(TimePart),
    /// Whether the visit counts as a bot's: `bot` or `person`.
    Bot,
    /// Steps of the time from hit to conversion: the place in [`CONVERT_STEPS_MS`].
    ConvertTime,
}

impl Dimension {
    /// The list of members, for dimensions about the path.
    pub fn list(self) -> Option<List> {
        match self {
            Self::Path(list) | Self::PathMapped(list, _) => Some(list),
            _ => None,
        }
    }

    /// Whether it may have as many keys as there are visits: an ID of each click, an address.
    pub fn has_many_keys(self) -> bool {
        match self {
            Self::Field(_) => true,
            Self::Text(text) => matches!(text, Text::Ip | Text::Referrer | Text::Tx),
            _ => false,
        }
    }

    /// Whether its keys are numbers in the store.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Time(_) | Self::ConvertTime)
    }

    /// The small table it needs.
    pub fn mapping(self) -> Option<Mapping> {
        match self {
            Self::Mapped(_, mapping) | Self::PathMapped(_, mapping) => Some(mapping),
            _ => None,
        }
    }
}

/// Small tables from an ID to what it belongs to today. The number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mapping {
    /// Funnel → its group.
    FunnelGroup = 0,
    /// Traffic source → its category.
    SourceCategory = 1,
    /// Offer → its offer source.
    OfferSource = 2,
    /// Offer → its offer source's category.
    OfferSourceCategory = 3,
    /// Lander or offer → its category.
    PageCategory = 4,
}

/// Parts of a time, in the report's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimePart {
    /// Days since 1970-01-01.
    Date,
    /// 0 to 23.
    Hour,
    /// 1 (Monday) to 7.
    Weekday,
    /// Year · 12 + month − 1.
    Month,
}

/// Upper ends of the steps of time to convert, in milliseconds; the last step has none.
pub const CONVERT_STEPS_MS: [i64; 9] = [
    60_000,
    5 * 60_000,
    15 * 60_000,
    3_600_000,
    6 * 3_600_000,
    24 * 3_600_000,
    3 * 24 * 3_600_000,
    7 * 24 * 3_600_000,
    30 * 24 * 3_600_000,
];

/// A key of a dimension; none is *(none)*. Numbers are text here too.
pub type Key = Option<String>;

/// Which members of a dimension are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The dimension.
    pub dimension: Dimension,
    /// Only these, if any are named.
    pub include: Vec<Key>,
    /// None of these.
    pub exclude: Vec<Key>,
}

/// Which time a row is counted at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportClock {
    /// Everything at the entrance of its visit.
    Visit,
    /// Conversions at their first time, views and clicks at their own, visits at their entrance.
    Conversion,
    /// Every row at its own time, for logs.
    Own,
}

/// Whether visits of bots count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bots {
    /// Left out.
    Exclude,
    /// Counted with the others.
    Include,
    /// Nothing else counts.
    Only,
}

/// A stretch of time with one offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// Where it ends, Unix milliseconds; the last has no end.
    pub until_ms: Option<i64>,
    /// What is added to UTC, milliseconds.
    pub offset_ms: i64,
}

/// A figure that the store sums.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    /// Visits.
    Visits,
    /// Distinct visitors of those visits.
    Visitors,
    /// A measure; `Entrance` is [`Figure::Visits`].
    Measure(Measure),
    /// Count of the custom event with this ID.
    EventCount(String),
    /// Revenue of the custom event with this ID.
    EventRevenue(String),
    /// What the traffic source was told of that revenue.
    EventTold(String),
    /// 1 if any of these is not zero, else 0.
    Anything(Vec<Figure>),
}

/// What a report asks.
#[derive(Clone, Debug)]
pub struct Select {
    /// First moment, Unix milliseconds.
    pub from_ms: i64,
    /// The moment after the last.
    pub to_ms: i64,
    /// Which time counts.
    pub clock: ReportClock,
    /// The zone's offsets over the range, in order; never empty.
    pub offsets: Vec<Offset>,
    /// Whether bots count.
    pub bots: Bots,
    /// What all rows must fit. Path dimensions can only be included.
    pub filters: Vec<Choice>,
    /// Groupings, outermost first.
    pub levels: Vec<Choice>,
    /// Figures wanted, in the order of [`Group::sums`].
    pub figures: Vec<Figure>,
    /// Distinct visitors are estimated.
    pub approximate: bool,
}

/// One group of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its keys, outermost first.
    pub keys: Vec<Key>,
    /// The rows that have any member of the last grouping, which is about the path. The last key
    /// is absent.
    pub any: bool,
    /// Its figures.
    pub sums: Vec<i64>,
}

/// The part of the groups of a level that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// What they are sorted by.
    pub order: Order,
    /// The largest first.
    pub descending: bool,
    /// Groups left out at the beginning.
    pub offset: u32,
    /// Groups given, at most.
    pub limit: u32,
}

/// What groups are sorted by. Indexes are places in [`Select::figures`].
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// The key.
    Key,
    /// A sum of figures with their signs.
    Sum(Vec<(usize, i64)>),
    /// A sum divided by a sum, 0 when the divisor is 0.
    Ratio(Vec<(usize, i64)>, Vec<(usize, i64)>),
}
