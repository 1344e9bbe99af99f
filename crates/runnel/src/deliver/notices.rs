//! Books what webhook nodes owe: follows the journal, a batch of records at a time. The intent is the
//! step in the click's record, so a click waits for nothing.
//! Promise: no notice is lost or doubled across a kill: it is owed in the transaction that moves the
//! cursor. Bots cause none.

use crate::app::App;
use crate::store::deliveries::{DeliveryState, NewDelivery, owe_and_follow};
use crate::store::ledger::{self, Cursor};
use anyhow::Context as _;
use metrics::counter;
use rules::assets::{NodeKind, WebhookEvent};
use rules::funnel::Ready;
use rules::ids::EntityId;
use rules::owed::Destination;
use rules::record::{PassedKind, Record, Step, by_name};
use rules::told::{Told, What};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const NAME: &str = "notices";
/// Records read at once.
const MOST_AT_ONCE: usize = 512;
/// Records without a notice after which the cursor is noted: most that are read again after a kill.
const MOST_UNNOTED: u64 = 10_000;
/// Time in which records gather: a look at each sync of the journal costs clicks their processor.
const GATHER: Duration = Duration::from_millis(20);
/// Pause after journal or database refused.
const PAUSE: Duration = Duration::from_secs(1);

/// The worker. `noted` is the first record that the cursor has not passed.
pub struct Notices {
    app: Arc<App>,
    next: u64,
    noted: u64,
}

impl Notices {
    /// Books until `stop` turns true.
    pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
        let mut watermark = app.journal.subscribe();
        let mut worker = None;
        loop {
            let done = Self::catch_up(&app, &mut worker).await;
            if let Err(error) = &done {
                tracing::error!(%error, "notices cannot be booked at present");
                worker = None;
            }
            let news = async {
                if done.is_err() {
                    tokio::time::sleep(PAUSE).await;
                } else if watermark.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(GATHER).await;
            };
            tokio::select! {
                () = news => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn catch_up(app: &Arc<App>, worker: &mut Option<Self>) -> anyhow::Result<()> {
        let worker = match worker {
            Some(worker) => worker,
            None => worker.insert(Self::begin(app).await?),
        };
        worker.follow().await
    }

    async fn begin(app: &Arc<App>) -> anyhow::Result<Self> {
        let done = ledger::cursor_of(&app.database, NAME, app.config.node).await?;
        let next = done.map_or(0, |record| record + 1);
        Ok(Self { app: app.clone(), next, noted: next })
    }

    /// Books everything that is on disk by now.
    async fn follow(&mut self) -> anyhow::Result<()> {
        loop {
            let watermark = self.app.journal.watermark();
            if self.app.snapshot.load().webhooks.is_empty() {
                // Nobody could be told: a webhook that a node names cannot be deleted.
                self.next = self.next.max(watermark);
                return self.note(&[], MOST_UNNOTED).await;
            }
            let (journal, from) = (self.app.journal.clone(), self.next);
            let read = move || journal.read(from, MOST_AT_ONCE);
            let entries = tokio::task::spawn_blocking(read).await?.context("the journal")?;
            let Some(last) = entries.last() else { return Ok(()) };
            let next = last.number + 1;
            let mut owed = Vec::new();
            for entry in &entries {
                if let Ok(record) = Record::from_bytes(&entry.payload) {
                    owed.extend(self.owed_for(&record).await);
                }
            }
            self.next = next;
            let most = if owed.is_empty() { MOST_UNNOTED } else { 0 };
            self.note(&owed, most).await?;
        }
    }

    /// Writes down what is owed, and the cursor unless it is less than `most` records behind.
    async fn note(&mut self, owed: &[NewDelivery], most: u64) -> anyhow::Result<()> {
        if self.next - self.noted <= most {
            return Ok(());
        }
        let cursor = Cursor { name: NAME, node: self.app.config.node, record: self.next - 1 };
        owe_and_follow(&self.app.database, owed, &cursor).await?;
        self.noted = self.next;
        Ok(())
    }

    async fn owed_for(&self, record: &Record) -> Vec<NewDelivery> {
        let passed = |(_, step): &(_, &Step)| step.kind == PassedKind::Webhook;
        if record.routed_facts().is_bot()
            || !record.steps.iter().any(|s| s.kind == PassedKind::Webhook)
        {
            return Vec::new();
        }
        let Some(plan) = self.plan_of(record).await else { return Vec::new() };
        let (snapshot, at_ms) = (self.app.snapshot.load_full(), self.app.clock.now_ms());
        let mut owed = Vec::new();
        for (hit, step) in record.hits().filter(passed) {
            let Some(webhook) = webhook_of(&plan, step.node) else { continue };
            let held = snapshot.webhooks.get(&webhook).filter(|held| !held.archived);
            let hears = held.is_some_and(|held| {
                held.asset.hears(WebhookEvent::NodeVisit, record.funnel, record.source)
            });
            if !hears {
                counter!("runnel_notices_dropped_total", "reason" => "not_wanted").increment(1);
                continue;
            }
            let told = Told {
                // The hit is the key: machine, request and place, once in the world.
                delivery: hit.to_string(),
                what: What::Visit,
                hit: hit.to_string(),
                hit_at_ms: hit.at_ms(),
                at_ms: hit.at_ms(),
                changed_at_ms: hit.at_ms(),
                buffer: by_name(&record.buffer),
                user_agent: record.user_agent.clone(),
                referrer: record.referrer.to_string(),
                ..snapshot.told_of(record, step)
            };
            let destination = Destination::Webhook(webhook).to_string();
            let (state, reason) = (DeliveryState::Owed, String::new());
            owed.push(NewDelivery { destination, told, state, reason, at_ms });
        }
        owed
    }

    async fn plan_of(&self, record: &Record) -> Option<Arc<Ready>> {
        let present = self.app.snapshot.load().plans.get(&record.funnel).cloned();
        match present.filter(|plan| plan.id() == record.plan) {
            Some(plan) => Some(plan),
            None => self.app.plan(record.plan).await,
        }
    }
}

fn webhook_of(plan: &Ready, node: EntityId) -> Option<EntityId> {
    match plan.does(node)? {
        NodeKind::Webhook { webhook } => Some(*webhook),
        _ => None,
    }
}
