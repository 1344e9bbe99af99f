//! The values that a visit gives to tokens.
//! Promise: borrows everything, looks nothing up elsewhere; what is unknown stays empty.

use super::sender::sent_by;
use super::{Name, Token, Tokens};
use crate::assets::{Field, FieldName};
use crate::facts::Facts;
use crate::ids::{EntityId, HitId, Vid};
use crate::record::{Parameter, latest};
use compact_str::CompactString;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

/// What is known when a destination or a delivery is written.
#[derive(Clone, Copy, Debug)]
pub struct VisitTokens<'a> {
    /// The hit that the text is written for.
    pub hit: HitId,
    /// The visitor.
    pub vid: Vid,
    /// First hit of the visit.
    pub visit: HitId,
    /// The funnel, with its name.
    pub funnel: (EntityId, &'a str),
    /// The funnel's group, with its name.
    pub group: Option<(EntityId, &'a str)>,
    /// The node of the hit, with its name.
    pub node: (EntityId, &'a str),
    /// The page of the hit, with its name.
    pub page: Option<(EntityId, &'a str)>,
    /// The visit's traffic source, with its name.
    pub source: (EntityId, &'a str),
    /// The source's names for tracking fields: aliases in tokens.
    pub aliases: &'a BTreeMap<Field, FieldName>,
    /// Tracking fields of the visit.
    pub fields: &'a [(Field, CompactString)],
    /// The session's buffer.
    pub buffer: &'a [Parameter],
    /// Sender.
    pub facts: &'a Facts,
    /// Host name of the tracking domain.
    pub domain: &'a str,
    /// Referrer of the entrance.
    pub referrer: &'a str,
    /// User agent.
    pub user_agent: &'a str,
    /// Now, Unix milliseconds.
    pub at_ms: u64,
    /// Chance for `{random}`.
    pub random: u64,
}

impl Tokens for VisitTokens<'_> {
    fn token(&self, token: &Token, out: &mut String) {
        match token {
            Token::Known(name) => self.known(*name, out),
            Token::Field(field) => out.push_str(self.field(*field)),
            Token::Alias(alias) => out.push_str(self.aliased(alias)),
            Token::Data(name) => out.push_str(latest(self.buffer, name).unwrap_or_default()),
            Token::Postback(_) => {}
        }
    }
}

impl VisitTokens<'_> {
    fn known(&self, name: Name, out: &mut String) {
        match name {
            Name::Hit => put(out, self.hit),
            Name::Vid => put(out, self.vid),
            Name::Visit => put(out, self.visit),
            Name::FunnelId => put(out, self.funnel.0),
            Name::FunnelName => out.push_str(self.funnel.1),
            Name::GroupId => self.group.iter().for_each(|(id, _)| put(out, id)),
            Name::GroupName => self.group.iter().for_each(|(_, name)| out.push_str(name)),
            Name::NodeId => put(out, self.node.0),
            Name::NodeName => out.push_str(self.node.1),
            Name::PageId => self.page.iter().for_each(|(id, _)| put(out, id)),
            Name::PageName => self.page.iter().for_each(|(_, name)| out.push_str(name)),
            Name::SourceId => put(out, self.source.0),
            Name::SourceName => out.push_str(self.source.1),
            Name::Entrance => put(out, format_args!("{}-{}", self.funnel.0, self.source.0)),
            Name::Domain => out.push_str(self.domain),
            Name::UserAgent => out.push_str(self.user_agent),
            Name::Referrer => out.push_str(self.referrer),
            Name::ReferrerDomain => out.push_str(&domain_of(self.referrer)),
            Name::Timestamp => put(out, self.at_ms / 1000),
            Name::TimestampMs => put(out, self.at_ms),
            Name::Date => put(out, date(self.at_ms)),
            Name::Random => put(out, self.random % 10_000_000_000),
            other => sent_by(self.facts, other, out),
        }
    }

    fn field(&self, field: Field) -> &str {
        self.fields.iter().find(|(key, _)| *key == field).map_or("", |(_, value)| value)
    }

    fn aliased(&self, alias: &str) -> &str {
        let known = self.aliases.iter().find(|(_, name)| name.name == alias);
        known.map_or("", |(field, _)| self.field(*field))
    }
}

/// Host name in a referrer, lower case; empty if it has none.
pub fn domain_of(referrer: &str) -> String {
    let host = url::Url::parse(referrer).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_default()
}

pub(super) fn put(out: &mut String, value: impl Display) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{value}");
}

/// The date in UTC, `2026-11-22`.
pub(super) fn date(at_ms: u64) -> jiff::civil::Date {
    let at = i64::try_from(at_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    at.unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Device;
    use crate::ids::{IdKey, IdKeys, RequestKey};
    use crate::template::{Place, Template};

    #[test]
    fn every_name_of_a_visit_has_its_value() {
        let keys = IdKeys::new(IdKey([7; 16]), vec![]);
        let id = |text: &str| text.parse::<EntityId>().unwrap();
        // 2026-11-22T08:00:00.123Z
        let request = RequestKey::new(1_795_334_400_123, 0, 9);
        let vid = Vid::new(1_795_334_400_123, 9, &keys);
        let facts = Facts {
            ip: Some("203.0.113.0".parse().unwrap()),
            country: "DE".into(),
            device: Device::Mobile,
            os_version: "18.1".into(),
            ..Facts::default()
        };
        let aliases = BTreeMap::from([(
            "c1".parse().unwrap(),
            FieldName { name: "zone".into(), placeholder: String::new() },
        )]);
        let tokens = VisitTokens {
            hit: request.hit(1, &keys),
            vid,
            visit: request.hit(0, &keys),
            funnel: (id("FunnelFunnel"), "My funnel"),
            group: Some((id("GroupGroupGr"), "Group")),
            node: (id("NodeNodeNode"), "Node"),
            page: Some((id("PagePagePage"), "Page")),
            source: (id("SourceSource"), "Push"),
            aliases: &aliases,
            fields: &[("c1".parse().unwrap(), "z 9".into()), (Field::EXTERNAL, "click".into())],
            buffer: &[("email".into(), "old".into()), ("email".into(), "new".into())],
            facts: &facts,
            domain: "t.example",
            referrer: "https://News.example:8080/a?b",
            user_agent: "UA/1",
            at_ms: 1_795_334_400_123,
            random: 12_345_678_901_234,
        };
        for (text, expected) in [
            ("{hit}", tokens.hit.to_string()),
            ("{visitor}{vid}", format!("{vid}{vid}")),
            ("{session-id}", tokens.visit.to_string()),
            ("{funnel-id}/{funnel-name}", "FunnelFunnel/My funnel".into()),
            ("{group-id}/{campaign-name}", "GroupGroupGr/Group".into()),
            ("{current-node-id}/{node-name}", "NodeNodeNode/Node".into()),
            ("{page-id}/{page-name}", "PagePagePage/Page".into()),
            ("{trafficsource-id}/{source-name}", "SourceSource/Push".into()),
            ("{flux-fts}", "FunnelFunnel-SourceSource".into()),
            ("{c1}|{zone}|{trackingfield-zone}|{external}|{c2}", "z 9|z 9|z 9|click|".into()),
            ("{data-email}{data-none}", "new".into()),
            ("{country}/{country-name}", "DE/Germany".into()),
            ("{device}{os-version}{ip}", "mobile18.1203.0.113.0".into()),
            ("{referrer-domain}", "news.example".into()),
            ("{timestamp}/{timestamp-ms}/{date}", "1795334400/1795334400123/2026-11-22".into()),
            ("{random}", "5678901234".into()),
            ("{rev}{tx}{pb-x}{nothing}", String::new()),
        ] {
            let mut out = String::new();
            Template::parse(text).render(&tokens, Place::Plain, &mut out);
            assert_eq!(out, expected, "{text}");
        }
    }
}
