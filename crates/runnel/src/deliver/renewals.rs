//! Refresh tokens that providers replaced → the settings that they are asked with next time.
//! Promise: what came is saved by the edit that any other change takes, and tried again while the
//! database fails; of several for one destination the last is saved.

use super::adapter::Renewed;
use super::{PAUSE, told};
use crate::app::App;
use crate::error::Problem;
use crate::publish::{self, Edit};
use crate::store::people::Caller;
use parking_lot::Mutex;
use rules::owed::Destination;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// Tokens that wait to be saved, by destination.
#[derive(Default)]
pub struct Renewals {
    waiting: Mutex<BTreeMap<String, Renewed>>,
    news: Notify,
}

impl Renewals {
    /// The destination's provider replaced a token.
    pub(super) fn note(&self, key: &str, renewed: Renewed) {
        self.waiting.lock().insert(key.to_owned(), renewed);
        self.news.notify_one();
    }

    /// Saves what comes until `stop` turns true, and then what still waits.
    pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
        let renewals = app.deliveries.renewals();
        loop {
            let stopped = tokio::select! {
                () = told(&mut stop) => true,
                () = renewals.news.notified() => false,
            };
            let failed = renewals.save_all(&app).await;
            if stopped {
                return;
            }
            if failed {
                tokio::time::sleep(PAUSE).await;
                renewals.news.notify_one();
            }
        }
    }

    /// Whether something could not be saved and waits on.
    async fn save_all(&self, app: &Arc<App>) -> bool {
        let mut failed = false;
        let waiting = std::mem::take(&mut *self.waiting.lock());
        for (key, renewed) in waiting {
            let Err(problem) = save(app, &key, &renewed).await else { continue };
            tracing::error!(destination = key, problem.title, "a new refresh token is not saved");
            if problem.status >= 500 {
                self.waiting.lock().entry(key).or_insert(renewed);
                failed = true;
            }
        }
        failed
    }
}

async fn save(app: &Arc<App>, key: &str, renewed: &Renewed) -> Result<(), Problem> {
    let Ok(Destination::Integration(source)) = key.parse() else { return Ok(()) };
    let edit = Edit::begin(app, &Caller::program(app.clock.now_ms())).await;
    publish::renew(edit, source, &renewed.before, &renewed.after).await
}
