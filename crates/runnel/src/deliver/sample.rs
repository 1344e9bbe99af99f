//! A made-up conversion, for trying a destination's settings.

use super::integrations::trial;
use crate::snapshot::Snapshot;
use rules::assets::Field;
use rules::money::Micros;
use rules::owed::Destination;
use rules::told::{Told, What};

/// What a destination is told when its settings are tried: recognisable as a test.
pub(super) fn told(key: &str, snapshot: &Snapshot, now_ms: u64) -> Told {
    if let Ok(Destination::Integration(source)) = key.parse() {
        let integration =
            snapshot.sources.get(&source).and_then(|held| held.asset.integration.as_ref());
        if let Some(integration) = integration {
            return trial::conversion(integration, &snapshot.settings.currency, now_ms);
        }
    }
    let event = match key.parse() {
        Ok(Destination::Postback { event, .. }) => event,
        _ => None,
    };
    let event = event.and_then(|event| snapshot.events.get(&event));
    let fields = Field::all().map(|field| (field.key().to_owned(), "test".to_owned()));
    Told {
        delivery: "test".into(),
        conversion: "test".into(),
        what: event.map_or(What::Conversion, |held| What::Event(held.asset.name.clone())),
        status: "approved".into(),
        at_ms: now_ms,
        changed_at_ms: now_ms,
        hit_at_ms: now_ms,
        visit_at_ms: now_ms,
        revenue: Micros(1_000_000),
        revenue_true: Micros(1_000_000),
        currency: snapshot.settings.currency.clone(),
        tx: "test".into(),
        fields: fields.collect(),
        ..Told::default()
    }
}
