//! A bare TCP receiver that counts who connects and does to them what a test tells it to.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub struct Receiver {
    pub address: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl Receiver {
    /// Does `what` to everybody who connects to `address`.
    pub async fn at<F: Future<Output = ()> + Send + 'static>(
        address: &str,
        what: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = accepted.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(what(stream));
            }
        });
        Self { address, accepted }
    }

    /// Answers every request with 200 and closes, so that the next call dials again.
    pub async fn polite(address: &str) -> Self {
        Self::saying(address, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nOK")
            .await
    }

    /// Reads a request's head, says `text`, and closes.
    pub async fn saying(address: &str, text: &'static str) -> Self {
        Self::at(address, move |mut stream| async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(text.as_bytes()).await;
        })
        .await
    }

    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// The lines of a request's head.
pub async fn read_head(stream: &mut TcpStream) -> Vec<String> {
    let mut lines = BufReader::new(stream).lines();
    let mut head = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    head
}
