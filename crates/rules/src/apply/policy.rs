//! The rules in force for one call: of the account, the offer source, the offer and the event.

use crate::assets::{BrowserAmounts, Event, Offer, OfferSource, Repeats, Settings};
use crate::cost::ConversionCost;
use crate::money::Micros;

/// The rules in force for one call. Amounts are in the account's currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// What a repeat does.
    pub repeats: Repeats,
    /// Whether approved → pending is ignored.
    pub ignore_pending_after_approval: bool,
    /// Revenue of a pending conversion.
    pub pending_revenue: Micros,
    /// Largest revenue that is booked.
    pub maximum_revenue: Option<Micros>,
    /// What a browser's amount is worth.
    pub browser_amounts: BrowserAmounts,
    /// Largest amount taken from a browser, for [`BrowserAmounts::Capped`].
    pub browser_maximum: Option<Micros>,
    /// Cost that the conversion causes at the traffic source.
    pub cost: ConversionCost,
}

impl Default for Policy {
    fn default() -> Self {
        Self::of(&Settings::default(), None, None, None, ConversionCost::None)
    }
}

impl Policy {
    /// The rules of the account, the offer (none on a lander), its source, and the event that the
    /// call names (none for a conversion). A limit in another currency must be set afterwards.
    pub fn of(
        settings: &Settings,
        offer_source: Option<&OfferSource>,
        offer: Option<&Offer>,
        event: Option<&Event>,
        cost: ConversionCost,
    ) -> Self {
        let repeats = offer_source.map(|source| source.repeats).unwrap_or_default();
        Self {
            repeats: event.map_or(repeats, |event| event_repeats(event, repeats)),
            ignore_pending_after_approval: offer_source
                .is_some_and(|source| source.ignore_pending_after_approval),
            pending_revenue: settings.pending_revenue,
            maximum_revenue: offer_source.and_then(|source| source.maximum_revenue),
            browser_amounts: offer.map(|offer| offer.browser_amounts).unwrap_or_default(),
            browser_maximum: offer.and_then(|offer| offer.browser_maximum),
            cost,
        }
    }
}

/// An event's own choice (product.md §7: once or every time) wins over its source's.
fn event_repeats(event: &Event, source_rule: Repeats) -> Repeats {
    match (event.every_time, source_rule) {
        (true, _) => Repeats::AlwaysNew,
        (false, Repeats::AlwaysNew) => Repeats::Update,
        (false, rule) => rule,
    }
}
