//! Listens on an address and speaks HTTP with bounded patience.
//! Promise: slow or half-open clients are cut off; at shutdown, what is under way is answered.

mod arrival;
mod drain;

pub use arrival::{Arrival, Peer};

use crate::config::Config;
use axum::body::Body;
use axum::response::Response;
use drain::{Drain, Guard};
use http::Request;
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// What a request carries; nothing is made of nothing.
fn body(incoming: Incoming) -> Body {
    if incoming.is_end_stream() { Body::empty() } else { Body::new(incoming) }
}

const HEADER_PATIENCE: Duration = Duration::from_secs(10);
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);
/// After a failed accept (out of file handles) others get a chance to close theirs.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What becomes of a request whose client hangs up before the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unheard {
    /// It is seen to its end: what was asked may matter to others than the client. (Over HTTP/1; one of
    /// HTTP/2's streams that is reset is dropped.)
    GoesOn,
    /// It is given up: the answer is all that was asked for.
    IsDropped,
}

/// Serves on `listener` until `stop` turns true, then drains. `next` names the runtime that serves the
/// next connection, and what answers it.
pub async fn serve<A, F>(
    listener: TcpListener,
    next: impl Fn() -> (Handle, A),
    config: &Config,
    unheard: Unheard,
    mut stop: watch::Receiver<bool>,
) where
    A: Fn(Arrival) -> F + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let http = connection_settings(config, unheard);
    let drain = Drain::default();
    let places = Arc::new(Semaphore::new(config.connections));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => match places.clone().try_acquire_owned() {
                Ok(place) => {
                    let (runtime, answer) = next();
                    let serving = Serving { http: &http, guard: drain.guard(), runtime };
                    if let Err(error) = serving.attend(stream, Peer(peer), answer, place) {
                        metrics::counter!("runnel_connections_refused_total").increment(1);
                        tracing::warn!(%error, "cannot serve a connection");
                    }
                }
                Err(_) => metrics::counter!("runnel_connections_refused_total").increment(1),
            },
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_PATIENCE, drain.end()).await.is_err() {
        tracing::warn!("some connections did not finish in time");
    }
}

fn connection_settings(config: &Config, unheard: Unheard) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .half_close(unheard == Unheard::GoesOn)
        .header_read_timeout(HEADER_PATIENCE)
        .max_buf_size(config.url_bytes + config.header_bytes);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEADER_PATIENCE)
        .max_header_list_size((config.url_bytes + config.header_bytes) as u32);
    http
}

/// What a connection is served with.
struct Serving<'a> {
    http: &'a Builder<TokioExecutor>,
    guard: Guard,
    runtime: Handle,
}

impl Serving<'_> {
    /// Serves a connection on its runtime.
    /// # Errors
    /// The system does not let it go over to there.
    fn attend<A, F>(
        self,
        stream: TcpStream,
        peer: Peer,
        answer: A,
        place: OwnedSemaphorePermit,
    ) -> std::io::Result<()>
    where
        A: Fn(Arrival) -> F + Send + 'static,
        F: Future<Output = Response> + Send + 'static,
    {
        let _ = stream.set_nodelay(true);
        let stream = stream.into_std()?;
        let _there = self.runtime.enter();
        let stream = TokioIo::new(TcpStream::from_std(stream)?);
        let began = Arc::new(AtomicBool::new(false));
        let seen = began.clone();
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            seen.store(true, Ordering::Relaxed);
            let answered = answer(Arrival { peer, request: request.map(body) });
            async { Ok::<_, Infallible>(answered.await) }
        });
        let connection = self.http.serve_connection_with_upgrades(stream, service);
        let connection = connection.into_owned();
        let guard = self.guard;
        self.runtime.spawn(async move {
            let _place = place;
            let mut connection = pin!(connection);
            // hyper counts the time of a head only once its first byte is there.
            let mut silence = pin!(tokio::time::sleep(HEADER_PATIENCE));
            let mut told = false;
            let step = guard.watch(|context, ending| {
                if ending && !std::mem::replace(&mut told, true) {
                    connection.as_mut().graceful_shutdown();
                }
                // A client that breaks off is no fault of ours.
                let ended = connection.as_mut().poll(context).map(drop);
                match began.load(Ordering::Relaxed) {
                    false if ended.is_pending() => silence.as_mut().poll(context),
                    _ => ended,
                }
            });
            step.await;
        });
        Ok(())
    }
}
