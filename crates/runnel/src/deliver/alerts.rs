//! Alerts: what the owner should know → a delivery to each webhook that takes alerts.
//! Promise: a condition is told once when it begins (and again after a restart if it still holds);
//! looking costs nothing that visitors wait for.
//!
//! | kind | when |
//! |---|---|
//! | `destination_disabled` | a destination answered 410, or somebody disabled it |
//! | `destination_failing` | a destination's breaker has been open for five minutes |
//! | `journal_broken` | the journal's last write or sync failed: clicks are kept in memory |
//! | `records_dropped` | the journal has refused records since the last look |
//! | `reports_behind` | reports have taken in nothing for five minutes although there is more |

use crate::app::App;
use crate::store::deliveries::{DeliveryState, NewDelivery, owe};
use rules::owed::Destination;
use rules::told::{Told, What};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(15);
/// How long a breaker stays open, and reports stay behind, before it is told.
const PATIENCE_MS: u64 = 5 * 60_000;

/// One thing that is wrong now: its kind, and what it is about.
type Wrong = (&'static str, BTreeMap<String, String>);

/// What has been told, and since when things that are given time have been so.
#[derive(Default)]
pub struct Alerts {
    told: BTreeSet<Wrong>,
    since_ms: BTreeMap<Wrong, u64>,
    dropped: Option<u64>,
}

impl Alerts {
    /// Looks until `stop` turns true.
    pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
        let mut alerts = Self::default();
        loop {
            if let Err(error) = alerts.look(&app).await {
                tracing::error!(%error, "alerts cannot be written down at present");
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Tells what is wrong now and was not before.
    /// # Errors
    /// The database fails: it is told at the next look.
    pub async fn look(&mut self, app: &App) -> Result<(), sqlx::Error> {
        let now_ms = app.clock.now_ms();
        let wrong: BTreeSet<Wrong> = self.wrong(app, now_ms).into_iter().collect();
        let news: Vec<&Wrong> = wrong.difference(&self.told).collect();
        let owed: Vec<_> = news.iter().flat_map(|news| owed(app, news, now_ms)).collect();
        owe(&app.database, &owed).await?;
        self.told = wrong;
        Ok(())
    }

    fn wrong(&mut self, app: &App, now_ms: u64) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut lasting = Vec::new();
        for (key, (figures, stop)) in app.deliveries.figures() {
            let about = |more: Option<(&str, String)>| {
                let destination = ("destination".to_owned(), key.clone());
                let more = more.map(|(name, value)| (name.to_owned(), value));
                [destination].into_iter().chain(more).collect::<BTreeMap<_, _>>()
            };
            match stop {
                Some(stop) => {
                    wrong.push(("destination_disabled", about(Some(("reason", stop.reason)))));
                }
                None if matches!(figures.breaker, "open" | "half-open") => {
                    lasting.push(("destination_failing", about(None)));
                }
                None => {}
            }
        }
        let health = app.journal.health();
        if health.broken {
            wrong.push(("journal_broken", BTreeMap::new()));
        }
        if self.dropped.replace(health.dropped).is_some_and(|before| before < health.dropped) {
            wrong.push(("records_dropped", BTreeMap::new()));
        }
        if app.facts.as_of_ms() + PATIENCE_MS < now_ms {
            lasting.push(("reports_behind", BTreeMap::new()));
        }
        self.since_ms.retain(|held, _| lasting.contains(held));
        for held in lasting {
            let since_ms = *self.since_ms.entry(held.clone()).or_insert(now_ms);
            if since_ms + PATIENCE_MS <= now_ms {
                wrong.push(held);
            }
        }
        wrong
    }
}

fn owed(app: &App, (kind, about): &Wrong, now_ms: u64) -> Vec<NewDelivery> {
    let snapshot = app.snapshot.load();
    let hearing = snapshot.webhooks.values().filter(|held| {
        !held.archived && !snapshot.deleted.contains(&held.id) && held.asset.hears_alerts()
    });
    tracing::warn!(kind, ?about, "an alert");
    metrics::counter!("runnel_alerts_total", "kind" => *kind).increment(1);
    let each = hearing.map(|held| NewDelivery {
        destination: Destination::Webhook(held.id).to_string(),
        told: Told {
            delivery: app.clock.entity_id().to_string(),
            what: What::Alert((*kind).to_owned()),
            at_ms: now_ms,
            changed_at_ms: now_ms,
            parameters: about.clone(),
            ..Told::default()
        },
        state: DeliveryState::Owed,
        reason: String::new(),
        at_ms: now_ms,
    });
    each.collect()
}
