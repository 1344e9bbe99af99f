//! The program at work: stores opened, workers started, both addresses served.
//! Promise: it serves only what has been replayed; stopping answers what is under way, then writes
//! what is in memory.

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::deliver::{Alerts, Notices, Renewals};
use crate::feed::Feed;
use crate::http::Tracking;
use crate::server::{Arrival, Unheard};
use crate::workers::Workers;
use crate::{convert, http, keeper, priority, server};
use anyhow::Context;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// A running server.
pub struct Running {
    /// What it shares.
    pub app: Arc<App>,
    /// Address of the tracking domains.
    pub track: SocketAddr,
    /// Address of API and console.
    pub admin: SocketAddr,
    stop_serving: watch::Sender<bool>,
    stop_working: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    workers: Vec<JoinHandle<()>>,
    feed: Feed,
}

impl Running {
    /// Opens everything and serves.
    /// # Errors
    /// A store or an address cannot be opened; the message says what to do.
    pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Self> {
        crate::telemetry::metrics();
        let app = App::open(config, clock).await?;
        let replayed = keeper::replay(&app)?;
        keeper::restore_converted(&app).await?;
        app.deliveries.restore().await.context("cannot read which destinations are disabled")?;
        tracing::info!(replayed, "sessions are up to date");
        let track = listen(app.config.track).await?;
        let admin = listen(app.config.admin).await?;
        let (stop_serving, closing) = watch::channel(false);
        let (stop_working, stopped) = watch::channel(false);
        let workers = vec![
            tokio::spawn(keeper::keep(app.clone(), stopped.clone())),
            tokio::spawn(app.fires().run(stopped.clone())),
            tokio::spawn(convert::forget_old_calls(app.desk.clone(), stopped.clone())),
            tokio::spawn(deliver(app.clone(), stopped.clone())),
            tokio::spawn(Notices::run(app.clone(), stopped.clone())),
            tokio::spawn(Alerts::run(app.clone(), stopped.clone())),
            tokio::spawn(Renewals::run(app.clone(), stopped.clone())),
            tokio::spawn(keeper::forget_deliveries(app.clone(), stopped.clone())),
        ];
        priority::lower_libraries();
        let feed = Feed::of(&app).context("cannot start the feed")?;
        let site = || Arc::new(Tracking::new(app.clone()));
        let visitors = Workers::start(site).context("cannot start the threads that serve")?;
        let addresses = (track.local_addr()?, admin.local_addr()?);
        let servers = vec![
            tokio::spawn(serve_visitors(track, visitors, app.clone(), closing.clone())),
            tokio::spawn(serve_people(admin, app.clone(), closing)),
        ];
        let (track, admin) = addresses;
        Ok(Self { app, track, admin, stop_serving, stop_working, servers, workers, feed })
    }

    /// Has feed look for news at once, and note until when reports are complete.
    pub fn wake_feed(&self) {
        self.feed.wake().notify();
    }

    /// Drains connections, stops workers, writes what is in memory.
    pub async fn stop(self) {
        let _ = self.stop_serving.send(true);
        ended(self.servers).await;
        // Only now is nobody left who changes a session: the last write holds everything.
        let _ = self.stop_working.send(true);
        ended(self.workers).await;
        // Feed joins its thread, the journal syncs: neither belongs on a thread that serves.
        let (feed, app) = (self.feed, self.app);
        let closed = tokio::task::spawn_blocking(move || {
            drop(feed);
            app.journal.close()
        });
        if !matches!(closed.await, Ok(Ok(()))) {
            tracing::error!("the journal was not synced at the end: the disk does not take it");
        }
    }
}

async fn serve_visitors(
    on: TcpListener,
    workers: Workers<Arc<Tracking>>,
    app: Arc<App>,
    closing: watch::Receiver<bool>,
) {
    let next = || {
        let (runtime, site) = workers.next().clone();
        (runtime, move |arrival| site.clone().answer(arrival))
    };
    server::serve(on, next, &app.config, Unheard::GoesOn, closing).await;
}

async fn serve_people(on: TcpListener, app: Arc<App>, closing: watch::Receiver<bool>) {
    let router = http::administration(app.clone());
    let answer = move |arrival: Arrival| {
        let answered = router.clone().oneshot(arrival.routed());
        async { answered.await.unwrap_or_else(|never| match never {}) }
    };
    let next = || (Handle::current(), answer.clone());
    server::serve(on, next, &app.config, Unheard::IsDropped, closing).await;
}

async fn deliver(app: Arc<App>, stopped: watch::Receiver<bool>) {
    app.deliveries.run(stopped).await;
}

async fn ended(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        if let Err(error) = task.await {
            tracing::error!(%error, "a worker broke off");
        }
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: choose another with --track or --admin, or stop what uses it")
    })
}
