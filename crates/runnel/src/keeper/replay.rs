//! The journal's records → the sessions that the session store lacks: at every start, and in a rebuild.
//! Promise: each record is taken in once; memory stays bounded however long the journal is.

use crate::app::App;
use crate::feed::Decoded;
use anyhow::Context;
use rules::record::Record;
use std::ops::Range;
use std::sync::mpsc::Receiver;

const RECORDS_PER_READ: usize = 2_000;
const RECORDS_PER_WRITE: u64 = 50_000;

/// Takes in every record that the session store has not seen; gives how many.
/// # Errors
/// The journal cannot be read.
pub fn replay(app: &App) -> anyhow::Result<u64> {
    let mut replay = Replay::begin(app);
    loop {
        let read = app.journal.read(replay.next, RECORDS_PER_READ);
        let entries = read.context("cannot read the journal")?;
        let Some(last) = entries.last() else { return Ok(replay.taken_in) };
        let end = last.number + 1;
        for journal::Entry { number, payload, .. } in entries {
            if let Ok(record) = Record::from_bytes(&payload) {
                replay.take_in(Decoded { number, record, bytes: payload })?;
            }
        }
        replay.next = end;
    }
}

/// Takes in what feed has read and decoded, until it ends; gives how many.
/// # Errors
/// The session store cannot be written.
pub fn replay_read(app: &App, pages: &Receiver<Vec<Decoded>>) -> anyhow::Result<u64> {
    let mut replay = Replay::begin(app);
    for decoded in pages.iter().flatten() {
        replay.take_in(decoded)?;
    }
    Ok(replay.taken_in)
}

struct Replay<'a> {
    app: &'a App,
    ttl_ms: u64,
    /// Whose last activity lies here has ended, Unix milliseconds. Of what is older, only the links are
    /// taken in: a visit that lasts may go on with one that began up to a session's time before.
    ended: Range<u64>,
    /// From the beginning: of a new visitor the journal holds all that the store could.
    fresh: bool,
    /// Records below have been taken in.
    next: u64,
    taken_in: u64,
}

impl<'a> Replay<'a> {
    fn begin(app: &'a App) -> Self {
        let ttl_ms = app.session_ttl_ms();
        let ended_ms = app.clock.now_ms().saturating_sub(ttl_ms);
        let next = app.sessions_cursor;
        let ended = ended_ms.saturating_sub(ttl_ms)..ended_ms;
        Self { app, ttl_ms, ended, fresh: next == 0, next, taken_in: 0 }
    }

    fn take_in(&mut self, decoded: Decoded) -> anyhow::Result<()> {
        let Decoded { number, record, bytes } = decoded;
        let sessions = &self.app.sessions;
        let bytes = (record.request.at_ms() >= self.ended.start).then_some(bytes);
        sessions.replay(number, &record, bytes, self.ttl_ms, self.fresh && record.new_visitor);
        self.next = number + 1;
        self.taken_in += 1;
        if self.taken_in.is_multiple_of(RECORDS_PER_WRITE) {
            // Everything read is on disk.
            sessions.write(&sessions.changed().without_ended(&self.ended), self.next)?;
            sessions.shrink();
        }
        Ok(())
    }
}
