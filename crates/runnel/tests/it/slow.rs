//! Two thousand clients that send nothing, too little or too slowly: others are served meanwhile, memory
//! stays bounded, and every one of them is let go.

use crate::binary::{Binary, owner_key};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CLIENTS: usize = 2_000;
/// What one of them may cost the server, with what the allocator keeps.
const MOST_KB_EACH: u64 = 64;
/// Beyond any patience of the server.
const HANG: Duration = Duration::from_secs(120);

/// What each sends before it falls silent, in turn.
const BEGINNINGS: [&str; 5] = [
    "",
    "GET /fts/x HTTP/1.1\r\nHost: a\r\nX-Slow: ",
    "POST /pb/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n\
     Content-Length: 1000\r\n\r\nhit=",
    "POST /js/event HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n\
     Transfer-Encoding: chunked\r\n\r\n5\r\n{\"hit",
    // Answered, and then idle.
    "GET /debug/domain-check HTTP/1.1\r\nHost: a\r\n\r\n",
];

async fn slow_client(address: &str, beginning: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(beginning.as_bytes()).await.unwrap();
    stream
}

/// Reads until the server closes.
async fn end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let ended = tokio::time::timeout(HANG, stream.read_to_end(&mut bytes)).await;
    // A reset is an end as well.
    let _ = ended.expect("the server holds on to a silent client");
    String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_slow_clients_are_borne_and_let_go() {
    runnel::descriptors::raise();
    let folder = tempfile::tempdir().unwrap();
    let server = Binary::start(folder.path(), &owner_key(folder.path()));
    let source = server.make("traffic-sources", json!({"name": "S"})).await;
    let offer = json!({"name": "O", "url": "https://o.example/?h={hit}"});
    let offer = server.make("offers", offer).await;
    let funnel = json!({"name": "F", "nodes": [{"id": "SlowRoot0001", "kind": "traffic"},
            {"id": "SlowOffer001", "kind": "offer", "pages": [{"page": offer}]}],
        "connections": [{"id": "SlowConn0001", "from": "SlowRoot0001", "to": "SlowOffer001"}]});
    let link = format!("/fts/{}-{source}", server.make("funnels", funnel).await);
    assert_eq!(server.get(&link).await.status(), 302);

    let address = server.track.trim_start_matches("http://").to_owned();
    let before_kb = server.resident_kb();
    let mut clients = Vec::with_capacity(CLIENTS);
    for beginning in BEGINNINGS.iter().cycle().take(CLIENTS) {
        clients.push(slow_client(&address, beginning).await);
    }
    for _ in 0..50 {
        assert_eq!(server.get(&link).await.status(), 302, "slow clients keep others away");
    }
    let grown_kb = server.resident_kb().saturating_sub(before_kb);
    assert!(grown_kb < CLIENTS as u64 * MOST_KB_EACH, "{grown_kb} kB more");

    let ends = clients.into_iter().map(|client| tokio::spawn(end(client)));
    let ends: Vec<_> = ends.collect();
    for (n, end) in ends.into_iter().enumerate() {
        let answer = end.await.unwrap();
        let expected = match n % BEGINNINGS.len() {
            2 | 3 => "HTTP/1.1 408 ",
            4 => "HTTP/1.1 200 ",
            _ => "",
        };
        assert!(answer.starts_with(expected), "{n}: {answer:?}");
    }
    assert_eq!(server.get(&link).await.status(), 302);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_over_the_limit_are_closed_at_once_and_the_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("runnel.toml"), "connections = 20\n").unwrap();
    let server = Binary::start(folder.path(), &owner_key(folder.path()));
    let address = server.track.trim_start_matches("http://").to_owned();
    let beginning = "GET /debug/domain-check HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut held = Vec::new();
    for _ in 0..20 {
        let mut stream = slow_client(&address, beginning).await;
        let answered = stream.read(&mut [0; 1024]).await.unwrap();
        assert!(answered > 0, "it was let in");
        held.push(stream);
    }
    let over = TcpStream::connect(&address).await.unwrap();
    assert_eq!(end(over).await, "");
    held[0].write_all(beginning.as_bytes()).await.unwrap();
    assert!(held[0].read(&mut [0; 1024]).await.unwrap() > 0, "who was in is served on");
    drop(held);
    // The server learns of the ends in its own time.
    while server.client.get(format!("{}/debug/domain-check", server.track)).send().await.is_err() {
        tokio::task::yield_now().await;
    }
}
