//! Rule as written → check, or the flaw that makes it invalid.

use super::check::{Check, CountTest, Order};
use super::subject::{Subject, Takes};
use super::text::{TextTest, fold, is_version, number};
use super::times::{self, DateTest, TimeTest, WeekdayTest};
use crate::assets::{Cap, CapPeriod, Operator, Rule};
use crate::ids::EntityId;
use crate::money::Micros;
use ipnet::IpNet;
use jiff::civil::Date;
use regex::{Regex, RegexBuilder};
use std::net::IpAddr;
use std::str::FromStr;

/// Most values of one rule.
const MOST_VALUES: usize = 1000;
/// Most tags, nodes, pages or offers of one rule: each may be a question that the record keeps.
const MOST_IDS: usize = 100;
/// Longest value, in bytes.
const LONGEST_VALUE: usize = 2048;
/// Largest compiled pattern, in bytes of memory.
const LARGEST_PATTERN: usize = 256 * 1024;
/// Longest rolling cap: a year.
const LONGEST_ROLLING_MINUTES: u32 = 366 * 24 * 60;

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::funnel) struct Flaw {
    /// The field of the rule: `test`, `op`, `values[3]`, `timezone`, `cap.over`, …
    pub(in crate::funnel) field: String,
    /// What is wrong with it.
    pub(in crate::funnel) message: String,
}

