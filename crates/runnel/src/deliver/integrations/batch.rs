//! A batch → the platform's events with their places, and what is settled without a call.

use super::weigh::{Takes, Worth, weigh};
use crate::deliver::{Context, Prepared, Rendered, Told, Verdict};
use rules::assets::integration::Mapping;
use rules::money::Micros;
use serde_json::Value;
use std::collections::BTreeMap;

/// What is written of a batch.
#[derive(Debug, Default)]
pub struct Batch {
    /// The events.
    pub events: Vec<Value>,
    /// Their places in the batch.
    pub of: Vec<usize>,
    /// What is settled.
    pub settled: Vec<(usize, Verdict)>,
}

impl Batch {
    /// Weighs each of `told` for a platform that takes `takes`, and writes it; what is not worth sending or
    /// cannot be written is settled.
    pub fn write(
        told: &[Told],
        (mapping, takes): (&Mapping, Takes),
        with: &Context<'_>,
        write: impl Fn(&Told, Worth<'_>) -> Result<Value, Verdict>,
    ) -> Self {
        let mut batch = Self::default();
        for (place, told) in told.iter().enumerate() {
            let worth = weigh(told, mapping, takes, with.now_ms);
            match worth.and_then(|worth| write(told, worth)) {
                Ok(event) => {
                    batch.events.push(event);
                    batch.of.push(place);
                }
                Err(verdict) => batch.settled.push((place, verdict)),
            }
        }
        batch
    }

    /// All of it in one call that `call` makes of the events; none if there are no events.
    pub fn in_one_call(self, call: impl FnOnce(Vec<Value>, Vec<usize>) -> Prepared) -> Rendered {
        let Self { events, of, settled } = self;
        let calls = if of.is_empty() { Vec::new() } else { vec![call(events, of)] };
        Rendered { calls, settled }
    }

    /// A call for each kind that `kind_of` finds at a place, in the kinds' order: what is new goes
    /// before what corrects it.
    pub fn by_kind<K: Ord>(
        self,
        kind_of: impl Fn(usize) -> K,
        call: impl Fn(K, Vec<Value>, Vec<usize>) -> Prepared,
    ) -> Rendered {
        let mut kinds: BTreeMap<K, (Vec<Value>, Vec<usize>)> = BTreeMap::new();
        for (event, place) in self.events.into_iter().zip(self.of) {
            let kind = kinds.entry(kind_of(place)).or_default();
            kind.0.push(event);
            kind.1.push(place);
        }
        let calls = kinds.into_iter().map(|(kind, (events, of))| call(kind, events, of));
        Rendered { calls: calls.collect(), settled: self.settled }
    }
}

/// The call that tries settings at a platform where only a test code keeps an event from counting.
pub fn tried(rendered: Rendered, test_code: &str) -> Option<Prepared> {
    rendered.calls.into_iter().next().filter(|_| !test_code.is_empty())
}

/// An amount as a JSON number: its shortest decimal form.
pub fn amount(micros: Micros) -> Value {
    // Exact up to 9·10⁹ units: beyond any amount that is booked.
    Value::from(micros.0 as f64 / 1e6)
}
