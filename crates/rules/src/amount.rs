//! What an amount in a postback means: absent, a value, a refund, a deletion, or unreadable.
//! Promise: an amount that people could read in two ways is unreadable, never guessed
//! (product.md §6.1; `tests/vectors/postback-values.tsv` shows it row by row).

mod number;
mod text;

pub use text::{TextValue, is_unreplaced_macro, is_yes};

use crate::money::Micros;

/// An amount as a call named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Not given: the payout applies.
    Absent {
        /// Something was given, but it was a macro that nobody replaced.
        flagged: bool,
    },
    /// This much; `0` is zero, not the default.
    Value(Micros),
    /// This much (positive) is given back.
    Refund(Micros),
    /// −1: the conversion is deleted, as by a reject.
    Delete,
    /// No amount that can be relied on: the whole call stays unbooked.
    Unreadable,
}

impl Amount {
    /// Nothing was given.
    pub const ABSENT: Self = Self::Absent { flagged: false };

    /// Reads the value of `rev` as received, after percent-decoding.
    pub fn read(raw: Option<&str>) -> Self {
        match TextValue::read(raw) {
            TextValue::Absent { flagged } => Self::Absent { flagged },
            TextValue::Given(text) => number::read(&text).map_or(Self::Unreadable, Self::of_number),
        }
    }

    /// What a number means: −1 deletes, below zero gives back.
    pub fn of_number(number: Micros) -> Self {
        const DELETES: Micros = Micros(-1_000_000);
        match number {
            DELETES => Self::Delete,
            n if n < Micros::ZERO => Self::Refund(-n),
            n => Self::Value(n),
        }
    }

    /// The same amount in another currency, by a `rate` that gives none for what is too large there:
    /// that is unreadable. −1 stays the word for deletion that it is.
    pub fn convert(self, rate: impl FnOnce(Micros) -> Option<Micros>) -> Self {
        match self {
            Self::Value(amount) => rate(amount).map_or(Self::Unreadable, Self::Value),
            Self::Refund(amount) => rate(amount).map_or(Self::Unreadable, Self::Refund),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text: String) {
            let _ = Amount::read(Some(&text));
        }

        #[test]
        fn a_plain_decimal_is_read_exactly(micros in 0..=Micros::LARGEST.0) {
            let amount = Micros(micros);
            prop_assert_eq!(Amount::read(Some(&amount.to_string())), Amount::Value(amount));
            prop_assert_eq!(Amount::read(Some(&format!(" $ {amount} "))), Amount::Value(amount));
        }

        #[test]
        fn thousands_marks_change_nothing(whole in 1_000u64..10_000_000, cents in 0u64..100) {
            let (millions, thousands) = (whole / 1_000_000, whole / 1_000 % 1_000);
            let marked = match millions {
                0 => format!("{thousands},{:03}.{cents:02}", whole % 1_000),
                _ => format!("{millions},{thousands:03},{:03}.{cents:02}", whole % 1_000),
            };
            let amount = Micros((whole * 1_000_000 + cents * 10_000) as i64);
            prop_assert_eq!(Amount::read(Some(&marked)), Amount::Value(amount));
        }
    }

    #[test]
    fn another_currency_converts_amounts_but_not_the_word_for_deletion() {
        let double = |m: Micros| Some(m + m);
        assert_eq!(Amount::Value(Micros(3)).convert(double), Amount::Value(Micros(6)));
        assert_eq!(Amount::Refund(Micros(3)).convert(double), Amount::Refund(Micros(6)));
        assert_eq!(Amount::Value(Micros(3)).convert(|_| None), Amount::Unreadable);
        assert_eq!(Amount::Refund(Micros(3)).convert(|_| None), Amount::Unreadable);
        assert_eq!(Amount::Delete.convert(double), Amount::Delete);
        assert_eq!(Amount::ABSENT.convert(double), Amount::ABSENT);
    }
}