impl Flaw {
    fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

type Compiled<T> = Result<T, Flaw>;

impl Check {
    /// Compiles `rule`; `cap_name` names its cap, should it have one.
    pub(in crate::funnel) fn compile(rule: &Rule, cap_name: &str) -> Compiled<Self> {
        let (subject, takes) = Subject::parse(&rule.test)
            .ok_or_else(|| Flaw::new("test", format!("“{}” is no known test", rule.test)))?;
        fits(rule, takes)?;
        let wanted = rule.op != Operator::IsNot;
        Ok(match takes {
            Takes::Text | Takes::Version => {
                Self::Text { test: text_test(rule, &subject)?, subject }
            }
            Takes::Network if rule.op == Operator::Exists => Self::KnownAddress,
            Takes::Network => {
                Self::Network { nets: each(rule, "an address or network", net)?, wanted }
            }
            Takes::Source | Takes::Tag | Takes::Node | Takes::Page | Takes::Offer => Self::Ids {
                subject,
                ids: each(rule, "an ID", |t| EntityId::from_str(t).ok())?,
                wanted,
            },
            Takes::Flag => {
                Self::Flag { subject, wanted: one(rule, "true or false", flag)? == wanted }
            }
            Takes::Percent => Self::Random {
                order: order(rule.op),
                bound: one(rule, "a number from 0 to 100", percent)?,
            },
            Takes::Time => Self::Time { zone: zone(rule)?, test: time_test(rule, wanted)? },
            Takes::Weekday => {
                Self::Weekday { zone: zone(rule)?, test: weekday_test(rule, wanted)? }
            }
            Takes::Date => Self::Date { zone: zone(rule)?, test: date_test(rule, wanted)? },
            Takes::Count => {
                cap_fits(rule.cap.as_ref())?;
                Self::Cap { name: cap_name.into(), is: count_test(rule, wanted)? }
            }
        })
    }
}

/// What every rule must keep: an operator of its test, and as many values as the operator takes.
fn fits(rule: &Rule, takes: Takes) -> Compiled<()> {
    if !takes.operators().contains(&rule.op) {
        return Err(Flaw::new("op", format!("“{}” has no such operator", rule.test)));
    }
    let single = is_ordered(rule.op) || takes == Takes::Flag;
    match rule.values.len() {
        0 if rule.op != Operator::Exists => Err(Flaw::new("values", "needs a value")),
        1.. if rule.op == Operator::Exists => Err(Flaw::new("values", "exists takes no value")),
        2.. if single => Err(Flaw::new("values", "takes one value")),
        n if n > most_values(takes) => {
            Err(Flaw::new("values", format!("has more than {} values", most_values(takes))))
        }
        _ => lengths_fit(rule),
    }
}

fn most_values(takes: Takes) -> usize {
    match takes {
        Takes::Tag | Takes::Node | Takes::Page | Takes::Offer => MOST_IDS,
        _ => MOST_VALUES,
    }
}

fn lengths_fit(rule: &Rule) -> Compiled<()> {
    match rule.values.iter().position(|value| value.len() > LONGEST_VALUE) {
        Some(place) => {
            Err(Flaw::new(value_at(place), format!("is longer than {LONGEST_VALUE} bytes")))
        }
        None => Ok(()),
    }
}

fn value_at(place: usize) -> String {
    format!("values[{place}]")
}

fn each<T>(rule: &Rule, what: &str, read: impl Fn(&str) -> Option<T>) -> Compiled<Vec<T>> {
    let values = rule.values.iter().enumerate();
    values
        .map(|(place, value)| {
            read(value)
                .ok_or_else(|| Flaw::new(value_at(place), format!("“{value}” is not {what}")))
        })
        .collect()
}

fn one<T>(rule: &Rule, what: &str, read: impl Fn(&str) -> Option<T>) -> Compiled<T> {
    each(rule, what, read)?.pop().ok_or_else(|| Flaw::new("values", "needs a value"))
}

fn is_ordered(op: Operator) -> bool {
    use Operator::{Greater, GreaterOrEqual, Less, LessOrEqual};
    matches!(op, Less | LessOrEqual | Greater | GreaterOrEqual)
}

fn order(op: Operator) -> Order {
    match op {
        Operator::Less => Order::Less,
        Operator::LessOrEqual => Order::LessOrEqual,
        Operator::Greater => Order::Greater,
        _ => Order::GreaterOrEqual,
    }
}

fn text_test(rule: &Rule, subject: &Subject) -> Compiled<TextTest> {
    let is_version = matches!(subject, Subject::OsVersion | Subject::BrowserVersion);
    let wanted = rule.op != Operator::IsNot;
    let folded = || each(rule, "a text", |value| Some(spelled(value, subject)));
    let parts = || each(rule, "a text that is not empty", |v| some_text(&spelled(v, subject)));
    Ok(match rule.op {
        Operator::Exists => TextTest::Exists,
        Operator::Contains => TextTest::Contains(parts()?),
        Operator::Starts => TextTest::Starts(parts()?),
        Operator::Ends => TextTest::Ends(parts()?),
        Operator::Matches => TextTest::Matches(patterns(rule)?),
        Operator::Is | Operator::IsNot | Operator::InList if is_version => {
            TextTest::AnyVersion { values: folded()?, wanted }
        }
        Operator::Is | Operator::IsNot | Operator::InList => {
            TextTest::Any { values: folded()?.into_iter().collect(), wanted }
        }
        op if is_version => TextTest::Version(order(op), one(rule, "a version", version)?),
        op => {
            let bound = one(rule, "a text that is not empty", |v| some_text(&spelled(v, subject)))?;
            match number(&bound) {
                Some(bound) => TextTest::Number(order(op), bound),
                None => TextTest::Text(order(op), bound),
            }
        }
    })
}

/// A value in the spelling that facts have: folded; networks without their `AS`.
fn spelled(value: &str, subject: &Subject) -> String {
    let folded = fold(value.trim());
    match (subject, folded.strip_prefix("as")) {
        (Subject::Asn, Some(digits)) => digits.into(),
        _ => folded.into_owned(),
    }
}

fn some_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn version(text: &str) -> Option<String> {
    let text = fold(text.trim()).into_owned();
    is_version(&text).then_some(text)
}

fn patterns(rule: &Rule) -> Compiled<Vec<Regex>> {
    let values = rule.values.iter().enumerate();
    values
        .map(|(place, value)| {
            RegexBuilder::new(value)
                .case_insensitive(true)
                .size_limit(LARGEST_PATTERN)
                .dfa_size_limit(LARGEST_PATTERN)
                .build()
                .map_err(|flaw| Flaw::new(value_at(place), format!("no pattern: {flaw}")))
        })
        .collect()
}

fn net(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn flag(text: &str) -> Option<bool> {
    match fold(text.trim()).as_ref() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// Percent with six places, as a bound of draws below 100 million.
fn percent(text: &str) -> Option<u64> {
    let Micros(bound) = text.trim().parse().ok()?;
    u64::try_from(bound).ok().filter(|bound| *bound <= 100_000_000)
}

fn zone(rule: &Rule) -> Compiled<jiff::tz::TimeZone> {
    times::zone(&rule.timezone)
        .ok_or_else(|| Flaw::new("timezone", format!("“{}” is no known zone", rule.timezone)))
}

fn time_test(rule: &Rule, wanted: bool) -> Compiled<TimeTest> {
    if is_ordered(rule.op) {
        return Ok(TimeTest::Ordered(order(rule.op), one(rule, "a time HH:MM", times::minute)?));
    }
    let spans = each(rule, "a time HH:MM or a span HH:MM-HH:MM", times::span)?;
    Ok(TimeTest::Within { spans, wanted })
}

fn weekday_test(rule: &Rule, wanted: bool) -> Compiled<WeekdayTest> {
    let days = each(rule, "a day of the week", times::weekday)?;
    Ok(match days.first() {
        Some(day) if is_ordered(rule.op) => WeekdayTest::Ordered(order(rule.op), *day),
        _ => WeekdayTest::Any { days, wanted },
    })
}

fn date_test(rule: &Rule, wanted: bool) -> Compiled<DateTest> {
    let dates = each(rule, "a date YYYY-MM-DD", |text| Date::from_str(text.trim()).ok())?;
    Ok(match dates.first() {
        Some(date) if is_ordered(rule.op) => DateTest::Ordered(order(rule.op), *date),
        _ => DateTest::Any { dates, wanted },
    })
}

fn count_test(rule: &Rule, wanted: bool) -> Compiled<CountTest> {
    let counts = each(rule, "a whole number", |text| text.trim().parse::<u64>().ok())?;
    Ok(match counts.first() {
        Some(count) if is_ordered(rule.op) => CountTest::Ordered(order(rule.op), *count),
        _ => CountTest::Any { counts, wanted },
    })
}

fn cap_fits(cap: Option<&Cap>) -> Compiled<()> {
    let cap = cap.ok_or_else(|| Flaw::new("cap", "says nothing of what is counted"))?;
    match &cap.over {
        CapPeriod::Rolling { minutes } if !(1..=LONGEST_ROLLING_MINUTES).contains(minutes) => {
            Err(Flaw::new("cap.over", "is not between a minute and a year"))
        }
        CapPeriod::Calendar { period, .. }
            if !["hour", "day", "week", "month", "total"].contains(&period.as_str()) =>
        {
            Err(Flaw::new("cap.over", format!("“{period}” is not hour, day, week, month or total")))
        }
        CapPeriod::Calendar { timezone, .. } if times::zone(timezone).is_none() => {
            Err(Flaw::new("cap.over", format!("“{timezone}” is no known zone")))
        }
        _ => Ok(()),
    }
}
