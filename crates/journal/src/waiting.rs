//! Who waits for which record to be on disk.
//! Promise: a sync wakes those whose records it made safe, and nobody else; whoever stops waiting
//! leaves nothing behind.

use crate::Unsafe;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

/// A record's number, and which of those who wait for it.
type Place = (u64, u64);

pub(crate) struct Waiting {
    state: Mutex<State>,
    /// Records below are on disk: to be looked at without the lock.
    watermark: AtomicU64,
}

#[derive(Default)]
struct State {
    wakers: BTreeMap<Place, Waker>,
    next_ticket: u64,
    watermark: u64,
    broken: bool,
    closed: bool,
}

impl State {
    /// What waiting for the record `number` has come to, if to anything.
    fn outcome(&self, number: u64) -> Option<Result<(), Unsafe>> {
        if number < self.watermark {
            return Some(Ok(()));
        }
        (self.broken || self.closed).then_some(Err(Unsafe))
    }
}

impl Waiting {
    /// Nobody; records below `watermark` are on disk.
    pub(crate) fn new(watermark: u64) -> Self {
        let state = State { watermark, ..State::default() };
        Self { state: Mutex::new(state), watermark: AtomicU64::new(watermark) }
    }

    /// Waits until the record `number` is on disk, or the disk is at fault, or nothing comes any more.
    pub(crate) fn wait(&self, number: u64) -> Synced<'_> {
        Synced { waiting: self, number, ticket: None }
    }

    /// Records below this number are on disk.
    pub(crate) fn watermark(&self) -> u64 {
        self.watermark.load(Ordering::Acquire)
    }

    /// Whether the disk is at fault.
    pub(crate) fn is_broken(&self) -> bool {
        self.state.lock().broken
    }

    /// Records below `watermark` are on disk.
    pub(crate) fn raise(&self, watermark: u64) {
        self.watermark.store(watermark, Ordering::Release);
        let mut state = self.state.lock();
        state.watermark = watermark;
        state.broken = false;
        let later = state.wakers.split_off(&(watermark, 0));
        let safe = mem::replace(&mut state.wakers, later);
        drop(state);
        wake(safe);
    }

    /// The disk is at fault: nobody is to wait for it.
    pub(crate) fn break_off(&self) {
        let mut state = self.state.lock();
        state.broken = true;
        let all = mem::take(&mut state.wakers);
        drop(state);
        wake(all);
    }

    /// Nothing comes any more.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let all = mem::take(&mut state.wakers);
        drop(state);
        wake(all);
    }
}

fn wake(wakers: BTreeMap<Place, Waker>) {
    wakers.into_values().for_each(Waker::wake);
}

/// The wait for one record.
pub(crate) struct Synced<'a> {
    waiting: &'a Waiting,
    number: u64,
    ticket: Option<u64>,
}

impl Future for Synced<'_> {
    type Output = Result<(), Unsafe>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.number < self.waiting.watermark() {
            return Poll::Ready(Ok(()));
        }
        let mut state = self.waiting.state.lock();
        if let Some(outcome) = state.outcome(self.number) {
            return Poll::Ready(outcome);
        }
        let ticket = *self.ticket.get_or_insert_with(|| {
            state.next_ticket += 1;
            state.next_ticket
        });
        state.wakers.insert((self.number, ticket), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Synced<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        // Below the mark, raising it has taken the waker out.
        if self.number >= self.waiting.watermark() {
            self.waiting.state.lock().wakers.remove(&(self.number, ticket));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    #[derive(Default)]
    struct Rings(AtomicUsize);

    impl Wake for Rings {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn poll(wait: Pin<&mut Synced<'_>>) -> (Poll<Result<(), Unsafe>>, Arc<Rings>) {
        let rings = Arc::new(Rings::default());
        let polled = wait.poll(&mut Context::from_waker(&rings.clone().into()));
        (polled, rings)
    }

    #[test]
    fn a_sync_wakes_those_below_its_mark_only() {
        let waiting = Waiting::new(5);
        let (mut sixth, mut seventh) = (pin!(waiting.wait(5)), pin!(waiting.wait(6)));
        let (_, early) = poll(sixth.as_mut());
        let (_, late) = poll(seventh.as_mut());
        waiting.raise(6);
        let rung = |rings: &Arc<Rings>| rings.0.load(Ordering::Relaxed);
        assert_eq!((rung(&early), rung(&late)), (1, 0));
        assert_eq!(poll(sixth.as_mut()).0, Poll::Ready(Ok(())));
        assert_eq!(poll(seventh.as_mut()).0, Poll::Pending);
    }

    #[test]
    fn whoever_stops_waiting_leaves_nothing_behind() {
        let waiting = Waiting::new(0);
        {
            let (mut one, mut other) = (pin!(waiting.wait(3)), pin!(waiting.wait(3)));
            let _ = (poll(one.as_mut()), poll(other.as_mut()), poll(one.as_mut()));
            assert_eq!(waiting.state.lock().wakers.len(), 2);
        }
        assert!(waiting.state.lock().wakers.is_empty());
    }

    #[test]
    fn a_broken_disk_is_told_to_all_and_forgotten_with_the_next_sync() {
        let waiting = Waiting::new(0);
        let mut wait = pin!(waiting.wait(0));
        let (_, rings) = poll(wait.as_mut());
        waiting.break_off();
        assert_eq!(rings.0.load(Ordering::Relaxed), 1);
        assert_eq!(poll(wait.as_mut()).0, Poll::Ready(Err(Unsafe)));
        waiting.raise(1);
        assert_eq!(poll(pin!(waiting.wait(0))).0, Poll::Ready(Ok(())));
        assert_eq!(poll(pin!(waiting.wait(1))).0, Poll::Pending);
        waiting.close();
        assert_eq!(poll(pin!(waiting.wait(1))).0, Poll::Ready(Err(Unsafe)));
    }
}
