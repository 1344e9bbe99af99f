//! The kinds of asset that the catalog keeps.

use std::fmt;

/// A kind of asset; its name is its path in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // the names of product.md §15
pub enum Kind {
    TrafficSources,
    OfferSources,
    Landers,
    Offers,
    Funnels,
    FunnelGroups,
    Conditions,
    Tags,
    Events,
    Domains,
    Webhooks,
}

impl Kind {
    /// The name in paths, SQL and the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrafficSources => "traffic-sources",
            Self::OfferSources => "offer-sources",
            Self::Landers => "landers",
            Self::Offers => "offers",
            Self::Funnels => "funnels",
            Self::FunnelGroups => "funnel-groups",
            Self::Conditions => "conditions",
            Self::Tags => "tags",
            Self::Events => "events",
            Self::Domains => "domains",
            Self::Webhooks => "webhooks",
        }
    }

    /// One of them, in a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Self::TrafficSources => "traffic source",
            Self::OfferSources => "offer source",
            Self::Landers => "lander",
            Self::Offers => "offer",
            Self::Funnels => "funnel",
            Self::FunnelGroups => "funnel group",
            Self::Conditions => "condition",
            Self::Tags => "tag",
            Self::Events => "event",
            Self::Domains => "domain",
            Self::Webhooks => "webhook",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
