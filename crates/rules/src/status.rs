//! What a status word in a postback means.
//! Promise: case and blanks do not matter; a word in no list is a normal conversion, flagged
//! (product.md §6.4).

use crate::amount::TextValue;
use crate::assets::StatusWords;

/// What a call says about the conversion's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusMeaning {
    /// A normal conversion.
    Normal(NormalBecause),
    /// Not certain yet: counted with the pending revenue.
    Pending,
    /// Deleted from the figures.
    Reject,
}

/// Why a conversion is normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormalBecause {
    /// No status was given.
    Absent,
    /// The word is known.
    Approved,
    /// The word is in no list: flagged, so that it can be added to one.
    UnknownWord,
    /// A macro stood there that nobody replaced: flagged.
    AbsentMacro,
}

impl StatusMeaning {
    /// Nothing was said: a normal conversion.
    pub const ABSENT: Self = Self::Normal(NormalBecause::Absent);

    /// Reads the value of `status` as received. The source's own words win over the built-in ones.
    pub fn of(raw: Option<&str>, words: &StatusWords) -> Self {
        let said = folded(raw.unwrap_or_default());
        let among = |list: &[String]| list.iter().any(|word| folded(word) == said);
        match TextValue::read(raw) {
            TextValue::Absent { flagged: false } => Self::ABSENT,
            _ if among(&words.rejected) => Self::Reject,
            _ if among(&words.pending) => Self::Pending,
            _ if among(&words.approved) => Self::Normal(NormalBecause::Approved),
            TextValue::Absent { flagged: true } => Self::Normal(NormalBecause::AbsentMacro),
            TextValue::Given(_) => built_in(&said),
        }
    }
}

fn built_in(folded_word: &str) -> StatusMeaning {
    match folded_word {
        "pending" | "hold" | "preapproved" => StatusMeaning::Pending,
        "rejected" | "reject" | "trash" | "cancelled" => StatusMeaning::Reject,
        "approved" => StatusMeaning::Normal(NormalBecause::Approved),
        _ => StatusMeaning::Normal(NormalBecause::UnknownWord),
    }
}

fn folded(word: &str) -> String {
    word.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> StatusWords {
        StatusWords {
            approved: vec!["Hold".into(), "1".into()],
            pending: vec!["in review".into()],
            rejected: vec!["Declined".into(), "approved".into()],
        }
    }

    #[test]
    fn a_sources_own_words_are_added_and_win() {
        for (word, meaning) in [
            ("hold", StatusMeaning::Normal(NormalBecause::Approved)),
            ("1", StatusMeaning::Normal(NormalBecause::Approved)),
            ("InReview", StatusMeaning::Pending),
            ("DECLINED", StatusMeaning::Reject),
            ("approved", StatusMeaning::Reject),
            ("trash", StatusMeaning::Reject),
            ("pending", StatusMeaning::Pending),
            ("2", StatusMeaning::Normal(NormalBecause::UnknownWord)),
        ] {
            assert_eq!(StatusMeaning::of(Some(word), &words()), meaning, "{word}");
        }
    }

    #[test]
    fn an_empty_word_in_a_list_catches_nothing() {
        let careless = StatusWords { rejected: vec![" ".into()], ..Default::default() };
        for absent in [None, Some(""), Some(" ")] {
            assert_eq!(StatusMeaning::of(absent, &careless), StatusMeaning::ABSENT);
        }
    }

    #[test]
    fn blanks_within_do_not_matter() {
        let none = StatusWords::default();
        assert_eq!(StatusMeaning::of(Some("Pre approved"), &none), StatusMeaning::Pending);
        assert_eq!(StatusMeaning::of(Some("\tCAN CELLED "), &none), StatusMeaning::Reject);
    }
}
