//! What a rule can test: the closed list of names, and which operators each takes.
//! Promise: the console builds its editor from this list, the compiler accepts nothing else.

use crate::assets::{Field, Operator};
use Operator::{
    Contains, Ends, Exists, Greater, GreaterOrEqual, InList, Is, IsNot, Less, LessOrEqual, Matches,
    Starts,
};
use serde::Serialize;

/// A test that rules can make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Test {
    /// Its name in rules; `data-NAME` stands for every name.
    pub name: &'static str,
    /// What its values are.
    pub takes: Takes,
    /// The operators it has.
    pub operators: &'static [Operator],
}

/// What the values of a rule are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Takes {
    /// Texts, compared without case.
    Text,
    /// Versions such as `17.4`.
    Version,
    /// Addresses and CIDR networks.
    Network,
    /// Traffic sources.
    Source,
    /// Visitor tags.
    Tag,
    /// Nodes.
    Node,
    /// Landers or offers.
    Page,
    /// Offers.
    Offer,
    /// `true` or `false`.
    Flag,
    /// A number from 0 to 100.
    Percent,
    /// `HH:MM` or `HH:MM-HH:MM`.
    Time,
    /// Days of the week.
    Weekday,
    /// `YYYY-MM-DD`.
    Date,
    /// A whole number that the rule's cap is compared with.
    Count,
}

impl Takes {
    /// The operators that such a test has.
    pub fn operators(self) -> &'static [Operator] {
        match self {
            Self::Text | Self::Version => &[
                Is,
                IsNot,
                Contains,
                Starts,
                Ends,
                Matches,
                InList,
                Less,
                LessOrEqual,
                Greater,
                GreaterOrEqual,
                Exists,
            ],
            Self::Network => &[Is, IsNot, InList, Exists],
            Self::Source | Self::Tag | Self::Node | Self::Page | Self::Offer => {
                &[Is, IsNot, InList]
            }
            Self::Flag => &[Is, IsNot],
            Self::Percent => &[Less, LessOrEqual, Greater, GreaterOrEqual],
            Self::Time | Self::Weekday | Self::Date => {
                &[Is, IsNot, InList, Less, LessOrEqual, Greater, GreaterOrEqual]
            }
            Self::Count => &[Is, IsNot, Less, LessOrEqual, Greater, GreaterOrEqual],
        }
    }
}

/// What is tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::funnel) enum Subject {
    Continent,
    Country,
    Region,
    City,
    Timezone,
    Device,
    Brand,
    Model,
    Os,
    OsVersion,
    Browser,
    BrowserVersion,
    Language,
    Isp,
    Asn,
    Connection,
    Ip,
    Referrer,
    ReferrerDomain,
    Url,
    Domain,
    Source,
    Field(Field),
    Data(String),
    Tag,
    SeenNode,
    SeenPage,
    Converted,
    NewVisitor,
    Bot,
    Random,
    Time,
    Weekday,
    Date,
    Cap,
}

/// Every test but the tracking fields and `data-NAME`.
const NAMED: [(&str, Subject, Takes); 33] = {
    use Takes::{
        Count, Date, Flag, Network, Node, Offer, Page, Percent, Source, Tag, Text, Time, Version,
        Weekday,
    };
    [
        ("continent", Subject::Continent, Text),
        ("country", Subject::Country, Text),
        ("region", Subject::Region, Text),
        ("city", Subject::City, Text),
        ("timezone", Subject::Timezone, Text),
        ("device", Subject::Device, Text),
        ("brand", Subject::Brand, Text),
        ("model", Subject::Model, Text),
        ("os", Subject::Os, Text),
        ("os-version", Subject::OsVersion, Version),
        ("browser", Subject::Browser, Text),
        ("browser-version", Subject::BrowserVersion, Version),
        ("language", Subject::Language, Text),
        ("isp", Subject::Isp, Text),
        ("asn", Subject::Asn, Text),
        ("connection", Subject::Connection, Text),
        ("ip", Subject::Ip, Network),
        ("referrer", Subject::Referrer, Text),
        ("referrer-domain", Subject::ReferrerDomain, Text),
        ("url", Subject::Url, Text),
        ("tracking-domain", Subject::Domain, Text),
        ("source", Subject::Source, Source),
        ("tag", Subject::Tag, Tag),
        ("seen-node", Subject::SeenNode, Node),
        ("seen-page", Subject::SeenPage, Page),
        ("converted", Subject::Converted, Offer),
        ("new-visitor", Subject::NewVisitor, Flag),
        ("bot", Subject::Bot, Flag),
        ("random", Subject::Random, Percent),
        ("time", Subject::Time, Time),
        ("weekday", Subject::Weekday, Weekday),
        ("date", Subject::Date, Date),
        ("cap", Subject::Cap, Count),
    ]
};

/// Longest NAME of a `data-NAME` test, in bytes.
const LONGEST_DATA_NAME: usize = 200;

impl Subject {
    /// Reads a rule's test.
    pub(in crate::funnel) fn parse(test: &str) -> Option<(Self, Takes)> {
        if let Some((_, subject, takes)) = NAMED.iter().find(|(name, ..)| *name == test) {
            return Some((subject.clone(), *takes));
        }
        if let Some(name) = test.strip_prefix("data-") {
            let fits = (1..=LONGEST_DATA_NAME).contains(&name.len());
            return fits.then(|| (Self::Data(name.into()), Takes::Text));
        }
        test.parse().ok().map(|field| (Self::Field(field), Takes::Text))
    }
}

/// Every test there is, for editors: `data-NAME` once, each tracking field.
pub fn tests() -> Vec<Test> {
    let named = NAMED.iter().map(|(name, _, takes)| (*name, *takes));
    let fields = Field::all().map(|field| (field.key(), Takes::Text));
    named
        .chain(fields)
        .chain([("data-NAME", Takes::Text)])
        .map(|(name, takes)| Test { name, takes, operators: takes.operators() })
        .collect()
}
