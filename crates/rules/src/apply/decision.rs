//! What comes out: at most one change, the outcome to answer, and what to flag.

use crate::entry::Standing;
use crate::money::Micros;

/// What a call does.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What happened, for the answer and the log.
    pub outcome: Outcome,
    /// The conversion meant, also where it stays unchanged; none where there is none.
    pub about: Option<Of>,
    /// The change to enter into the ledger, if any.
    pub change: Option<Change>,
    /// What to note beside it, sorted, each once.
    pub flags: Vec<Flag>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A conversion came into being.
    Created,
    /// One changed.
    Updated,
    /// One was deleted from the figures.
    Deleted,
    /// Nothing to do.
    Unchanged,
    /// Kept, but not entered into the ledger.
    Unbooked(Reason),
}

impl Outcome {
    /// The word in the answer (product.md §6.7).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
            Self::Unbooked(_) => "unbooked",
        }
    }
}

/// Why a call that names a convertible hit stays unbooked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The amount cannot be read.
    UnreadableAmount,
    /// A browser sent a negative amount.
    NegativeFromBrowser,
    /// The amount is over the offer source's maximum.
    OverMaximum,
    /// A reject or refund without `tx`, and the hit has several conversions.
    SeveralConversions,
    /// A refund, and there is no conversion to take it from.
    NothingToRefund,
}

impl Reason {
    /// The word in `LOGGED reason=…` and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnreadableAmount => "unreadable_rev",
            Self::NegativeFromBrowser => "negative_from_browser",
            Self::OverMaximum => "over_maximum_revenue",
            Self::SeveralConversions => "several_conversions",
            Self::NothingToRefund => "nothing_to_refund",
        }
    }

    /// Whether a rule forbids it (403 under `strict=1`); else the call cannot be understood (400).
    pub fn is_rule(self) -> bool {
        matches!(self, Self::NegativeFromBrowser | Self::OverMaximum)
    }
}

/// Which conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A new one.
    New,
    /// This place in the list of known ones.
    Existing(usize),
}

/// A change of one conversion.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which.
    pub of: Of,
    /// Its transaction from now on.
    pub tx: Option<String>,
    /// When it was first booked, Unix milliseconds.
    pub first_at_ms: u64,
    /// Its standing before.
    pub before: Standing,
    /// Its standing after.
    pub after: Standing,
    /// What it is now said to be worth: revenue, or what is expected while pending; kept through
    /// rejection, so that a revival without an amount finds it.
    pub worth: Micros,
    /// [`super::Call::fingerprint`], to keep with the conversion.
    pub fingerprint: String,
}

/// Something worth noting beside a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// No amount was named and there is no payout: booked with 0.
    NoPayout,
    /// A macro that was not replaced counted as absent.
    AbsentMacro,
    /// The status is in no list: booked as normal.
    UnknownStatusWord,
    /// The same call again without `tx`, more than 24 hours later.
    PossibleRebill,
    /// The call's `tx` took over the hit's only, pending conversion without one.
    PendingTakenOver,
    /// Both `hit` and `vid` were given: `hit` decided.
    HitDecides,
    /// A reject, and there is no conversion.
    NothingToDelete,
    /// Pending after approved, which the offer source ignores.
    PendingIgnored,
    /// A repeat whose revenue the offer source's rule ignores.
    RepeatIgnored,
    /// A browser's amount was lowered to the offer's maximum.
    BrowserAmountCapped,
    /// A browser's amount was not used; the payout was.
    BrowserAmountIgnored,
}

impl Flag {
    /// The word in the API and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoPayout => "no_payout",
            Self::AbsentMacro => "absent_macro",
            Self::UnknownStatusWord => "unknown_status_word",
            Self::PossibleRebill => "possible_rebill",
            Self::PendingTakenOver => "pending_taken_over",
            Self::HitDecides => "hit_decides",
            Self::NothingToDelete => "nothing_to_delete",
            Self::PendingIgnored => "pending_ignored",
            Self::RepeatIgnored => "repeat_ignored",
            Self::BrowserAmountCapped => "browser_amount_capped",
            Self::BrowserAmountIgnored => "browser_amount_ignored",
        }
    }
}
