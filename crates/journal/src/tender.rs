//! Work that no record waits for: zeros ahead of the writer, the spare segment, sealing of full ones.
//! Promise: a failure is counted and tried again later; meanwhile records go on being taken.

use crate::Options;
use crate::disk::{Disk, DiskFile};
use crate::health::Counters;
use crate::journal::Shared;
use crate::raw::RawSegment;
use crate::seal;
use crate::spare::Making;
use parking_lot::{Condvar, Mutex};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// First wait after a failed attempt; doubles up to [`MOST_RETRY_WAIT`].
const RETRY_WAIT: Duration = Duration::from_secs(1);
const MOST_RETRY_WAIT: Duration = Duration::from_secs(60);

/// Wakes the tender.
#[derive(Default)]
pub(crate) struct Bell {
    state: Mutex<Rung>,
    rings: Condvar,
}

#[derive(Default)]
struct Rung {
    work: bool,
    closing: bool,
}

impl Bell {
    /// There may be work.
    pub(crate) fn ring(&self) {
        self.state.lock().work = true;
        self.rings.notify_all();
    }

    /// The journal closes.
    pub(crate) fn close(&self) {
        self.state.lock().closing = true;
        self.rings.notify_all();
    }

    /// Waits for work, at most `time`; `false` when closing.
    fn wait(&self, time: Option<Duration>) -> bool {
        let mut state = self.state.lock();
        if let Some(time) = time {
            let until = std::time::Instant::now() + time;
            while !state.closing && !self.rings.wait_until(&mut state, until).timed_out() {}
        } else {
            while !state.work && !state.closing {
                self.rings.wait(&mut state);
            }
        }
        state.work = false;
        !state.closing
    }
}

pub(crate) struct Tender {
    disk: Arc<dyn Disk>,
    options: Options,
    /// The live segment's file, opened anew so that it learns of its own failures only.
    zeroed: Option<(u64, Arc<dyn DiskFile>)>,
    making: Option<Making>,
}

impl Tender {
    pub(crate) fn new(disk: Arc<dyn Disk>, options: Options) -> Self {
        Self { disk, options, zeroed: None, making: None }
    }

    /// Tends until the journal closes.
    pub(crate) fn run(mut self, shared: &Shared) {
        let mut wait = None;
        let mut next_wait = RETRY_WAIT;
        while shared.tend.wait(wait.take()) {
            match self.turn(shared) {
                Ok(true) => {
                    shared.tend.ring();
                    next_wait = RETRY_WAIT;
                }
                Ok(false) => next_wait = RETRY_WAIT,
                Err(error) => {
                    tracing::warn!(%error, "tending the journal failed; trying again");
                    wait = Some(next_wait);
                    next_wait = (next_wait * 2).min(MOST_RETRY_WAIT);
                }
            }
        }
    }

    /// Does one piece of work. Says whether there is more.
    pub(crate) fn turn(&mut self, shared: &Shared) -> io::Result<bool> {
        // Without zeros records are written all the same; a full disk must not stop the sealing,
        // which frees space.
        let _ = self.add_zeros(shared);
        if self.make_spare(shared) {
            return Ok(true);
        }
        let Some(raw) = shared.segments.next_to_seal() else { return Ok(false) };
        self.seal(shared, &raw)?;
        Ok(shared.segments.next_to_seal().is_some())
    }

    fn add_zeros(&mut self, shared: &Shared) -> io::Result<()> {
        let Some(live) = shared.segments.live() else { return Ok(()) };
        if !live.wants_zeros(self.options.zeros_ahead_bytes) {
            return Ok(());
        }
        let file = match &self.zeroed {
            Some((marker, file)) if *marker == live.marker => file,
            _ => &self.zeroed.insert((live.marker, self.disk.open_to_fill(&live.name)?)).1,
        };
        live.zero_ahead(&**file, self.options.zeros_ahead_bytes, self.options.segment_bytes)
    }

    /// Makes a portion of the spare segment, if one is wanted. Says whether there is more to make.
    fn make_spare(&mut self, shared: &Shared) -> bool {
        let wanted = |live: &Arc<RawSegment>| shared.spares.is_wanted(live, &self.options);
        let going_on = match self.making.take() {
            Some(making) => Ok(making),
            None if !shared.segments.live().is_some_and(|live| wanted(&live)) => return false,
            None => Making::start(&*self.disk, &shared.spares, &self.options),
        };
        match going_on.and_then(|making| making.go_on(&*self.disk, &shared.spares)) {
            Ok(making) => self.making = making,
            Err(error) => {
                tracing::warn!(%error, "no spare segment: the next one grows as it fills")
            }
        }
        std::thread::sleep(self.options.seal_pause);
        self.making.is_some()
    }

    fn seal(&self, shared: &Shared, raw: &RawSegment) -> io::Result<()> {
        if raw.end() > raw.first {
            let sealed = seal::seal(&*self.disk, raw, &self.options)
                .inspect_err(|_| Counters::add(&shared.counters.failed_seals, 1))?;
            shared.segments.replace(raw, Some(Arc::new(sealed)));
            Counters::add(&shared.counters.sealed, 1);
        } else {
            // Left before it took anything; the next segment starts with the same number.
            shared.segments.replace(raw, None);
        }
        // If this fails, recovery removes it: the sealed form covers it.
        let _ = self.disk.remove(&raw.name);
        Ok(())
    }
}
