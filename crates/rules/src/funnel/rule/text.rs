//! Tests of texts: without case, as numbers, or as versions.

use super::check::Order;
use regex::Regex;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

/// A compiled test of a text; its values are folded already.
#[derive(Debug)]
pub(in crate::funnel) enum TextTest {
    /// Equal to any (or, not wanted, to none).
    Any { values: HashSet<String>, wanted: bool },
    /// The same for versions, where `17` is `17.0`.
    AnyVersion { values: Vec<String>, wanted: bool },
    /// Contains any.
    Contains(Vec<String>),
    /// Begins with any.
    Starts(Vec<String>),
    /// Ends with any.
    Ends(Vec<String>),
    /// Any pattern matches somewhere in it.
    Matches(Vec<Regex>),
    /// A number, before or after this one.
    Number(Order, f64),
    /// A version, before or after this one.
    Version(Order, String),
    /// A text, before or after this one.
    Text(Order, String),
    /// Known.
    Exists,
}

impl TextTest {
    /// Whether `text` fits; an empty text means *unknown*.
    pub(super) fn holds(&self, text: &str) -> bool {
        let folded = fold(text);
        let text = folded.as_ref();
        match self {
            Self::Any { values, wanted } => values.contains(text) == *wanted,
            Self::AnyVersion { values, wanted } => {
                values.iter().any(|value| same_version(text, value)) == *wanted
            }
            Self::Contains(parts) => parts.iter().any(|part| text.contains(part.as_str())),
            Self::Starts(heads) => heads.iter().any(|head| text.starts_with(head.as_str())),
            Self::Ends(tails) => tails.iter().any(|tail| text.ends_with(tail.as_str())),
            Self::Matches(patterns) => patterns.iter().any(|pattern| pattern.is_match(text)),
            Self::Number(order, bound) => number(text).is_some_and(|n| order.holds(&n, bound)),
            Self::Version(order, bound) => {
                is_version(text) && order.holds(&compare_versions(text, bound), &Ordering::Equal)
            }
            Self::Text(order, bound) => !text.is_empty() && order.holds(text, bound.as_str()),
            Self::Exists => !text.is_empty(),
        }
    }
}

/// The text without case. Borrows where nothing changes, which is nearly always.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    let plain = text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
    if plain { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) }
}

/// A plain decimal as a number: no exponents, no `inf`, no `NaN`. Beyond 15 digits the last ones
/// do not count.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let some = whole.len() + part.len() > 0;
    (some && all_digits(whole) && all_digits(part)).then(|| text.parse().ok()).flatten()
}

/// Whether the text begins with a digit, as versions do.
pub(super) fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// Compares part by part; parts that are missing count as 0, parts that are no numbers as texts
/// after all numbers (`10` < `10.beta`).
pub(super) fn compare_versions(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let (a, b) = (left.next(), right.next());
        if a.is_none() && b.is_none() {
            return Ordering::Equal;
        }
        let order = compare_parts(a.unwrap_or("0"), b.unwrap_or("0"));
        if order.is_ne() {
            return order;
        }
    }
}

fn compare_parts(left: &str, right: &str) -> Ordering {
    match (left.parse::<u64>(), right.parse::<u64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}

fn same_version(left: &str, right: &str) -> bool {
    left == right
        || (is_version(left) && is_version(right) && compare_versions(left, right).is_eq())
}
