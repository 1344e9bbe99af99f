//! A question to the report store → its answer, or why there is none.
//! Promise: asks in one transaction, bounded in number and time; a disk that fails is never the asker's
//! fault.

use super::read::{Mapped, Reader};
use super::{Facts, OPENING, REPORTS_AT_ONCE, State, damage, open};
use duckdb::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Why reports are closed once one of them has met damage.
const DAMAGED: &str = "The report store is damaged; it is being made again.";
/// Why there is no report while the disk beneath the store fails.
const DISK_FAILS: &str = "The disk that holds the reports fails at present; see the log.";
/// Longest wait of a report for the store to be opened, and how often it looks.
const OPENED_WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Why a report was not made.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The store is not open.
    #[error("{0}")]
    Closed(&'static str),
    /// The time that reports may take is over.
    #[error("the report took too long")]
    TimedOut,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl Facts {
    /// Runs `work` on a connection of its own, in one transaction that sees one state, with the
    /// small tables in `mapped`; two run at once. It is interrupted after `within`, or when the
    /// caller goes away.
    /// # Errors
    /// See [`ReadError`].
    pub async fn read<T: Send + 'static>(
        &self,
        within: Duration,
        mapped: Vec<Mapped>,
        work: impl FnOnce(&Reader<'_>) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, ReadError> {
        let work = move |connection: &Connection| work(&Reader::new(connection, &mapped)?);
        tokio::time::timeout(within, self.read_to_end(work))
            .await
            .map_err(|_| ReadError::TimedOut)?
    }

    /// Runs `work` unless a report runs; reports wait for its end. A checkpoint shares its memory with
    /// them, and where that is not enough DuckDB gives up the whole store.
    pub fn between_reports(&self, work: impl FnOnce()) {
        if let Ok(_all) = self.permits.try_acquire_many(REPORTS_AT_ONCE) {
            work();
        }
    }

    async fn read_to_end<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, ReadError> {
        let permit = self.permits.clone().acquire_owned().await.map_err(anyhow::Error::from)?;
        let connection = self.opened_soon().await.map_err(|error| match error {
            ReadError::Failed(error) => self.why_not(error),
            closed => closed,
        })?;
        let _interrupt = Interrupt(connection.interrupt_handle());
        let marker = self.marker.clone();
        let task = tokio::task::spawn_blocking(move || {
            let (_permit, _inside) = (permit, marker.enter());
            connection.execute_batch("BEGIN TRANSACTION")?;
            let result = work(&connection);
            connection.execute_batch("ROLLBACK")?;
            result
        });
        let done = task.await.map_err(anyhow::Error::from)?;
        done.map_err(|error| self.why_not(error))
    }

    /// What a failure says to who asked: it is the store's, the disk's, or the question's.
    fn why_not(&self, error: anyhow::Error) -> ReadError {
        self.judge(&error);
        if self.is_damaged() {
            return ReadError::Closed(DAMAGED);
        }
        if damage::is_of_disk(&error) {
            tracing::error!(error = format!("{error:#}"), "a report met a disk that fails");
            return ReadError::Closed(DISK_FAILS);
        }
        error.into()
    }

    /// A connection; right after a start it takes a moment until there is one.
    async fn opened_soon(&self) -> Result<Connection, ReadError> {
        let asked = Instant::now();
        loop {
            match self.connection() {
                Err(ReadError::Closed(OPENING)) if asked.elapsed() < OPENED_WITHIN => {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                opened => return opened,
            }
        }
    }

    fn connection(&self) -> Result<Connection, ReadError> {
        match &*self.state.lock() {
            State::Open(connection) => Ok(open::another(connection).map_err(anyhow::Error::from)?),
            State::Closed(why) => Err(ReadError::Closed(why)),
        }
    }
}

/// Stops the query when nobody waits for it any more; harmless after its end.
struct Interrupt(Arc<duckdb::InterruptHandle>);

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_their_memory_waits_until_no_report_runs() {
        let folder = tempfile::tempdir().unwrap();
        let facts = Facts::new(folder.path().to_owned(), 50);
        let runs = || {
            let mut ran = false;
            facts.between_reports(|| ran = true);
            ran
        };
        let report = facts.permits.try_acquire().unwrap();
        assert!(!runs());
        drop(report);
        assert!(runs() && runs());
    }
}
