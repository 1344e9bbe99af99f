//! Middleware nodes: asks a service which route a visitor takes, outside of the visitor's lock.
//! Promise: bounded in time for each visitor, in calls for each service and for all, and in bytes;
//! whatever goes wrong is a reason, never a visitor without a way (product.md §4).

mod answer;
mod asking;
mod breaker;

pub use asking::Asking;

use crate::app::App;
use crate::outbound::{Call, Failed};
use crate::signature::signed_headers;
use breaker::Breaker;
use bytes::Bytes;
use http::Method;
use moka::sync::Cache;
use rules::ids::EntityId;
use rules::record::{NoAnswer, Reply, ServiceAnswer};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Most visitors who wait for one service; the next take the default way at once.
const MOST_WAITING_EACH: usize = 100;
/// Most visitors who wait for any service.
const MOST_WAITING: usize = 500;
/// Longest that one request waits, for all services together (product.md §4).
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const MOST_ANSWER_BYTES: usize = 16 * 1024;
/// Services whose state is kept in memory.
const MOST_SERVICES: u64 = 10_000;

/// The services that middleware nodes ask, by node. The program has one of these.
pub struct Services {
    each: Cache<EntityId, Arc<Service>>,
    places: Semaphore,
}

/// How one service is doing.
struct Service {
    places: Semaphore,
    breaker: Breaker,
}

impl Default for Services {
    fn default() -> Self {
        Self { each: Cache::new(MOST_SERVICES), places: Semaphore::new(MOST_WAITING) }
    }
}

/// What the services of one request have answered so far.
pub struct Heard {
    replies: Vec<(EntityId, Reply)>,
    left: Duration,
}

impl Default for Heard {
    fn default() -> Self {
        Self { replies: Vec::new(), left: PATIENCE }
    }
}

impl Heard {
    /// The reply of the service behind `node`, if it was asked.
    pub fn of(&self, node: EntityId) -> Option<&Reply> {
        self.replies.iter().find(|(asked, _)| *asked == node).map(|(_, reply)| reply)
    }

    /// Asks, and keeps the reply.
    pub async fn ask(&mut self, app: &App, asking: Asking) {
        let began = Instant::now();
        let answered = app.services.ask(app, &asking, self.left).await;
        self.left = self.left.saturating_sub(began.elapsed());
        let reply = answered.map_or_else(Reply::NoAnswer, Reply::Answer);
        self.replies.push((asking.node, reply));
    }
}

impl Services {
    async fn ask(
        &self,
        app: &App,
        asking: &Asking,
        left: Duration,
    ) -> Result<ServiceAnswer, NoAnswer> {
        if left.is_zero() {
            return Err(NoAnswer::Patience);
        }
        let service = self.each.get_with(asking.node, Arc::default);
        let _place = self.places.try_acquire().map_err(|_| NoAnswer::Busy)?;
        let _own_place = service.places.try_acquire().map_err(|_| NoAnswer::Busy)?;
        let turn = service.breaker.turn(app.clock.now_ms()).ok_or(NoAnswer::Resting)?;
        let answered = call(app, asking, left).await;
        turn.ended(app.clock.now_ms(), answered.is_ok());
        answered
    }
}

impl Default for Service {
    fn default() -> Self {
        Self { places: Semaphore::new(MOST_WAITING_EACH), breaker: Breaker::default() }
    }
}

async fn call(app: &App, asking: &Asking, left: Duration) -> Result<ServiceAnswer, NoAnswer> {
    let now_ms = app.clock.now_ms();
    let snapshot = app.snapshot.load_full();
    let secrets = asking.signed_by.map(|webhook| snapshot.signing_secrets(webhook, now_ms));
    let body = asking.body.as_bytes();
    let headers = signed_headers(&asking.id, now_ms / 1000, body, &secrets.unwrap_or_default());
    let call = Call {
        method: Method::POST,
        url: asking.url.parse().map_err(|_| NoAnswer::Unreachable)?,
        headers,
        body: Bytes::copy_from_slice(body),
        timeout: asking.timeout.min(left),
        answer_bytes_max: MOST_ANSWER_BYTES,
    };
    match app.outbound.call(call).await {
        Ok(answer) if !answer.status.is_success() => Err(NoAnswer::Status),
        Ok(answer) if answer.cut && answer.body.len() >= MOST_ANSWER_BYTES => {
            Err(NoAnswer::TooLarge)
        }
        Ok(answer) if answer.cut => Err(NoAnswer::Timeout),
        Ok(answer) => answer::read(&answer.body, &snapshot).ok_or(NoAnswer::Unreadable),
        Err(Failed::Timeout { .. }) => Err(NoAnswer::Timeout),
        Err(failed) => {
            tracing::debug!(node = %asking.node, %failed, "a middleware service is not reached");
            Err(NoAnswer::Unreachable)
        }
    }
}
