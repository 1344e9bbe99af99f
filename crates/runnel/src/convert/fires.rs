//! Books what actions fire: follows the journal, a record at a time.
//! Promise: no fire is lost or doubled across a crash: each is a task of its own in the ledger, and
//! the cursor moves in the transaction that books (product.md §6.3).

use super::parse::Parameters;
use super::{Desk, Incoming};
use crate::store::ledger::{self, Call, Cursor, Unavailable, Way};
use journal::Journal;
use parking_lot::Mutex;
use rules::apply::{ACTION_TX, Via};
use rules::record::{Fire, Record, Taken};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const NAME: &str = "fires";
/// Records read at once.
const MOST_AT_ONCE: usize = 4_096;
/// Records without a fire after which the cursor is noted: so many, and those of one reading, are read
/// again after a crash.
const MOST_UNNOTED: u64 = 10_000;
/// Time in which records gather: reading for each sync of the journal costs clicks their processor.
const GATHER: Duration = Duration::from_millis(20);
/// Pause after the ledger refused.
const PAUSE: Duration = Duration::from_secs(1);

/// The worker that books fires.
pub struct Fires {
    desk: Arc<Desk>,
    journal: Arc<Journal>,
    node: u8,
    /// The first record that is yet to be done, and the first that is yet to be noted.
    progress: Mutex<Option<Progress>>,
}

#[derive(Clone, Copy)]
struct Progress {
    next: u64,
    noted: u64,
}

impl Fires {
    /// Follows `journal`, which is the one of machine number `node`.
    pub fn new(desk: Arc<Desk>, journal: Arc<Journal>, node: u8) -> Self {
        Self { desk, journal, node, progress: Mutex::default() }
    }

    /// Books until `stop` turns true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut watermark = self.journal.subscribe();
        loop {
            let pause = self.catch_up().await.is_err();
            let news = async {
                if pause {
                    tokio::time::sleep(PAUSE).await;
                } else if watermark.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(GATHER).await;
            };
            tokio::select! {
                () = news => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Books everything that is on disk by now.
    /// # Errors
    /// The journal or the ledger cannot be used at present; what is done is noted.
    pub async fn catch_up(&self) -> Result<(), Unavailable> {
        let mut progress = self.progress().await?;
        loop {
            let (journal, from) = (self.journal.clone(), progress.next);
            let read = move || journal.read(from, MOST_AT_ONCE);
            let entries =
                tokio::task::spawn_blocking(read).await.map_err(broken)?.map_err(broken)?;
            if entries.is_empty() {
                return Ok(());
            }
            for entry in &entries {
                // What cannot be read was reported by whoever reads journals first.
                if Record::may_fire(&entry.payload)
                    && let Ok(record) = Record::from_bytes(&entry.payload)
                {
                    self.book(&record, entry.number).await?;
                }
                progress.next = entry.number + 1;
                *self.progress.lock() = Some(progress);
            }
            progress = self.note(progress).await?;
        }
    }

    async fn progress(&self) -> Result<Progress, Unavailable> {
        if let Some(progress) = *self.progress.lock() {
            return Ok(progress);
        }
        let done = ledger::cursor_of(&self.desk.database, NAME, self.node).await.map_err(broken)?;
        let next = done.map_or(0, |record| record + 1);
        Ok(Progress { next, noted: next })
    }

    /// Notes the cursor after a long stretch of journal; fires note it themselves.
    async fn note(&self, progress: Progress) -> Result<Progress, Unavailable> {
        if progress.next - progress.noted < MOST_UNNOTED {
            return Ok(progress);
        }
        let cursor = Cursor { name: NAME, node: self.node, record: progress.next - 1 };
        ledger::move_cursor(&self.desk.database, &cursor).await.map_err(broken)?;
        let noted = Progress { noted: progress.next, ..progress };
        *self.progress.lock() = Some(noted);
        Ok(noted)
    }

    async fn book(&self, record: &Record, number: u64) -> Result<(), Unavailable> {
        let Some(taken) = &record.action else { return Ok(()) };
        for (index, fire) in record.fires.iter().enumerate() {
            let mut incoming = self.desk.fired(record, taken, fire);
            incoming.task = Some(format!("{}:{number}:{index}", self.node));
            let last = index + 1 == record.fires.len();
            let cursor = Cursor { name: NAME, node: self.node, record: number };
            incoming.cursor = last.then_some(cursor);
            self.desk.take(incoming).await?;
        }
        Ok(())
    }
}

fn broken(error: impl std::fmt::Display) -> Unavailable {
    tracing::error!(%error, "fires cannot be booked at present");
    Unavailable
}

impl Desk {
    /// The call that a fire is: it converts the page that was left, at the click's time.
    fn fired(&self, record: &Record, taken: &Taken, fire: &Fire) -> Incoming {
        let at_ms = record.request.at_ms();
        let mut pairs = vec![
            ("hit".to_owned(), taken.from.to_string()),
            ("tx".to_owned(), format!("{ACTION_TX}{}", fire.connection)),
        ];
        pairs.extend(fire.event.clone().map(|name| ("event".to_owned(), name)));
        pairs.extend(fire.revenue.map(|amount| ("rev".to_owned(), amount.to_string())));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let call = Call {
            id: super::call_id(&self.clock),
            at_ms: self.clock.now_ms(),
            via: Way::Call(Via::Action),
            remote: format!("connection {}", fire.connection),
            query,
            ..Call::default()
        };
        Incoming {
            call,
            parameters: Parameters::of_pairs(pairs),
            via: Via::Action,
            spoken_by: Via::Action,
            address: None,
            arrived_ms: at_ms,
            notify: None,
            task: None,
            cursor: None,
        }
    }
}
