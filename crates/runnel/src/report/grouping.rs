//! The closed list of what reports group and filter by, and how its keys read (product.md §11).

use crate::store::facts::select::{CONVERT_STEPS_MS, Dimension, Mapping, TimePart};
use crate::store::facts::{List, Text};
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use rules::assets::Field;

/// Names of groupings that are no tracking fields.
const NAMED: &[(&str, Dimension)] = &[
    ("funnel-group", Dimension::Mapped(Text::Funnel, Mapping::FunnelGroup)),
    ("funnel", Dimension::Text(Text::Funnel)),
    ("node", Dimension::Path(List::Node)),
    ("node-kind", Dimension::Path(List::Kind)),
    ("page", Dimension::Path(List::Page)),
    ("lander", Dimension::Path(List::Lander)),
    ("offer", Dimension::Path(List::Offer)),
    ("offer-source", Dimension::PathMapped(List::Offer, Mapping::OfferSource)),
    ("offer-source-category", Dimension::PathMapped(List::Offer, Mapping::OfferSourceCategory)),
    ("category", Dimension::PathMapped(List::Page, Mapping::PageCategory)),
    ("source", Dimension::Text(Text::Source)),
    ("source-category", Dimension::Mapped(Text::Source, Mapping::SourceCategory)),
    ("action", Dimension::Path(List::Action)),
    ("device", Dimension::Text(Text::Device)),
    ("brand", Dimension::Text(Text::Brand)),
    ("model", Dimension::Text(Text::Model)),
    ("os", Dimension::Text(Text::Os)),
    ("os-version", Dimension::Text(Text::OsVersion)),
    ("browser", Dimension::Text(Text::Browser)),
    ("browser-version", Dimension::Text(Text::BrowserVersion)),
    ("language", Dimension::Text(Text::Language)),
    ("continent", Dimension::Text(Text::Continent)),
    ("country", Dimension::Text(Text::Country)),
    ("region", Dimension::Text(Text::Region)),
    ("city", Dimension::Text(Text::City)),
    ("isp", Dimension::Text(Text::Isp)),
    ("connection-type", Dimension::Text(Text::Connection)),
    ("ip", Dimension::Text(Text::Ip)),
    ("referrer", Dimension::Text(Text::Referrer)),
    ("referrer-domain", Dimension::Text(Text::ReferrerDomain)),
    ("tracking-domain", Dimension::Text(Text::Domain)),
    ("date", Dimension::Time(TimePart::Date)),
    ("hour", Dimension::Time(TimePart::Hour)),
    ("weekday", Dimension::Time(TimePart::Weekday)),
    ("month", Dimension::Time(TimePart::Month)),
    ("tx", Dimension::Text(Text::Tx)),
    ("status", Dimension::Text(Text::Status)),
    ("event", Dimension::Text(Text::Event)),
    ("bot", Dimension::Bot),
    ("tag", Dimension::Path(List::Tag)),
    ("time-to-convert", Dimension::ConvertTime),
];

/// Other names for the same.
const ALIASES: &[(&str, &str)] = &[
    ("traffic-source", "source"),
    ("visitor-tag", "tag"),
    ("connection", "connection-type"),
    ("domain", "tracking-domain"),
    ("action-number", "action"),
    ("kind", "node-kind"),
    ("transaction", "tx"),
];

const CONVERT_STEPS: [&str; CONVERT_STEPS_MS.len() + 1] =
    ["0-1m", "1-5m", "5-15m", "15-60m", "1-6h", "6-24h", "1-3d", "3-7d", "7-30d", "30d+"];

/// Every grouping's name.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|(name, _)| *name).chain(Field::all().map(Field::key))
}

/// The grouping called `name`; `offerSource` and `offer_source` mean `offer-source`.
pub fn named(name: &str) -> Option<Dimension> {
    let name = kebab(name);
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(&*name, |(_, name)| name);
    let found = NAMED.iter().find(|(known, _)| *known == name).map(|(_, dimension)| *dimension);
    found.or_else(|| name.parse().ok().map(Dimension::Field))
}

/// `offerSource` and `offer_source` as `offer-source`.
pub(super) fn kebab(name: &str) -> String {
    let mut kebab = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        match c {
            '_' | ' ' => kebab.push('-'),
            c if c.is_ascii_uppercase() => kebab.extend(['-', c.to_ascii_lowercase()]),
            c => kebab.push(c),
        }
    }
    kebab
}

/// The store's key → the key in the API.
pub(super) fn shown(dimension: Dimension, key: &str) -> String {
    let Ok(number) = key.parse::<i64>() else { return key.to_owned() };
    match dimension {
        Dimension::Time(TimePart::Date) => epoch()
            .checked_add(Span::new().try_days(number).unwrap_or_default())
            .map_or_else(|_| key.to_owned(), |date| date.to_string()),
        Dimension::Time(TimePart::Month) => format!("{:04}-{:02}", number / 12, number % 12 + 1),
        Dimension::Time(TimePart::Hour) => format!("{number:02}"),
        Dimension::ConvertTime => {
            CONVERT_STEPS.get(number as usize).map_or_else(String::new, |step| (*step).to_owned())
        }
        _ => key.to_owned(),
    }
}

/// The key in the API → the store's key; none if the dimension has no such key.
pub(super) fn stored(dimension: Dimension, shown: &str) -> Option<String> {
    match dimension {
        Dimension::Time(TimePart::Date) => {
            let date: Date = shown.parse().ok()?;
            Some(date.since(epoch()).ok()?.get_days().to_string())
        }
        Dimension::Time(TimePart::Month) => {
            let date: Date = format!("{shown}-01").parse().ok()?;
            Some((i64::from(date.year()) * 12 + i64::from(date.month()) - 1).to_string())
        }
        Dimension::Time(TimePart::Hour) => within(shown, 0, 23),
        Dimension::Time(TimePart::Weekday) => within(shown, 1, 7),
        Dimension::ConvertTime => {
            CONVERT_STEPS.iter().position(|step| *step == shown).map(|step| step.to_string())
        }
        _ => Some(shown.to_owned()),
    }
}

fn epoch() -> Date {
    // The Unix epoch's day.
    Date::constant(1970, 1, 1) + 0.days()
}

fn within(shown: &str, least: i64, most: i64) -> Option<String> {
    let number = shown.parse::<i64>().ok()?;
    (least..=most).contains(&number).then(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_each_spelling() {
        for name in names() {
            assert!(named(name).is_some(), "{name}");
        }
        assert_eq!(named("offerSource"), named("offer-source"));
        assert_eq!(named("traffic-source"), Some(Dimension::Text(Text::Source)));
        assert_eq!(named("c20"), Some(Dimension::Field("c20".parse().unwrap())));
        assert_eq!(named("c21"), None);
        assert_eq!(named("1; DROP TABLE facts"), None);
    }

    #[test]
    fn keys_read_as_people_write_them() {
        for (name, raw, written) in [
            ("date", "20410", "2025-11-18"),
            ("date", "-1", "1969-12-31"),
            ("month", "24322", "2026-11"),
            ("hour", "7", "07"),
            ("weekday", "7", "7"),
            ("time-to-convert", "0", "0-1m"),
            ("country", "42", "42"),
        ] {
            let dimension = named(name).unwrap();
            assert_eq!(shown(dimension, raw), written, "{name}");
            assert_eq!(stored(dimension, written).as_deref(), Some(raw), "{name}");
        }
        assert_eq!(stored(named("hour").unwrap(), "24"), None);
    }
}
