//! The names that may stand in braces, and which of their values a visitor chooses.
//! Promise: every name of product.md §5, and every name FunnelFlux uses for the same thing, is known
//! here; nothing else gets a meaning.

use crate::assets::Field;

/// What stands in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A name of the closed list.
    Known(Name),
    /// A tracking field by its key.
    Field(Field),
    /// `{data-NAME}`: a parameter in the session's buffer.
    Data(String),
    /// `{pb-NAME}`: a parameter of the postback.
    Postback(String),
    /// Any other name: a tracking field by its alias at the visit's source, else unknown.
    Alias(String),
}

impl Token {
    /// Reads a name as it stands between braces.
    pub fn named(name: &str) -> Self {
        for (prefix, make) in PREFIXES {
            if let Some(rest) = name.strip_prefix(prefix).filter(|rest| !rest.is_empty()) {
                return make(rest.to_owned());
            }
        }
        let lower = name.to_ascii_lowercase();
        match (NAMES.iter().find(|(text, _)| *text == lower), lower.parse()) {
            (Some((_, known)), _) => Self::Known(*known),
            (None, Ok(field)) => Self::Field(field),
            (None, Err(_)) => Self::Alias(name.to_owned()),
        }
    }

    /// Whether its value is ours, or one of few: only such may stand in a URL's host.
    /// Everything that a visitor, a user agent or a network can write is refused there.
    pub fn may_name_host(&self) -> bool {
        use Name::*;
        let ours = [
            Hit,
            Vid,
            Visit,
            FunnelId,
            NodeId,
            PageId,
            SourceId,
            GroupId,
            Country,
            Continent,
            Device,
            Language,
            Domain,
            Timestamp,
            TimestampMs,
            Date,
            Random,
        ];
        matches!(self, Self::Known(name) if ours.contains(name))
    }
}

type Make = fn(String) -> Token;

/// Families of names; FunnelFlux writes `buffer-` and `trackingfield-`.
const PREFIXES: [(&str, Make); 4] = [
    ("data-", Token::Data),
    ("buffer-", Token::Data),
    ("pb-", Token::Postback),
    ("trackingfield-", |name| name.parse().map_or(Token::Alias(name), Token::Field)),
];

macro_rules! names {
    ($($name:ident: $doc:literal = $($text:literal)|+;)*) => {
        /// The closed list of names. The first spelling of each is ours, the others FunnelFlux's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Name { $(#[doc = $doc] $name,)* }
        /// Every spelling.
        const NAMES: &[(&str, Name)] = &[$($(($text, Name::$name),)+)*];
    };
}

names! {
    Hit: "ID of the hit." = "hit" | "hit-id";
    Vid: "ID of the visitor." = "visitor" | "vid" | "visitor-id";
    Visit: "ID of the visit: its first hit." = "visit" | "session-id";
    FunnelId: "ID of the funnel." = "funnel-id" | "current-funnel-id";
    FunnelName: "Name of the funnel." = "funnel-name";
    GroupId: "ID of the funnel's group." = "group-id" | "campaign-id";
    GroupName: "Name of the funnel's group." = "group-name" | "campaign-name";
    NodeId: "ID of the node." = "node-id" | "current-node-id";
    NodeName: "Name of the node." = "node-name" | "current-node-name";
    PageId: "ID of the page." = "page-id" | "current-page-id";
    PageName: "Name of the page." = "page-name";
    SourceId: "ID of the traffic source." = "source-id" | "trafficsource-id" | "traffic-source-id";
    SourceName: "Name of the traffic source."
        = "source-name" | "trafficsource-name" | "traffic-source-name";
    Entrance: "`{funnel}-{source}`, as in an entrance's path." = "entrance" | "flux-fts";
    Domain: "Host name of the tracking domain." = "domain" | "flux-domain";
    Continent: "Continent code." = "continent" | "location-continent";
    Country: "ISO 3166-1 alpha-2." = "country" | "location-countrycode" | "location-country";
    CountryName: "English name of the country." = "country-name" | "location-countryname";
    Region: "First subdivision." = "region" | "location-region";
    City: "City." = "city" | "location-city";
    Timezone: "IANA zone." = "timezone" | "location-timezone";
    Language: "ISO 639-1." = "language" | "device-language";
    Device: "Kind of device." = "device" | "device-type";
    Brand: "Manufacturer." = "brand" | "device-brand";
    Model: "Model." = "model" | "device-model";
    Os: "Operating system." = "os" | "device-os";
    OsVersion: "Operating system's version." = "os-version" | "device-osversion";
    Browser: "Browser." = "browser" | "device-browser";
    BrowserVersion: "Browser's version." = "browser-version" | "device-browserversion";
    Isp: "Network operator." = "isp" | "connection-isp" | "connection-mobilecarrier";
    Connection: "Connection type." = "connection" | "connection-type";
    Ip: "Client address as it may be kept." = "ip" | "connection-ip";
    UserAgent: "User agent." = "user-agent" | "connection-useragent";
    Referrer: "Referrer's URL." = "referrer";
    ReferrerDomain: "Referrer's host name." = "referrer-domain";
    Timestamp: "Unix seconds." = "timestamp" | "unix-timestamp" | "hit-timestamp";
    TimestampMs: "Unix milliseconds." = "timestamp-ms";
    Date: "Date in UTC, `2026-11-22`." = "date";
    Random: "A number of 10 digits at most." = "random";
    Rev: "Delivery: revenue." = "rev";
    Payout: "Delivery: revenue, by the name networks use." = "payout";
    Tx: "Delivery: transaction." = "tx";
    Status: "Delivery: status." = "status";
    Currency: "Delivery: currency." = "currency";
    Event: "Delivery: name of the event." = "event";
    ConversionId: "Delivery: conversion." = "conversion-id";
    DeliveryId: "Delivery: its own ID." = "delivery-id";
    TimeToConvert: "Delivery: seconds from hit to conversion." = "time-to-convert";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_both_products_mean_by_them() {
        for (text, token) in [
            ("hit", Token::Known(Name::Hit)),
            ("HIT", Token::Known(Name::Hit)),
            ("visitor", Token::Known(Name::Vid)),
            ("vid", Token::Known(Name::Vid)),
            ("current-node-id", Token::Known(Name::NodeId)),
            ("location-countrycode", Token::Known(Name::Country)),
            ("c20", Token::Field("c20".parse().unwrap())),
            ("campaign", Token::Field(Field::CAMPAIGN)),
            ("c21", Token::Alias("c21".into())),
            ("Zone", Token::Alias("Zone".into())),
            ("data-Email", Token::Data("Email".into())),
            ("buffer-x", Token::Data("x".into())),
            ("pb-goal", Token::Postback("goal".into())),
            ("trackingfield-zone", Token::Alias("zone".into())),
            ("trackingfield-c3", Token::Field("c3".parse().unwrap())),
            ("data-", Token::Alias("data-".into())),
        ] {
            assert_eq!(Token::named(text), token, "{text}");
        }
    }

    #[test]
    fn nothing_that_a_visitor_writes_may_name_a_host() {
        for text in [
            "c1",
            "external",
            "data-x",
            "pb-x",
            "zone",
            "referrer-domain",
            "user-agent",
            "model",
            "browser",
            "city",
            "isp",
            "tx",
            "source-name",
        ] {
            assert!(!Token::named(text).may_name_host(), "{text}");
        }
        assert!(Token::named("country").may_name_host());
    }
}
