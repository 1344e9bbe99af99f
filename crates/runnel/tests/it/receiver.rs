//! A receiver of deliveries that misbehaves as it is told: it may be slow, silent, cut off, unwell,
//! redirecting or endless. It notes every call.

use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the receiver does with a call.
#[derive(Clone, Debug)]
pub enum Manner {
    /// Answers with a status line's end, such as `200 OK`, further header lines, and a body.
    Answers(&'static str, String, String),
    /// Answers 200 after so long.
    Slow(Duration),
    /// Keeps the connection open and says nothing.
    Silent,
    /// Closes in the middle of the answer's head.
    Cut,
    /// Begins a body that never ends.
    Endless,
}

impl Manner {
    pub fn ok() -> Self {
        Self::status("200 OK")
    }

    pub fn status(status: &'static str) -> Self {
        Self::Answers(status, String::new(), String::new())
    }
}

/// A call as it arrived.
#[derive(Clone, Debug)]
pub struct Heard {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: String,
    pub body: String,
}

impl Heard {
    /// A parameter of the query; empty if there is none.
    pub fn parameter(&self, name: &str) -> String {
        crate::world::parameter(&format!("http://h{}", self.target), name)
    }

    /// The delivery's ID.
    pub fn delivery(&self) -> String {
        let lines = self.headers.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(name, _)| name.eq_ignore_ascii_case("runnel-delivery"));
        found.next().map(|(_, value)| value.to_owned()).unwrap_or_default()
    }
}

type Decide = Arc<dyn Fn(&Heard) -> Manner + Send + Sync>;

/// A receiver on a free loopback port.
pub struct Receiver {
    pub url: String,
    decide: Arc<Mutex<Decide>>,
    heard: watch::Receiver<Vec<Heard>>,
    /// How many callers are connected.
    open: watch::Receiver<usize>,
}

impl Receiver {
    /// One that answers 200 to everything.
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let all: Decide = Arc::new(|_| Manner::ok());
        let decide = Arc::new(Mutex::new(all));
        let (noting, heard) = watch::channel(Vec::new());
        let (noting, deciding) = (Arc::new(noting), decide.clone());
        let (counting, open) = watch::channel(0);
        let counting = Arc::new(counting);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counting.send_modify(|open| *open += 1);
                let (noting, deciding) = (noting.clone(), deciding.clone());
                let counting = counting.clone();
                tokio::spawn(async move {
                    serve(stream, noting, deciding).await;
                    counting.send_modify(|open| *open -= 1);
                });
            }
        });
        Self { url, decide, heard, open }
    }

    /// From now on calls are answered as `decide` says.
    pub fn behave(&self, decide: impl Fn(&Heard) -> Manner + Send + Sync + 'static) {
        *self.decide.lock() = Arc::new(decide);
    }

    /// Everything heard so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.borrow().clone()
    }

    /// Once every caller is gone: how many calls they made, the last read to its end.
    pub async fn heard_of_the_gone(&self) -> usize {
        // Connections are taken in their order: once this one is answered, all before it are counted.
        let mut last = TcpStream::connect(self.url.trim_start_matches("http://")).await.unwrap();
        last.shutdown().await.unwrap();
        assert_eq!(last.read(&mut [0]).await.unwrap(), 0);
        let mut open = self.open.clone();
        let gone = tokio::time::timeout(PATIENCE, open.wait_for(|open| *open == 0)).await;
        gone.expect("somebody stays connected").unwrap();
        self.heard.borrow().len()
    }

    /// Waits until so many calls were heard; all of them.
    pub async fn hears(&self, count: usize) -> Vec<Heard> {
        let mut heard = self.heard.clone();
        let enough = heard.wait_for(|heard| heard.len() >= count);
        let Ok(Ok(heard)) = tokio::time::timeout(PATIENCE, enough).await else {
            panic!("{count} calls were awaited, these came: {:?}", self.heard());
        };
        heard.clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    noting: Arc<watch::Sender<Vec<Heard>>>,
    decide: Arc<Mutex<Decide>>,
) {
    let mut buffer = Vec::new();
    while let Some(heard) = read(&mut stream, &mut buffer).await {
        let decide = decide.lock().clone();
        let manner = decide(&heard);
        noting.send_modify(|all| all.push(heard));
        if !answer(&mut stream, manner).await {
            return;
        }
    }
}

/// Reads one request; none when the peer is gone.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Heard> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let (line, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
    let length = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let whole = end + 4 + length.unwrap_or(0);
    while buffer.len() < whole {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&buffer[end + 4..whole]).into_owned();
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let headers = headers.to_owned();
    buffer.drain(..whole);
    Some(Heard { method, target, headers, body })
}

/// Answers; whether the connection can take another call.
async fn answer(stream: &mut TcpStream, manner: Manner) -> bool {
    let full = |status: &str, headers: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}")
    };
    match manner {
        Manner::Answers(status, headers, body) => {
            stream.write_all(full(status, &headers, &body).as_bytes()).await.is_ok()
        }
        Manner::Slow(pause) => {
            tokio::time::sleep(pause).await;
            stream.write_all(full("200 OK", "", "").as_bytes()).await.is_ok()
        }
        Manner::Silent => {
            // Until the caller gives up.
            let _ = stream.read_u8().await;
            false
        }
        Manner::Cut => {
            let _ = stream.write_all(b"HTTP/1.1 200 O").await;
            false
        }
        Manner::Endless => {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
            let mut open = stream.write_all(head).await.is_ok();
            while open {
                open = stream.write_all(chunk.as_bytes()).await.is_ok();
            }
            false
        }
    }
}
