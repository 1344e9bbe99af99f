//! Money: a 64-bit integer of micro-units of the account's currency.
//! Promise: exact to 6 places, sums never round; text is a plain decimal (product.md §15.1).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, iter::Sum, ops, str::FromStr};

const UNIT: i64 = 1_000_000;

/// An amount in millionths of the currency's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

/// The text is not a plain decimal of at most 13 digits before the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a decimal amount such as 12.50")]
pub struct NotAnAmount;

impl Micros {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount taken from outside: ten million units. Sums of a billion such still fit.
    pub const LARGEST: Self = Self(10_000_000 * UNIT);

    /// `percent` of this amount, rounded towards zero.
    pub fn percent(self, percent: i64) -> Self {
        Self((i128::from(self.0) * i128::from(percent) / 100) as i64)
    }
}

impl FromStr for Micros {
    type Err = NotAnAmount;

    /// Reads `-12.5`, `.5`, `5.`: digits beyond the sixth place are cut off.
    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.len() + part.len() == 0 || !all_digits(whole) || !all_digits(part) {
            return Err(NotAnAmount);
        }
        let whole: i64 =
            if whole.is_empty() { 0 } else { whole.parse().map_err(|_| NotAnAmount)? };
        let micros = part.bytes().chain(std::iter::repeat(b'0')).take(6);
        let part = micros.fold(0i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        let amount =
            whole.checked_mul(UNIT).and_then(|w| w.checked_add(part)).ok_or(NotAnAmount)?;
        Ok(Self(if negative { -amount } else { amount }))
    }
}

impl fmt::Display for Micros {
    /// At least two places, at most six: `12.50`, `0.000001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) =
            (self.0.unsigned_abs() / UNIT as u64, self.0.unsigned_abs() % UNIT as u64);
        let part = format!("{part:06}");
        let kept = part.trim_end_matches('0').len().max(2);
        write!(f, "{}{whole}.{}", if self.0 < 0 { "-" } else { "" }, &part[..kept])
    }
}

impl ops::Add for Micros {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl ops::Sub for Micros {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl ops::Neg for Micros {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Micros {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |sum, amount| sum + amount)
    }
}

// A decimal string for people and JSON, an integer in records.
impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            i64::deserialize(deserializer).map(Self)
        }
    }
}

impl utoipa::PartialSchema for Micros {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(r"^-?\d+(\.\d{1,6})?$"))
            .description(Some("Money: a decimal string, exact to 6 places"))
            .into()
    }
}

impl utoipa::ToSchema for Micros {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_and_writes_plain_decimals() {
        for (text, micros, written) in [
            ("12.5", 12_500_000, "12.50"),
            (".5", 500_000, "0.50"),
            ("5.", 5_000_000, "5.00"),
            ("-0.000001", -1, "-0.000001"),
            ("0.0000019", 1, "0.000001"),
        ] {
            assert_eq!(text.parse(), Ok(Micros(micros)), "{text}");
            assert_eq!(Micros(micros).to_string(), written);
        }
        for text in ["", ".", "-", "1e3", "NaN", "1,5", "99999999999999999"] {
            assert_eq!(text.parse::<Micros>(), Err(NotAnAmount), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back_is_the_same(micros in -i64::MAX..i64::MAX) {
            prop_assert_eq!(Micros(micros).to_string().parse(), Ok(Micros(micros)));
        }
    }
}
