//! Listens on an address and speaks HTTP with bounded patience.
//! Promise: slow or half-open clients are cut off; at shutdown, what is under way is answered.

use crate::config::Config;
use axum::body::Body;
use axum::response::Response;
use http::Request;
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
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

/// The address that a connection came from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

const HEADER_PATIENCE: Duration = Duration::from_secs(10);
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);
/// After a failed accept (out of file handles) others get a chance to close theirs.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves on `listener` until `stop` turns true, then drains. `next` names the runtime that serves the
/// next connection, and what answers it.
pub async fn serve<A, F>(
    listener: TcpListener,
    next: impl Fn() -> (Handle, A),
    config: &Config,
    mut stop: watch::Receiver<bool>,
) where
    A: Fn(Request<Body>) -> F + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let http = connection_settings(config);
    let graceful = GracefulShutdown::new();
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
                    let serving = Serving { http: &http, graceful: &graceful, runtime };
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
    if tokio::time::timeout(DRAIN_PATIENCE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not finish in time");
    }
}

fn connection_settings(config: &Config) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
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
    graceful: &'a GracefulShutdown,
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
        A: Fn(Request<Body>) -> F + Send + 'static,
        F: Future<Output = Response> + Send + 'static,
    {
        let _ = stream.set_nodelay(true);
        let stream = stream.into_std()?;
        let _there = self.runtime.enter();
        let stream = TokioIo::new(TcpStream::from_std(stream)?);
        let began = Arc::new(AtomicBool::new(false));
        let seen = began.clone();
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            seen.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(peer);
            let answered = answer(request.map(body));
            async { Ok::<_, Infallible>(answered.await) }
        });
        let connection = self.http.serve_connection_with_upgrades(stream, service);
        let connection = self.graceful.watch(connection.into_owned());
        self.runtime.spawn(async move {
            let _place = place;
            let mut connection = pin!(connection);
            // hyper counts the time of a head only once its first byte is there.
            let mut silence = pin!(tokio::time::sleep(HEADER_PATIENCE));
            poll_fn(|context| {
                // A client that breaks off is no fault of ours.
                let ended = connection.as_mut().poll(context).map(drop);
                match began.load(Ordering::Relaxed) {
                    false if ended.is_pending() => silence.as_mut().poll(context),
                    _ => ended,
                }
            })
            .await;
        });
        Ok(())
    }
}
