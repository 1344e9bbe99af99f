//! Entrances, actions and views at full load, each beside the bare server under the same requests.

use crate::cpu::{self, Spent};
use crate::product::{self, LANDER, Process, Product};
use crate::requests::Requests;
use crate::rush::{Rush, Rushed, nothing};
use crate::settings::Settings;
use crate::table::{Table, ms};
use crate::visitors;
use anyhow::ensure;
use std::time::Duration;

/// So many that waiting for the disk leaves no processor idle.
const CONNECTIONS: usize = 512;
/// Each is measured so often, in turns: what else the machine does then meets both.
const ROUNDS: u32 = 6;
/// Longest time for letting visitors walk.
const UNTIL_WALKED: Duration = Duration::from_secs(60);
/// Of the bare server's rate.
const TARGET: f64 = 0.60;

/// What one kind of request is measured with.
struct Kind {
    what: &'static str,
    requests: Requests,
    status: u16,
}

/// Measures entrances, and how long feed needs afterwards.
pub fn entrances(settings: &Settings, table: &mut Table) -> anyhow::Result<()> {
    let product = Product::start(settings)?;
    let kind = Kind {
        what: "entrances",
        requests: Requests::repeated(visitors::entrances(&product.link)),
        status: 302,
    };
    let visits = compare(settings, &product, &kind, table)?;
    let caught_up = product.wait_until(visits)?;
    table.row("feed caught up after entrances", ms(caught_up), &format!("{visits} visits"), None);
    Ok(())
}

/// Measures actions, each by a visitor who has entered before.
pub fn actions(settings: &Settings, table: &mut Table) -> anyhow::Result<()> {
    let product = Product::start(settings)?;
    let came = entered(&product, 20_000 * settings.length.as_secs() as usize)?;
    product.wait_until(came.len() as u64)?;
    let actions = came.iter().zip(0..).filter_map(|(to, n)| visitors::action(n, to)).collect();
    let kind = Kind { what: "actions", requests: Requests::repeated(actions), status: 302 };
    compare(settings, &product, &kind, table).map(drop)
}

/// Measures views that are entrances.
pub fn views(settings: &Settings, table: &mut Table) -> anyhow::Result<()> {
    let product = Product::start(settings)?;
    let views = visitors::views(&product.funnel, &product.source, LANDER);
    let kind = Kind { what: "/js/funnel", requests: Requests::repeated(views), status: 200 };
    compare(settings, &product, &kind, table).map(drop)
}

/// Lets so many visitors enter; gives where they were sent, in the order of [`visitors::entrances`].
pub fn entered(product: &Product, most: usize) -> anyhow::Result<Vec<String>> {
    let entrances = visitors::entrances(&product.link);
    walk(product, entrances.iter().cycle().take(most).cloned().collect())
}

/// Sends every request once; gives where they led, in their order.
pub fn walk(product: &Product, requests: Vec<Box<[u8]>>) -> anyhow::Result<Vec<String>> {
    let asked = requests.len();
    let rush = Rush {
        to: product.track,
        requests: Requests::once(requests),
        connections: CONNECTIONS,
        length: UNTIL_WALKED,
        status: 302,
        keep: |answer| answer.location().map(str::to_owned),
    };
    let mut kept = rush.run()?.kept;
    ensure!(kept.len() == asked, "only {} of {asked} walked in time", kept.len());
    kept.sort_unstable_by_key(|(number, _)| *number);
    Ok(kept.into_iter().map(|(_, to)| to).collect())
}

/// Measures program and bare server in turns; gives how many requests the program answered.
fn compare(
    settings: &Settings,
    product: &Product,
    kind: &Kind,
    table: &mut Table,
) -> anyhow::Result<u64> {
    let rush = |process: &Process, to, status| {
        let (requests, length) = (kind.requests.clone(), settings.length / ROUNDS);
        let before = Spent::of(process.pid());
        let rush = Rush { to, requests, connections: CONNECTIONS, length, status, keep: nothing };
        Ok::<_, anyhow::Error>((rush.run()?, Spent::of(process.pid()).since(&before)))
    };
    let mut measured: [(Rushed, Spent); 2] = Default::default();
    for _ in 0..ROUNDS {
        // What the program still has to do must not slow the bare server.
        cpu::settle(product.process.pid());
        // A new one each time: some of its lives are quicker than others.
        let (bare, limit) = product::bare()?;
        let theirs = rush(&bare, limit, 302)?;
        let rounds = [theirs, rush(&product.process, product.track, kind.status)?];
        for ((rushed, spent), (all, all_spent)) in rounds.into_iter().zip(&mut measured) {
            all.follow(rushed);
            all_spent.add(spent);
        }
    }
    let [(theirs, bares), (ours, own)] = measured;
    let ratio = ours.rate() / theirs.rate();
    let figure = format!("{:.0}/s of {:.0}/s: {:.0} %", ours.rate(), theirs.rate(), ratio * 100.0);
    table.row(kind.what, figure, "≥ 60 % of bare axum", Some(ratio >= TARGET));
    let (own, bares) = (own.per(ours.all), bares.per(theirs.all));
    let figure = format!("{own}; bare: {bares}");
    table.row(&format!("{}: processor by thread", kind.what), figure, "µs each", None);
    let early = product.answered_before_sync()?;
    let figure = format!("{early} of {}", ours.all);
    table.row(&format!("{}: answered before their sync", kind.what), figure, "", None);
    super::latency::stages(&format!("{}: stages", kind.what), product, table)?;
    Ok(ours.all)
}
