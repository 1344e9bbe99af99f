//! The variables of expressions: what conditions test, under the same names with `_` for `-`, with
//! parts of the time in the node's zone.
//! Promise: a closed list; a name that is not on it is refused when the expression is compiled. Only
//! what the expression mentions is asked for and kept.

use super::asked::About;
use crate::funnel::decide::Walk;
use crate::funnel::rule::{Subject, Takes, local, tests, text};
use crate::record::Question;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rhai::{Dynamic, Scope};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Where a variable's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    /// A text that conditions test too; empty if it is not known.
    Text(Subject),
    /// The sender's address as text.
    Address,
    /// The traffic source's ID.
    Source,
    /// Whether the sender counts as a bot.
    Bot,
    /// Whether the visitor is new.
    NewVisitor,
    /// A number from 0 to below 100 from the walk's own chance.
    Random,
    /// A part of the time.
    Time(Part),
    /// Asked by key.
    Asks(About),
}

/// A part of the time in the node's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Year,
    Month,
    Day,
    /// 1 (Monday) to 7.
    Weekday,
    Hour,
    Minute,
    /// `YYYY-MM-DD`.
    Date,
}

const OWN: [(&str, Variable); 17] = [
    ("ip", Variable::Address),
    ("source", Variable::Source),
    ("bot", Variable::Bot),
    ("new_visitor", Variable::NewVisitor),
    ("random", Variable::Random),
    ("year", Variable::Time(Part::Year)),
    ("month", Variable::Time(Part::Month)),
    ("day", Variable::Time(Part::Day)),
    ("weekday", Variable::Time(Part::Weekday)),
    ("hour", Variable::Time(Part::Hour)),
    ("minute", Variable::Time(Part::Minute)),
    ("date", Variable::Time(Part::Date)),
    ("data", Variable::Asks(About::Data)),
    ("tags", Variable::Asks(About::Tags)),
    ("seen_nodes", Variable::Asks(About::SeenNodes)),
    ("seen_pages", Variable::Asks(About::SeenPages)),
    ("converted", Variable::Asks(About::Converted)),
];

static ALL: LazyLock<Vec<(String, Variable)>> = LazyLock::new(|| {
    let texts = tests().into_iter().filter(|test| {
        matches!(test.takes, Takes::Text | Takes::Version) && test.name != "data-NAME"
    });
    let shared = texts.filter_map(|test| {
        let (subject, _) = Subject::parse(test.name)?;
        Some((test.name.replace('-', "_"), Variable::Text(subject)))
    });
    shared.chain(OWN.map(|(name, variable)| (name.to_owned(), variable))).collect()
});

/// All names, for the compiler.
pub(super) fn names() -> &'static Scope<'static> {
    static NAMES: LazyLock<Scope<'static>> = LazyLock::new(|| {
        let mut scope = Scope::new();
        for (name, _) in ALL.iter() {
            scope.push_dynamic(name.as_str(), Dynamic::UNIT);
        }
        scope
    });
    &NAMES
}

/// The variables whose names stand in `expression`, perhaps some that it only quotes.
pub(super) fn mentioned(expression: &str) -> Vec<(&'static str, Variable)> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: HashSet<&str> = expression.split(|c| !in_name(c)).collect();
    let all = ALL.iter().filter(|(name, _)| words.contains(name.as_str()));
    all.map(|(name, variable)| (name.as_str(), variable.clone())).collect()
}

impl Variable {
    /// Its value for this walk; none for what is asked by key.
    pub(super) fn value(&self, walk: &mut Walk<'_>, zone: &TimeZone) -> Option<Dynamic> {
        Some(match self {
            Self::Text(subject) => Dynamic::from(text(subject, walk).into_owned()),
            Self::Address => {
                Dynamic::from(walk.request.facts.ip.map_or_else(String::new, |ip| ip.to_string()))
            }
            Self::Source => Dynamic::from(walk.request.source.to_string()),
            Self::Bot => Dynamic::from(walk.request.facts.is_bot()),
            Self::NewVisitor => Dynamic::from(walk.is_so(Question::NewVisitor)),
            Self::Random => Dynamic::from(walk.draw(100_000_000) as f64 / 1_000_000.0),
            Self::Time(part) => part.of(local(walk.at_ms, zone)),
            Self::Asks(_) => return None,
        })
    }
}

impl Part {
    fn of(self, now: DateTime) -> Dynamic {
        Dynamic::from(match self {
            Self::Year => i64::from(now.year()),
            Self::Month => i64::from(now.month()),
            Self::Day => i64::from(now.day()),
            Self::Weekday => i64::from(now.weekday().to_monday_one_offset()),
            Self::Hour => i64::from(now.hour()),
            Self::Minute => i64::from(now.minute()),
            Self::Date => return Dynamic::from(now.date().to_string()),
        })
    }
}
