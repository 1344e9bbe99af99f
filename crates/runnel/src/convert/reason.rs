//! Why a call stays unbooked, and what that means under `strict=1`.
//! Promise: a closed list; each reason names the parameter at fault where one is (product.md §6.7, §17).

use http::StatusCode;
use rules::apply;

/// Why a call stays unbooked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the words below say it
pub enum Reason {
    MissingHit,
    UnreplacedMacro,
    UnknownHit,
    UnknownVisitor,
    HitLost,
    SessionExpired,
    NoHitOfPage,
    NoOfferVisited,
    NotAPage,
    HitAndVid,
    UnreadableTime,
    TimeInFuture,
    UnknownCurrency,
    UnknownEvent,
    IgnoredEvent,
    WrongToken,
    AddressNotAllowed,
    Bot,
    UnreadableLine,
    Test,
}

impl Reason {
    /// The word in `LOGGED reason=…`, in the log and in filters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingHit => "missing_hit",
            Self::UnreplacedMacro => "unreplaced_macro",
            Self::UnknownHit => "unknown_hit",
            Self::UnknownVisitor => "unknown_visitor",
            Self::HitLost => "hit_lost",
            Self::SessionExpired => "session_expired",
            Self::NoHitOfPage => "no_hit_of_page",
            Self::NoOfferVisited => "no_offer_visited",
            Self::NotAPage => "not_a_page",
            Self::HitAndVid => "hit_and_vid",
            Self::UnreadableTime => "unreadable_time",
            Self::TimeInFuture => "time_in_future",
            Self::UnknownCurrency => "unknown_currency",
            Self::UnknownEvent => "unknown_event",
            Self::IgnoredEvent => "ignored_event",
            Self::WrongToken => "wrong_token",
            Self::AddressNotAllowed => "address_not_allowed",
            Self::Bot => "bot",
            Self::UnreadableLine => "unreadable_line",
            Self::Test => "test",
        }
    }

    fn strict(self) -> StatusCode {
        match self {
            Self::UnknownHit
            | Self::UnknownVisitor
            | Self::HitLost
            | Self::SessionExpired
            | Self::NoHitOfPage
            | Self::NoOfferVisited => StatusCode::NOT_FOUND,
            Self::NotAPage => StatusCode::CONFLICT,
            Self::IgnoredEvent | Self::WrongToken | Self::AddressNotAllowed | Self::Bot => {
                StatusCode::FORBIDDEN
            }
            _ => StatusCode::BAD_REQUEST,
        }
    }

    const ALL: [Self; 20] = [
        Self::MissingHit,
        Self::UnreplacedMacro,
        Self::UnknownHit,
        Self::UnknownVisitor,
        Self::HitLost,
        Self::SessionExpired,
        Self::NoHitOfPage,
        Self::NoOfferVisited,
        Self::NotAPage,
        Self::HitAndVid,
        Self::UnreadableTime,
        Self::TimeInFuture,
        Self::UnknownCurrency,
        Self::UnknownEvent,
        Self::IgnoredEvent,
        Self::WrongToken,
        Self::AddressNotAllowed,
        Self::Bot,
        Self::UnreadableLine,
        Self::Test,
    ];
}

/// The status of an unbooked call under `strict=1`: 400 malformed, 403 a rule, 404 unknown or
/// expired, 409 not a page.
pub fn strict_status(reason: &str) -> StatusCode {
    use apply::Reason::{
        NegativeFromBrowser, NothingToRefund, OverMaximum, SeveralConversions, UnreadableAmount,
    };
    if let Some(reason) = Reason::ALL.into_iter().find(|r| r.as_str() == reason) {
        return reason.strict();
    }
    let of_rules =
        [NegativeFromBrowser, NothingToRefund, OverMaximum, SeveralConversions, UnreadableAmount];
    match of_rules.into_iter().find(|r| r.as_str() == reason) {
        Some(reason) if reason.is_rule() => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// A call that stays unbooked: why, and which parameter is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbooked {
    /// Why.
    pub reason: Reason,
    /// The parameter at fault; empty where none is.
    pub parameter: &'static str,
}

impl Unbooked {
    /// `reason`, for the fault of `parameter`.
    pub fn new(reason: Reason, parameter: &'static str) -> Self {
        Self { reason, parameter }
    }
}

/// The parameter at fault for a reason of the rules.
pub fn parameter_of(reason: &str) -> &'static str {
    match reason {
        "unreadable_rev"
        | "negative_from_browser"
        | "over_maximum_revenue"
        | "nothing_to_refund" => "rev",
        "several_conversions" => "tx",
        _ => "",
    }
}
