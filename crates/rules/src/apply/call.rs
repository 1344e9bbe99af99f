//! What came in (a call, already read and in the account's currency) and what it may change.

use super::Flag;
use crate::amount::Amount;
use crate::entry::Standing;
use crate::ids::EntityId;
use crate::money::Micros;
use crate::status::StatusMeaning;

/// The tx of what a builder action fires begins so; the connection's ID follows (product.md §6.3).
pub const ACTION_TX: &str = "action:";

/// A call that names a hit, read and resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The way it came.
    pub via: Via,
    /// Who named its amount: of a browser's call that the owner repeats still the browser, whose
    /// word is believed no more for that.
    pub spoken_by: Via,
    /// When it takes effect: its `time=`, else its arrival; Unix milliseconds.
    pub at_ms: u64,
    /// The network's transaction.
    pub tx: Option<String>,
    /// The amount it names, in the account's currency.
    pub amount: Amount,
    /// The amount as it was said, where that was another currency: a later repeat is recognised
    /// by it, though the rate moved.
    pub original: Option<Original>,
    /// What it says of the status.
    pub status: StatusMeaning,
    /// The custom event; none for a conversion.
    pub event: Option<EntityId>,
    /// The offer's payout as configured now, in the account's currency; none on a lander.
    pub payout: Option<Micros>,
    /// Whether its entry queues no delivery to the traffic source (product.md §6.9).
    pub disable_postbacks: bool,
    /// What reading and resolving it noticed; handed on in the decision.
    pub flags: Vec<Flag>,
}

/// An amount in the currency that the call named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// The amount, with its sign.
    pub amount: Micros,
    /// ISO 4217.
    pub currency: String,
    /// What one unit was worth in the account's currency.
    pub rate: Micros,
}

impl Call {
    /// What makes two calls for one conversion identical (product.md §6.5): stored with the change
    /// that the call made, so that a repeat is recognised whatever payout or rate became since. The
    /// way is part of it: what a browser said may have been capped, what a network says is not.
    pub fn fingerprint(&self) -> String {
        format!("{} {} {}", self.via.as_str(), self.status_said(), self.amount_said())
    }

    fn status_said(&self) -> &'static str {
        match self.status {
            StatusMeaning::Normal(_) => "normal",
            StatusMeaning::Pending => "pending",
            StatusMeaning::Reject => "reject",
        }
    }

    fn amount_said(&self) -> String {
        match (&self.original, self.amount) {
            (Some(said), _) => format!("{} {}", said.amount, said.currency),
            (None, Amount::Value(amount)) => amount.to_string(),
            (None, Amount::Refund(amount)) => format!("-{amount}"),
            (None, Amount::Delete) => "delete".into(),
            (None, Amount::Absent { .. } | Amount::Unreadable) => "absent".into(),
        }
    }
}

/// The way a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// `/pb/`.
    Postback,
    /// `/js/event`: from a browser, so amounts are not to be trusted.
    JavaScript,
    /// A builder action (product.md §6.3).
    Action,
    /// One call of the owner through the API.
    Api,
    /// A bulk update of the owner.
    Upload,
}

impl Via {
    /// Whether the owner speaks: rules for networks and browsers do not apply.
    pub fn is_owner(self) -> bool {
        matches!(self, Self::Api | Self::Upload)
    }

    /// The word in the API and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Postback => "postback",
            Self::JavaScript => "javascript",
            Self::Action => "action",
            Self::Api => "api",
            Self::Upload => "upload",
        }
    }
}

/// A conversion of the hit as the ledger has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its ID.
    pub id: EntityId,
    /// Its transaction.
    pub tx: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// What it was last said to be worth, kept through rejection ([`super::Change::worth`]).
    pub worth: Micros,
    /// When it was first booked, Unix milliseconds.
    pub first_at_ms: u64,
    /// When the last call that changed it took effect, Unix milliseconds.
    pub last_call_at_ms: u64,
    /// [`Call::fingerprint`] of that call; none when something else changed it last, such as an undo.
    pub last_fingerprint: Option<String>,
}

impl Known {
    /// Whether it exists in the figures.
    pub fn counts(&self) -> bool {
        self.standing.status.is_some_and(|status| status.counts())
    }
}
