//! The values that a delivery gives to tokens.
//! Promise: everything comes from what was frozen when the delivery came to be owed.

use super::sender::sent_by;
use super::visit::{date, put};
use super::{Name, Token, Tokens, domain_of};
use crate::told::Told;

impl Tokens for Told {
    fn token(&self, token: &Token, out: &mut String) {
        let text = |map: &std::collections::BTreeMap<String, String>, name: &str| {
            map.get(name).cloned().unwrap_or_default()
        };
        match token {
            Token::Known(name) => known(self, *name, out),
            Token::Field(field) => out.push_str(&text(&self.fields, field.key())),
            Token::Alias(alias) => out.push_str(&text(&self.fields, alias)),
            Token::Data(name) => out.push_str(&text(&self.buffer, name)),
            Token::Postback(name) => out.push_str(&text(&self.parameters, name)),
        }
    }
}

fn known(told: &Told, name: Name, out: &mut String) {
    match name {
        Name::Rev | Name::Payout => put(out, told.revenue),
        Name::Tx => out.push_str(&told.tx),
        Name::Status => out.push_str(&told.status),
        Name::Currency => out.push_str(&told.currency),
        Name::Event => out.push_str(told.event().unwrap_or_default()),
        Name::ConversionId => out.push_str(&told.conversion),
        Name::DeliveryId => out.push_str(&told.delivery),
        Name::TimeToConvert => put(out, told.at_ms.saturating_sub(told.hit_at_ms) / 1000),
        Name::Timestamp => put(out, told.changed_at_ms / 1000),
        Name::TimestampMs => put(out, told.changed_at_ms),
        Name::Date => put(out, date(told.changed_at_ms)),
        // The same at every attempt.
        Name::Random => put(out, hashed(&told.delivery)),
        other => visited(told, other, out),
    }
}

fn visited(told: &Told, name: Name, out: &mut String) {
    out.push_str(match name {
        Name::Hit => &told.hit,
        Name::Vid => &told.vid,
        Name::Visit => &told.visit,
        Name::FunnelId => &told.funnel,
        Name::FunnelName => &told.names.funnel,
        Name::GroupId => &told.group,
        Name::GroupName => &told.names.group,
        Name::NodeId => &told.node,
        Name::NodeName => &told.names.node,
        Name::PageId => &told.page,
        Name::PageName => &told.names.page,
        Name::SourceId => &told.source,
        Name::SourceName => &told.names.source,
        Name::Domain => &told.domain,
        Name::UserAgent => &told.user_agent,
        Name::Referrer => &told.referrer,
        Name::Entrance => return put(out, format_args!("{}-{}", told.funnel, told.source)),
        Name::ReferrerDomain => return out.push_str(&domain_of(&told.referrer)),
        other => return sent_by(&told.facts, other, out),
    });
}

/// A number of 10 digits at most that a text always gives (FNV-1a).
fn hashed(text: &str) -> u64 {
    let mixed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |mixed, byte| {
        (mixed ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    mixed % 10_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Micros;
    use crate::template::{Place, Template};
    use crate::told::What;
    use std::collections::BTreeMap;

    #[test]
    fn every_name_of_a_delivery_has_its_value() {
        let told = Told {
            delivery: "D1".into(),
            conversion: "C1".into(),
            what: What::Event("lead".into()),
            status: "approved".into(),
            // 2026-11-22T08:00:00Z
            at_ms: 1_795_334_400_000,
            changed_at_ms: 1_795_334_461_500,
            hit_at_ms: 1_795_334_400_000 - 90_500,
            revenue: Micros(11_250_000),
            revenue_true: Micros(12_500_000),
            currency: "EUR".into(),
            tx: "T 1".into(),
            fields: BTreeMap::from([
                ("external".into(), "S1".into()),
                ("clickid".into(), "S1".into()),
            ]),
            buffer: BTreeMap::from([("email".into(), "a@b".into())]),
            parameters: BTreeMap::from([("goal".into(), "7".into())]),
            ..Told::default()
        };
        for (text, expected) in [
            ("{rev}|{payout}|{currency}", "11.25|11.25|EUR"),
            ("{tx}|{status}|{event}", "T%201|approved|lead"),
            ("{conversion-id}|{delivery-id}|{time-to-convert}", "C1|D1|90"),
            ("{external}|{clickid}|{c1}|{other}", "S1|S1||"),
            ("{data-email}|{pb-goal}|{pb-none}", "a%40b|7|"),
            ("{timestamp}|{timestamp-ms}|{date}", "1795334461|1795334461500|2026-11-22"),
        ] {
            let mut out = String::new();
            Template::parse(text).render(&told, Place::Url, &mut out);
            assert_eq!(out, expected, "{text}");
        }
    }
}
