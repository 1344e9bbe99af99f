//! A service of the test's own: keeps what it is asked, answers what it is told to, or never.

use axum::Router;
use axum::body::Bytes;
use axum::response::IntoResponse;
use axum::routing::any;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What a service was sent.
#[derive(Clone)]
pub struct Got {
    pub headers: HeaderMap,
    pub body: String,
}

/// A running service.
#[derive(Clone)]
pub struct Service {
    pub url: String,
    got: Arc<Mutex<Vec<Got>>>,
    answer: Arc<Mutex<(u16, String)>>,
    held: Arc<watch::Sender<bool>>,
}

impl Service {
    /// A service that answers `{}`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Self {
            url: format!("http://{}/ask", listener.local_addr().unwrap()),
            got: Arc::default(),
            answer: Arc::new(Mutex::new((200, "{}".into()))),
            held: Arc::new(watch::Sender::new(false)),
        };
        let mine = service.clone();
        let answer = move |headers: HeaderMap, body: Bytes| {
            let mine = mine.clone();
            async move { mine.take(headers, body).await }
        };
        let router = Router::new().fallback(any(answer));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        service
    }

    async fn take(&self, headers: HeaderMap, body: Bytes) -> impl IntoResponse + use<> {
        let body = String::from_utf8(body.to_vec()).unwrap();
        self.got.lock().push(Got { headers, body });
        let _ = self.held.subscribe().wait_for(|held| !held).await;
        let (status, body) = self.answer.lock().clone();
        (StatusCode::from_u16(status).unwrap(), body)
    }

    /// Answers this from now on.
    pub fn says(&self, status: u16, body: &str) {
        *self.answer.lock() = (status, body.into());
    }

    /// Whether it keeps everybody waiting.
    pub fn hangs(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// Everything it was sent.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().clone()
    }

    /// Waits until it was sent so much.
    pub async fn until(&self, count: usize) {
        while self.got.lock().len() < count {
            tokio::task::yield_now().await;
        }
    }
}
