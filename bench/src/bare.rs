//! The limit: an axum server that answers every request with a `302` and does nothing else, with the
//! settings, the allocator and the number of workers that the program has.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const PATIENCE: Duration = Duration::from_secs(10);
const LOCATION: &str = "https://lander.example/?h=01j8zv2x7k4m9q3w5e7r8t0y";

/// Serves until it is asked to end; prints its address.
/// # Errors
/// There is no free port.
pub fn serve() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let mut end = signal(SignalKind::terminate())?;
        tokio::select! {
            served = accept() => served,
            _ = end.recv() => Ok(()),
        }
    })
}

async fn accept() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(24 * 1024);
    loop {
        let (stream, _) = listener.accept().await?;
        let _ = stream.set_nodelay(true);
        let (http, router) = (http.clone(), router());
        tokio::spawn(async move {
            let service = TowerToHyperService::new(router);
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn router() -> Router {
    Router::new()
        .route("/fts/{link}", get(found))
        .route("/action/{number}", get(found))
        .route("/js/funnel", post(taken))
}

async fn found(_: Request<Body>) -> Response {
    answer()
}

async fn taken(_: Bytes) -> Response {
    answer()
}

fn answer() -> Response {
    let headers = [("cache-control", "no-store"), ("location", LOCATION)];
    (axum::http::StatusCode::FOUND, headers).into_response()
}
