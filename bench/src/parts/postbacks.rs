//! Postbacks with distinct hits: each is answered after its commit is on disk.

use super::redirects::{entered, walk};
use crate::cpu::Spent;
use crate::product::Product;
use crate::requests::Requests;
use crate::rush::{Rush, nothing};
use crate::settings::Settings;
use crate::table::Table;
use crate::visitors;

const TARGET: f64 = 3_000.0;
/// As many networks call at once.
const CALLERS: usize = 192;

/// Measures them.
pub fn measure(settings: &Settings, table: &mut Table) -> anyhow::Result<()> {
    let product = Product::start(settings)?;
    let landers = entered(&product, 8_000 * settings.length.as_secs() as usize)?;
    let each = landers.iter().zip(0..);
    let offers = walk(&product, each.filter_map(|(to, n)| visitors::action(n, to)).collect())?;
    product.wait_until(landers.len() as u64)?;
    let each = offers.iter().zip(0..);
    let calls = each.filter_map(|(to, n)| visitors::postback(n, to)).collect();
    let before = Spent::of(product.process.pid());
    let (requests, length) = (Requests::once(calls), settings.length);
    let (to, connections) = (product.track, CALLERS);
    let rushed = Rush { to, requests, connections, length, status: 200, keep: nothing }.run()?;
    let rate = rushed.rate();
    let what = format!("postbacks, {} distinct hits", rushed.all);
    table.row(&what, format!("{rate:.0}/s"), "≥ 3,000/s", Some(rate >= TARGET));
    let spent = Spent::of(product.process.pid()).since(&before).per(rushed.all);
    table.row("postbacks: processor by thread", spent, "µs each", None);
    Ok(())
}
