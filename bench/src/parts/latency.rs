//! Latencies of entrances at a fixed rate, with feed and the writing of sessions at work.

use crate::pace::Pace;
use crate::product::Product;
use crate::requests::Requests;
use crate::settings::Settings;
use crate::table::{Table, ms};
use crate::visitors;
use std::sync::Arc;
use std::time::Duration;

/// Requests a second.
pub const RATE: u64 = 5_000;
/// Sessions are written every ten seconds: two of those are within it.
const LENGTH: Duration = Duration::from_secs(22);

/// Measures them.
pub fn measure(settings: &Settings, table: &mut Table) -> anyhow::Result<()> {
    let product = Product::start(settings)?;
    let pace = entrances(&product, LENGTH.max(settings.length));
    let latencies = pace.run()?;
    for (name, share, target) in [
        ("p50", 0.5, None),
        ("p99", 0.99, Some(5)),
        ("p99.9", 0.999, Some(15)),
        ("longest", 1.0, None),
    ] {
        let latency = latencies.at(share);
        let target = target.map(Duration::from_millis);
        let text = target.map_or(String::new(), |target| format!("< {}", ms(target)));
        let what = format!("entrance at {RATE}/s, {name} of {}", latencies.count());
        table.row(&what, ms(latency), &text, target.map(|target| latency < target));
    }
    stages("stages of an entrance", &product, table)
}

/// What each step of a request took on the average, as the program says itself.
pub fn stages(what: &str, product: &Product, table: &mut Table) -> anyhow::Result<()> {
    let stages = product.stages()?;
    let own = stages.iter().filter(|(stage, _)| stage != "sync");
    let sum: f64 = own.map(|(_, took)| took).sum();
    let each = stages.iter().map(|(stage, took)| format!("{stage} {took:.1}"));
    let each = each.collect::<Vec<_>>().join(", ");
    table.row(what, format!("{each}; without waiting for the disk {sum:.1}"), "µs", None);
    Ok(())
}

/// Entrances into the program's funnel at [`RATE`].
pub fn entrances(product: &Product, length: Duration) -> Pace {
    Pace {
        to: product.track,
        requests: Requests::repeated(visitors::entrances(&product.link)),
        rate: RATE,
        length,
        status: 302,
        answered: Arc::default(),
    }
}
