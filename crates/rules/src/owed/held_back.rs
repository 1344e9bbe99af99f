//! Why a destination is not told of a change, as a word for stores and in words for people.
//! Promise: a word once written keeps its meaning.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a destination is not told of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldBack {
    /// The call asked for it: `disable_postbacks`, or an upload that tells nobody.
    AskedFor,
    /// The rules leave this status out.
    Status,
    /// It is pending, and the destination hears of it when it is normal.
    Pending,
    /// It earned nothing, and the rules leave that out.
    Zero,
    /// It was told before, and is told once.
    ToldBefore,
    /// It was told exactly this.
    Unchanged,
    /// It is rejected, and the destination never heard of it.
    NeverTold,
    /// It is rejected, and the destination has taken it back already.
    TakenBack,
    /// It is rejected, and the destination has no way to take back what it was told.
    NoReversal,
    /// What it was to be told before was cancelled or came too late.
    GivenUp,
    /// The conversion does not stand at all.
    Nothing,
}

impl HeldBack {
    const ALL: [Self; 11] = [
        Self::AskedFor,
        Self::Status,
        Self::Pending,
        Self::Zero,
        Self::ToldBefore,
        Self::Unchanged,
        Self::NeverTold,
        Self::TakenBack,
        Self::NoReversal,
        Self::GivenUp,
        Self::Nothing,
    ];

    /// The word in the store and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AskedFor => "asked_for",
            Self::Status => "status",
            Self::Pending => "pending",
            Self::Zero => "zero",
            Self::ToldBefore => "told_before",
            Self::Unchanged => "unchanged",
            Self::NeverTold => "never_told",
            Self::TakenBack => "taken_back",
            Self::NoReversal => "no_reversal",
            Self::GivenUp => "given_up",
            Self::Nothing => "nothing",
        }
    }

    /// Reads the store's word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// The same for people.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::AskedFor => "the call asked that nobody be told",
            Self::Status => "its rules leave this status out",
            Self::Pending => "it hears of a pending conversion when it is normal",
            Self::Zero => "its rules leave out what earned nothing",
            Self::ToldBefore => "it was told before, and is told once",
            Self::Unchanged => "it was told exactly this",
            Self::NeverTold => "it never heard of what was rejected",
            Self::TakenBack => "it has taken it back already",
            Self::NoReversal => "it has no way to take back what it was told",
            Self::GivenUp => "what it was to be told before was cancelled or came too late",
            Self::Nothing => "the conversion does not stand",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_and_is_the_apis() {
        for reason in HeldBack::ALL {
            assert_eq!(HeldBack::of(reason.as_str()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert!(!reason.in_words().is_empty());
        }
        assert_eq!(HeldBack::of("whatever"), None);
    }
}
