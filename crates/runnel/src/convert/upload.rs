//! Lines `HIT[:TX][, PAYOUT]` → calls (product.md §15).
//! Promise: every line becomes exactly one call; one that cannot be read is kept unbooked like any
//! other.

use super::parse::Parameters;
use super::{Desk, Incoming};
use crate::store::ledger::{Call, Notify, Way};
use rules::apply::Via;
use rules::ids::EntityId;

/// What an upload says beside its lines.
pub struct Upload<'a> {
    /// The custom event; none for conversions.
    pub event: Option<&'a str>,
    /// Whether traffic sources are told.
    pub notify: Notify,
    /// Who uploads.
    pub actor: &'a str,
    /// The bulk operation.
    pub operation: EntityId,
}

impl Desk {
    /// The calls that the `lines` of an upload stand for. Empty lines stand for none.
    pub fn uploaded(&self, lines: &str, upload: &Upload<'_>) -> Vec<Incoming> {
        let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| self.line(line, upload)).collect()
    }

    fn line(&self, line: &str, upload: &Upload<'_>) -> Incoming {
        let mut pairs = pairs(line);
        pairs.extend(upload.event.map(|name| ("event".to_owned(), name.to_owned())));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let now_ms = self.clock.now_ms();
        let call = Call {
            id: super::call_id(&self.clock),
            at_ms: now_ms,
            via: Way::Call(Via::Upload),
            remote: upload.actor.to_owned(),
            query,
            operation: upload.operation.to_string(),
            ..Call::default()
        };
        Incoming {
            call,
            parameters: Parameters::of_pairs(pairs),
            via: Via::Upload,
            spoken_by: Via::Upload,
            address: None,
            arrived_ms: now_ms,
            notify: Some(upload.notify),
            task: None,
            cursor: None,
        }
    }
}

/// `HIT`, `HIT:TX`, `HIT, 12.50`, `HIT:TX, -1` as parameters.
fn pairs(line: &str) -> Vec<(String, String)> {
    let (what, payout) = line.split_once(',').unwrap_or((line, ""));
    let (hit, tx) = what.split_once(':').unwrap_or((what, ""));
    let named = [("hit", hit), ("tx", tx), ("rev", payout)];
    let given = named.into_iter().filter(|(_, value)| !value.trim().is_empty());
    given.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn a_line_is_a_hit_then_perhaps_a_tx_then_perhaps_a_payout() {
        for (line, expected) in [
            ("H", "hit=H"),
            ("H:T", "hit=H tx=T"),
            ("H, 12.50", "hit=H rev=12.50"),
            ("H:T,-1", "hit=H tx=T rev=-1"),
            (" H : a:b , 1,250.00 ", "hit=H tx=a:b rev=1,250.00"),
            ("H:,", "hit=H"),
            (",5", "rev=5"),
        ] {
            let text: Vec<_> = pairs(line).iter().map(|(n, v)| format!("{n}={v}")).collect();
            assert_eq!(text.join(" "), expected, "{line}");
        }
    }
}
