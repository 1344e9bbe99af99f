//! Closed loop: so many connections, each sends its next request as soon as it has its answer.
//! What comes out is the most that the machine does with server and generator on it.

use crate::requests::Requests;
use crate::wire::{self, Answer, MOST_ANSWER_BYTES};
use anyhow::{Context, bail, ensure};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const THREADS: usize = 2;
/// Until caches are warm and all connections are there.
const WARM_UP: Duration = Duration::from_millis(500);

/// What to send, to whom, how long.
#[derive(Clone)]
pub struct Rush {
    /// The server.
    pub to: SocketAddr,
    /// What is sent.
    pub requests: Requests,
    /// Connections at once.
    pub connections: usize,
    /// Length after warming up.
    pub length: Duration,
    /// The status that every answer must have.
    pub status: u16,
    /// Takes something out of each answer, to be kept.
    pub keep: fn(&Answer) -> Option<String>,
}

/// What came of a rush.
#[derive(Default)]
pub struct Rushed {
    /// Answers after warming up.
    answers: u64,
    /// All answers.
    pub all: u64,
    /// From the end of warming up to the last answer.
    took: Duration,
    /// What was kept, each with its request's number.
    pub kept: Vec<(usize, String)>,
}

impl Rushed {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.answers as f64 / self.took.as_secs_f64()
    }

    /// Takes in a rush that came after this one.
    pub fn follow(&mut self, later: Self) {
        let took = self.took + later.took;
        self.add(later);
        self.took = took;
    }

    /// Takes in what was done at the same time.
    fn add(&mut self, other: Self) {
        self.answers += other.answers;
        self.all += other.all;
        self.took = self.took.max(other.took);
        self.kept.extend(other.kept);
    }
}

/// For [`Rush::keep`]: nothing.
pub fn nothing(_: &Answer) -> Option<String> {
    None
}

impl Rush {
    /// Runs it.
    /// # Errors
    /// An answer has another status, or a connection breaks.
    pub fn run(&self) -> anyhow::Result<Rushed> {
        let began = Instant::now();
        let start = |thread: usize| {
            let rush = self.clone();
            std::thread::spawn(move || rush.thread(thread, began))
        };
        let threads: Vec<_> = (0..THREADS).map(start).collect();
        let mut sum = Rushed::default();
        for thread in threads {
            sum.add(thread.join().ok().context("a thread of the generator broke")??);
        }
        Ok(sum)
    }

    fn thread(self, thread: usize, began: Instant) -> anyhow::Result<Rushed> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let own = (thread..self.connections).step_by(THREADS);
            let tasks: Vec<_> = own.map(|n| tokio::spawn(self.clone().visit(n, began))).collect();
            let mut sum = Rushed::default();
            for task in tasks {
                sum.add(task.await??);
            }
            Ok(sum)
        })
    }

    /// One connection: requests number `own`, `own + connections`, and so on.
    async fn visit(self, own: usize, began: Instant) -> anyhow::Result<Rushed> {
        let mut stream = TcpStream::connect(self.to).await?;
        stream.set_nodelay(true)?;
        let mut buffer = vec![0; MOST_ANSWER_BYTES];
        let mut sum = Rushed::default();
        let mut index = own;
        while let Some(request) = self.requests.get(index) {
            stream.write_all(request).await?;
            let kept = self.read(&mut stream, &mut buffer).await?;
            sum.kept.extend(kept.map(|kept| (index, kept)));
            sum.all += 1;
            index += self.connections;
            if let Some(took) = began.elapsed().checked_sub(WARM_UP) {
                sum.answers += 1;
                sum.took = took;
                if took >= self.length {
                    break;
                }
            }
        }
        Ok(sum)
    }

    async fn read(
        &self,
        stream: &mut TcpStream,
        buffer: &mut [u8],
    ) -> anyhow::Result<Option<String>> {
        let mut filled = 0;
        loop {
            match stream.read(&mut buffer[filled..]).await? {
                0 => bail!("the server broke off"),
                count => filled += count,
            }
            if let Some(answer) = wire::answer(&buffer[..filled])? {
                let (status, expected) = (answer.status, self.status);
                let body = || String::from_utf8_lossy(answer.body);
                ensure!(status == expected, "answered {status}, not {expected}: {}", body());
                return Ok((self.keep)(&answer));
            }
        }
    }
}
