//! One additive fact: what a request or a ledger entry adds to reports.
//! Promise: plain data; summing rows is all that a report ever does with them.

use super::paths::PathOf;
use rules::assets::Field;
use rules::ids::HitId;
use std::borrow::Cow;

/// What a row came from. The number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// A tracked request.
    Request = 0,
    /// One standing of a conversion or event, taken back or added by a ledger entry.
    Standing = 1,
    /// A credit to an earlier visit in another funnel.
    Indirect = 2,
}

/// One fact. Its texts are borrowed from what it is made of.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// What it came from.
    pub kind: RowKind,
    /// The journal's record number, or the ledger's sequence.
    pub number: i64,
    /// Entrance of the visit, Unix milliseconds.
    pub visit_ms: i64,
    /// The conversion clock: a request's own time, a conversion's first time.
    pub clock_ms: i64,
    /// From the converting hit to the conversion's first time, milliseconds.
    pub convert_ms: Option<i64>,
    /// Who, as 64 bits (see [`visitor_key`]).
    pub visitor: i64,
    /// The visit, as 64 bits (see [`visit_key`]).
    pub visit: i64,
    /// Whether the sender counts as a bot.
    pub bot: bool,
    /// What the visit passed so far, or whom a standing credits.
    pub path: PathOf<'a>,
    /// What reports group by.
    pub texts: Texts<'a>,
    /// What reports sum, in the order of [`Measure`].
    pub measures: Measures,
}

macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident { $($variant:ident => $column:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs)] // each is the column of the same name
        pub enum $name { $($variant),* }

        impl $name {
            /// All, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its column in the store.
            pub fn column(self) -> &'static str {
                match self { $(Self::$variant => $column),* }
            }
        }
    };
}

closed_list! {
    /// Texts that reports group by, beside the 22 tracking fields. Absent is NULL.
    Text {
        Funnel => "funnel", Source => "source", Device => "device", Brand => "brand",
        Model => "model", Os => "os", OsVersion => "os_version", Browser => "browser",
        BrowserVersion => "browser_version", Language => "language", Continent => "continent",
        Country => "country", Region => "region", City => "city", Isp => "isp",
        Connection => "connection", Ip => "ip", Referrer => "referrer",
        ReferrerDomain => "referrer_domain", Domain => "domain", Tx => "tx", Status => "status",
        Event => "event",
    }
}

closed_list! {
    /// What reports sum. Money is in micro-units.
    Measure {
        Entrance => "entrance", LanderViews => "lander_views",
        LanderViewsUnique => "lander_views_unique", LanderClicks => "lander_clicks",
        LanderClicksUnique => "lander_clicks_unique", OfferViews => "offer_views",
        OfferViewsUnique => "offer_views_unique", OfferClicks => "offer_clicks",
        OfferClicksUnique => "offer_clicks_unique", Conversions => "conversions",
        Indirect => "indirect", Pending => "pending", Approved => "approved",
        Rejected => "rejected", Refunded => "refunded", Events => "events",
        Cost => "cost", Revenue => "revenue", Expected => "expected",
        EventRevenue => "event_revenue", Told => "told", EventTold => "event_told",
    }
}

impl Text {
    /// Whether few texts make up most rows: then rows hold the number of a word. Events and the like
    /// stand in too few rows to matter.
    pub fn repeats(self) -> bool {
        !matches!(self, Self::Ip | Self::Referrer | Self::Tx | Self::Status | Self::Event)
    }
}

impl Measure {
    /// Whether it is an amount of money.
    pub fn is_money(self) -> bool {
        let earned = matches!(self, Self::Revenue | Self::Expected | Self::EventRevenue);
        earned || matches!(self, Self::Cost | Self::Told | Self::EventTold)
    }
}

/// Columns of text: [`Text::ALL`], then the tracking fields.
pub(super) const TEXT_COLUMNS: usize = Text::ALL.len() + Field::COUNT;
/// Texts that a row has room for at once; most have fewer.
const USUAL_TEXTS: usize = 28;

/// What reports group by: the values of [`Text`] and of the tracking fields that there are.
#[derive(Clone, Debug)]
pub struct Texts<'a>(Vec<(u8, Cow<'a, str>)>);

impl Default for Texts<'_> {
    fn default() -> Self {
        Self(Vec::with_capacity(USUAL_TEXTS))
    }
}

impl<'a> Texts<'a> {
    /// Sets `text`, once; empty is absent.
    pub fn set(&mut self, text: Text, value: impl Into<Cow<'a, str>>) {
        let value = value.into();
        if !value.is_empty() {
            self.0.push((text as u8, value));
        }
    }

    /// Sets a tracking field, the last time counting; empty is absent.
    pub fn set_field(&mut self, field: Field, value: &'a str) {
        let column = (Text::ALL.len() + field.index()) as u8;
        self.0.retain(|(set, _)| *set != column);
        if !value.is_empty() {
            self.0.push((column, value.into()));
        }
    }

    /// Values with the places of their columns, each column once.
    pub(super) fn values(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().map(|(column, value)| (usize::from(*column), value.as_ref()))
    }
}

/// Values of [`Measure`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures([i64; Measure::ALL.len()]);

impl Measures {
    /// The value of `measure`.
    pub fn get(&self, measure: Measure) -> i64 {
        self.0[measure as usize]
    }

    /// Adds `value` to `measure`.
    pub fn add(&mut self, measure: Measure, value: i64) {
        let sum = &mut self.0[measure as usize];
        *sum = sum.saturating_add(value);
    }

    /// Takes every measure back.
    pub fn negated(mut self) -> Self {
        self.0.iter_mut().for_each(|value| *value = value.saturating_neg());
        self
    }
}

/// A visit as 64 bits: 43 of chance, 6 of machine, 15 of time. Two visits of one store share them
/// once in some ten billion pairs of the same 33 seconds.
pub fn visit_key(visit: HitId) -> i64 {
    visit.request().as_u128() as i64
}

/// A visitor as 64 bits: 54 of chance, 10 of time.
pub fn visitor_key(vid: rules::ids::Vid) -> i64 {
    (vid.as_u128() >> 24) as i64
}
