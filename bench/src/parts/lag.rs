//! How long after its answer a visit is in the reports, while others keep coming.

use super::latency::{RATE, entrances};
use crate::product::Product;
use crate::settings::Settings;
use crate::table::{Table, ms};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const TARGET: Duration = Duration::from_secs(1);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(300);

/// Measures it: counts the visits that were answered, and asks until reports show them.
pub fn measure(settings: &Settings, table: &mut Table) -> anyhow::Result<()> {
    let product = Product::start(settings)?;
    let pace = entrances(&product, settings.length * 3);
    let answered = pace.answered.clone();
    let load = std::thread::spawn(move || pace.run());
    let mut lags = Vec::new();
    while !load.is_finished() {
        std::thread::sleep(PAUSE);
        let (began, visits) = (Instant::now(), answered.load(Ordering::Relaxed));
        product.wait_until(visits)?;
        lags.push(began.elapsed());
    }
    let latencies = load.join().map_err(|_| anyhow::anyhow!("the generator broke"))??;
    lags.sort_unstable();
    let longest = lags.last().copied().unwrap_or_default();
    let median = ms(lags[lags.len() / 2]);
    let what = format!("reports show a visit at {RATE}/s, longest of {}", lags.len());
    let figure = format!("{} (median {median})", ms(longest));
    table.row(&what, figure, "< 1 s", Some(longest < TARGET));
    let what = "entrance p99 while reports are asked for";
    table.row(what, ms(latencies.at(0.99)), "", None);
    Ok(())
}
