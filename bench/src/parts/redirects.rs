//! Entrances, actions and views at full load, each beside the bare server under the same requests.

use crate::cpu::{self, Spent};
use crate::product::{self, LANDER, Process, Product};
use crate::requests::Requests;
use crate::rush::{Rush, Rushed, nothing};
use crate::settings::Settings;
use crate::table::{Table, ms};
use crate::visitors;
use anyhow::ensure;
use std::net::SocketAddr;
use std::time::Duration;

/// So many that waiting for the disk leaves no processor idle.
const CONNECTIONS: usize = 512;
/// Each is measured so often, in turns: what else the machine does then meets both.
const ROUNDS: u32 = 6;
/// Longest time for letting visitors walk.
const UNTIL_WALKED: Duration = Duration::from_secs(60);
/// Of the bare server's rate.
const TARGET: f64 = 0.60;

/// A server under load, and what it is asked.
struct Contender {
    product: Product,
    requests: Requests,
    status: u16,
}

impl Contender {
    fn new(product: Product, requests: Vec<Box<[u8]>>, status: u16) -> Self {
        Self { product, requests: Requests::repeated(requests), status }
    }

    /// Asks it for a turn's length.
    fn turn(&self, settings: &Settings) -> anyhow::Result<Measured> {
        turn(settings, &self.product.process, self.product.track, &self.requests, self.status)
    }
}

/// Measures entrances, and how long feed needs afterwards.
pub fn entrances(settings: &Settings, table: &mut Table) -> anyhow::Result<()> {
    let (ours, visits) = compare(settings, "entrances", table, |settings| {
        let product = Product::start(settings)?;
        let entrances = visitors::entrances(&product.link);
        Ok(Contender::new(product, entrances, 302))
    })?;
    let caught_up = ours.product.wait_until(visits)?;
    table.row("feed caught up after entrances", ms(caught_up), &format!("{visits} visits"), None);
    Ok(())
}

/// Measures actions, each by a visitor who has entered before.
pub fn actions(settings: &Settings, table: &mut Table) -> anyhow::Result<()> {
    let measured = compare(settings, "actions", table, |settings| {
        let product = Product::start(settings)?;
        let came = entered(&product, 20_000 * settings.length.as_secs() as usize)?;
        product.wait_until(came.len() as u64)?;
        let actions = came.iter().zip(0..).filter_map(|(to, n)| visitors::action(n, to)).collect();
        Ok(Contender::new(product, actions, 302))
    });
    measured.map(drop)
}

/// Measures views that are entrances.
pub fn views(settings: &Settings, table: &mut Table) -> anyhow::Result<()> {
    let measured = compare(settings, "/js/funnel", table, |settings| {
        let product = Product::start(settings)?;
        let views = visitors::views(&product.funnel, &product.source, LANDER);
        Ok(Contender::new(product, views, 200))
    });
    measured.map(drop)
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

/// Measures the program that `prepare` makes ready in turns with the bare server, or with the rival; gives
/// it back with how many requests it answered.
fn compare(
    settings: &Settings,
    what: &str,
    table: &mut Table,
    prepare: impl Fn(&Settings) -> anyhow::Result<Contender>,
) -> anyhow::Result<(Contender, u64)> {
    let ours = prepare(settings)?;
    let rival = settings.of_rival().map(|rival| prepare(&rival)).transpose()?;
    let mut measured = [Measured::default(), Measured::default()];
    for _ in 0..ROUNDS {
        // What the one still has to do must not slow the other.
        cpu::settle(ours.product.process.pid());
        measured[0].follow(match &rival {
            Some(rival) => rival.turn(settings)?,
            None => {
                // A new one each time: some of its lives are quicker than others.
                let (bare, limit) = product::bare()?;
                turn(settings, &bare, limit, &ours.requests, 302)?
            }
        });
        rival.iter().for_each(|rival| cpu::settle(rival.product.process.pid()));
        measured[1].follow(ours.turn(settings)?);
    }
    let [theirs, own] = measured;
    report(what, &ours, &own, &theirs, rival.is_some(), table)?;
    Ok((ours, own.rushed.all))
}

/// What came of asking a server, and what it took.
#[derive(Default)]
struct Measured {
    rushed: Rushed,
    spent: Spent,
}

impl Measured {
    fn follow(&mut self, later: Self) {
        self.rushed.follow(later.rushed);
        self.spent.add(later.spent);
    }
}

fn turn(
    settings: &Settings,
    process: &Process,
    to: SocketAddr,
    requests: &Requests,
    status: u16,
) -> anyhow::Result<Measured> {
    let (requests, length) = (requests.clone(), settings.length / ROUNDS);
    let rush = Rush { to, requests, connections: CONNECTIONS, length, status, keep: nothing };
    let before = Spent::of(process.pid());
    let rushed = rush.run()?;
    Ok(Measured { rushed, spent: Spent::of(process.pid()).since(&before) })
}

fn report(
    what: &str,
    ours: &Contender,
    own: &Measured,
    theirs: &Measured,
    rival: bool,
    table: &mut Table,
) -> anyhow::Result<()> {
    let (rate, limit) = (own.rushed.rate(), theirs.rushed.rate());
    let ratio = rate / limit;
    let figure = format!("{rate:.0}/s of {limit:.0}/s: {:.0} %", ratio * 100.0);
    let (target, other) =
        if rival { ("the rival", "rival") } else { ("≥ 60 % of bare axum", "bare") };
    table.row(what, figure, target, (!rival).then_some(ratio >= TARGET));
    let per = |measured: &Measured| measured.spent.per(measured.rushed.all);
    let figure = format!("{}; {other}: {}", per(own), per(theirs));
    table.row(&format!("{what}: processor by thread"), figure, "µs each", None);
    let figure = format!("{} of {}", ours.product.answered_before_sync()?, own.rushed.all);
    table.row(&format!("{what}: answered before their sync"), figure, "", None);
    super::latency::stages(&format!("{what}: stages"), &ours.product, table)
}
