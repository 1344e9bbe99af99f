//! Does a check hold for this request? Looks at its facts, asks for the rest.

use super::check::{Check, CountTest};
use super::subject::Subject;
use crate::assets::Field;
use crate::funnel::decide::Walk;
use crate::ids::EntityId;
use crate::record::{Question, Reply};
use crate::template::domain_of;
use compact_str::CompactString;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::borrow::Cow;

impl Check {
    /// Whether it holds for the walk's request, now.
    pub(in crate::funnel) fn holds(&self, walk: &mut Walk<'_>) -> bool {
        match self {
            Self::Text { subject, test } => test.holds(&text(subject, walk)),
            Self::Network { nets, wanted } => {
                let ip = walk.request.facts.ip;
                ip.is_some_and(|ip| nets.iter().any(|net| net.contains(&ip))) == *wanted
            }
            Self::KnownAddress => walk.request.facts.ip.is_some(),
            Self::Ids { subject, ids, wanted } => {
                ids.iter().any(|id| is_or_has(subject, *id, walk)) == *wanted
            }
            Self::Flag { subject: Subject::Bot, wanted } => walk.request.facts.is_bot() == *wanted,
            Self::Flag { wanted, .. } => walk.is_so(Question::NewVisitor) == *wanted,
            Self::Random { order, bound } => order.holds(&walk.draw(DRAWS), bound),
            Self::Time { zone, test } => {
                let now = local(walk.at_ms, zone).time();
                test.holds(now.hour() as u16 * 60 + now.minute() as u16)
            }
            Self::Weekday { zone, test } => test.holds(local(walk.at_ms, zone).weekday()),
            Self::Date { zone, test } => test.holds(local(walk.at_ms, zone).date()),
            Self::Cap { name, is } => match walk.ask(Question::Cap(name.clone())) {
                Reply::Count(count) => is.holds(count),
                _ => is.holds(0),
            },
            Self::Never => false,
        }
    }
}

/// Draws of `random`: percent with six places.
const DRAWS: u64 = 100_000_000;

impl CountTest {
    fn holds(&self, count: u64) -> bool {
        match self {
            Self::Any { counts, wanted } => counts.contains(&count) == *wanted,
            Self::Ordered(order, bound) => order.holds(&count, bound),
        }
    }
}

fn is_or_has(subject: &Subject, id: EntityId, walk: &mut Walk<'_>) -> bool {
    match subject {
        Subject::Source => walk.request.source == id,
        Subject::Tag => walk.is_so(Question::HasTag(id)),
        Subject::SeenNode => walk.is_so(Question::SeenNode(id)),
        Subject::SeenPage => walk.is_so(Question::SeenPage(id)),
        Subject::Converted => walk.is_so(Question::Converted(id)),
        _ => false,
    }
}

/// What is known under the name of a text test; empty if nothing is.
pub(in crate::funnel) fn text<'a>(subject: &Subject, walk: &mut Walk<'a>) -> Cow<'a, str> {
    let facts = walk.request.facts;
    Cow::Borrowed(match subject {
        Subject::Continent => &facts.continent,
        Subject::Country => &facts.country,
        Subject::Region => &facts.region,
        Subject::City => &facts.city,
        Subject::Timezone => &facts.timezone,
        Subject::Device => facts.device.as_str(),
        Subject::Brand => &facts.brand,
        Subject::Model => &facts.model,
        Subject::Os => &facts.os,
        Subject::OsVersion => &facts.os_version,
        Subject::Browser => &facts.browser,
        Subject::BrowserVersion => &facts.browser_version,
        Subject::Language => &facts.language,
        Subject::Isp => &facts.isp,
        Subject::Connection => &facts.connection,
        Subject::Domain => walk.request.domain,
        Subject::Field(field) => tracked(*field, walk.request.fields),
        other => return Cow::Owned(asked(other, walk)),
    })
}

fn tracked(field: Field, fields: &[(Field, CompactString)]) -> &str {
    fields.iter().find(|(held, _)| *held == field).map_or("", |(_, value)| value)
}

fn asked(subject: &Subject, walk: &mut Walk<'_>) -> String {
    match subject {
        Subject::Asn if walk.request.facts.asn > 0 => walk.request.facts.asn.to_string(),
        Subject::Data(name) => reply_text(walk.ask(Question::Data(name.clone()))),
        Subject::Url => reply_text(walk.ask(Question::Url)),
        Subject::Referrer => reply_text(walk.ask(Question::Referrer)),
        Subject::ReferrerDomain => domain_of(&reply_text(walk.ask(Question::Referrer))),
        _ => String::new(),
    }
}

fn reply_text(reply: Reply) -> String {
    match reply {
        Reply::Text(Some(text)) => text,
        _ => String::new(),
    }
}

/// The time on the clocks of `zone`.
pub(in crate::funnel) fn local(at_ms: u64, zone: &TimeZone) -> DateTime {
    let at = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    zone.to_datetime(at.unwrap_or(Timestamp::MAX))
}
