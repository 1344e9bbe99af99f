//! Open loop: requests are due at fixed moments, whether or not earlier ones are answered, and each
//! latency counts from the moment its request was due. So a server that stalls is not spared the
//! requests that would have come meanwhile.

use crate::requests::Requests;
use crate::wire::{self, MOST_ANSWER_BYTES};
use anyhow::{Context, ensure};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Connections, each with a thread that blocks: these wake within some 60 µs of a moment.
const CONNECTIONS: usize = 96;
/// Left out at the start.
const WARM_UP: Duration = Duration::from_secs(1);

/// What to send, to whom, how often.
#[derive(Clone)]
pub struct Pace {
    /// The server.
    pub to: SocketAddr,
    /// What is sent.
    pub requests: Requests,
    /// Requests a second.
    pub rate: u64,
    /// Length after warming up.
    pub length: Duration,
    /// The status that every answer must have.
    pub status: u16,
    /// Counts answers, for whoever watches.
    pub answered: Arc<AtomicU64>,
}

/// Latencies, sorted.
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// The latency that `share` of all requests did not exceed.
    pub fn at(&self, share: f64) -> Duration {
        let index = (self.0.len() as f64 * share) as usize;
        self.0.get(index.min(self.0.len().saturating_sub(1))).copied().unwrap_or_default()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl Pace {
    /// Runs it.
    /// # Errors
    /// An answer has another status, or a connection breaks.
    pub fn run(&self) -> anyhow::Result<Latencies> {
        // All connections are there before the first request is due.
        let connect = |_| Ok(TcpStream::connect(self.to)?);
        let streams: Vec<_> = (0..CONNECTIONS).map(connect).collect::<anyhow::Result<_>>()?;
        let (tickets, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let start = |stream| {
            let (pace, tickets) = (self.clone(), tickets.clone());
            std::thread::spawn(move || pace.visit(stream, &tickets, began))
        };
        let threads: Vec<_> = streams.into_iter().map(start).collect();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().ok().context("a thread of the generator broke")??);
        }
        all.sort_unstable();
        Ok(Latencies(all))
    }

    /// Room for the latencies of any one connection, in memory that was touched: a generator that asks the
    /// system for memory meanwhile measures itself.
    fn room(&self) -> Vec<Duration> {
        let due = (self.length.as_secs() + 1) * self.rate;
        let mut room = vec![Duration::MAX; 2 * due as usize / CONNECTIONS];
        room.clear();
        room
    }

    /// One connection: takes the next request that is due, again and again.
    fn visit(
        self,
        mut stream: TcpStream,
        tickets: &AtomicU64,
        began: Instant,
    ) -> anyhow::Result<Vec<Duration>> {
        stream.set_nodelay(true)?;
        let mut buffer = vec![0; MOST_ANSWER_BYTES];
        let mut latencies = self.room();
        loop {
            let ticket = tickets.fetch_add(1, Ordering::Relaxed);
            let due = Duration::from_nanos(ticket * 1_000_000_000 / self.rate);
            let request = self.requests.get(ticket as usize);
            let Some(request) = request.filter(|_| due < WARM_UP + self.length) else {
                return Ok(latencies);
            };
            std::thread::sleep(due.saturating_sub(began.elapsed()));
            let status = wire::exchange(&mut stream, request, &mut buffer, |a| a.status)?;
            ensure!(status == self.status, "answered {status}, not {}", self.status);
            self.answered.fetch_add(1, Ordering::Relaxed);
            if due >= WARM_UP {
                latencies.push(began.elapsed() - due);
            }
        }
    }
}
