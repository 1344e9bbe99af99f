//! Those who wait for the disk together: the journal wakes one of them, who wakes the others.
//! Promise: whoever's record is safe goes at once; whoever looks out for the others and leaves hands
//! over to the next. On one thread that costs one wake-up from outside and one timer for each sync,
//! however many wait.

use crate::Journal;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Where they wait: the requests of one thread, whose numbers rise and who are all as patient. Others are
/// served as well, but whoever is less patient than the lookout may wait as long as that one.
#[derive(Default)]
pub struct Room {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The record of whoever looks out for all; none while nobody waits.
    lookout: Option<u64>,
    /// The others, by their records.
    others: VecDeque<(u64, Waker)>,
}

impl Room {
    /// Waits until the record `number` is on disk, for `patience` at most. Says whether it is; `false` at
    /// once while the disk is at fault. One may wait for each record, in a room of a Tokio runtime.
    pub async fn synced(&self, journal: &Journal, number: u64, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let place = Place { room: self, journal, number };
        if poll_fn(|context| place.poll(context)).await == Turn::Safe {
            return true;
        }
        matches!(timeout_at(until, journal.synced(number)).await, Ok(Ok(())))
    }
}

/// What waiting in the room came to.
#[derive(PartialEq, Eq)]
enum Turn {
    /// The record is on disk.
    Safe,
    /// It is on this one to look out.
    Lookout,
}

/// Somebody in the room. Dropping it leaves.
struct Place<'a> {
    room: &'a Room,
    journal: &'a Journal,
    number: u64,
}

impl Place<'_> {
    fn poll(&self, context: &mut Context<'_>) -> Poll<Turn> {
        if self.number < self.journal.watermark() {
            return Poll::Ready(Turn::Safe);
        }
        let mut state = self.room.state.lock();
        // Whose record comes before the lookout's looks out alone: it may be safe earlier.
        if self.number <= *state.lookout.get_or_insert(self.number) {
            return Poll::Ready(Turn::Lookout);
        }
        state.seat(self.number, context.waker());
        Poll::Pending
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.room.state.lock();
        if state.lookout == Some(self.number) {
            let woken = state.hand_over(self.journal.watermark());
            drop(state);
            woken.into_iter().for_each(Waker::wake);
        } else {
            state.unseat(self.number);
        }
    }
}

impl State {
    fn place_of(&self, number: u64) -> usize {
        // Numbers rise: the newcomer's place is nearly always the last.
        self.others.iter().rposition(|(other, _)| *other < number).map_or(0, |before| before + 1)
    }

    fn seat(&mut self, number: u64, waker: &Waker) {
        let place = self.place_of(number);
        match self.others.get_mut(place).filter(|(other, _)| *other == number) {
            Some((_, seated)) => seated.clone_from(waker),
            None => self.others.insert(place, (number, waker.clone())),
        }
    }

    fn unseat(&mut self, number: u64) {
        if let Ok(place) = self.others.binary_search_by_key(&number, |(other, _)| *other) {
            self.others.remove(place);
        }
    }

    /// Those whose records are safe, and the next to look out.
    fn hand_over(&mut self, watermark: u64) -> Vec<Waker> {
        let safe = self.others.partition_point(|(number, _)| *number < watermark);
        let mut woken: Vec<_> = self.others.drain(..safe).map(|(_, waker)| waker).collect();
        let next = self.others.pop_front();
        self.lookout = next.as_ref().map(|(number, _)| *number);
        woken.extend(next.map(|(_, waker)| waker));
        woken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    const LONG: Duration = Duration::from_secs(60);

    /// A journal whose marks the test sets: nobody appends.
    fn journal() -> (tempfile::TempDir, Journal) {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path(), Options::default()).unwrap().0;
        (dir, journal)
    }

    #[derive(Default)]
    struct Rings(AtomicUsize);

    impl Wake for Rings {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Rings {
        fn poll<F: Future>(self: &Arc<Self>, waits: std::pin::Pin<&mut F>) -> Poll<F::Output> {
            waits.poll(&mut Context::from_waker(&self.clone().into()))
        }

        fn count(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn one_is_woken_from_outside_and_wakes_those_who_are_safe_and_the_next() {
        let ((_dir, journal), room) = (journal(), Room::default());
        let rings: [Arc<Rings>; 4] = Default::default();
        let wait = |number| Box::pin(room.synced(&journal, number, LONG));
        let mut waits = [5, 6, 8, 9].map(wait);
        for (wait, rings) in waits.iter_mut().zip(&rings) {
            assert!(rings.poll(wait.as_mut()).is_pending());
        }
        journal.mark(8);
        assert_eq!(rings.each_ref().map(|rings| rings.count()), [1, 0, 0, 0]);
        assert_eq!(rings[0].poll(waits[0].as_mut()), Poll::Ready(true));
        assert_eq!(rings.each_ref().map(|rings| rings.count()), [1, 1, 1, 0]);
        assert_eq!(rings[1].poll(waits[1].as_mut()), Poll::Ready(true));
        assert!(rings[2].poll(waits[2].as_mut()).is_pending(), "looks out now");
        journal.mark(10);
        assert_eq!(rings[2].poll(waits[2].as_mut()), Poll::Ready(true));
        assert_eq!(rings[3].poll(waits[3].as_mut()), Poll::Ready(true));
        assert_eq!(room.state.lock().lookout, None);
    }

    #[tokio::test]
    async fn whoever_leaves_hands_over_and_leaves_nothing_behind() {
        let ((_dir, journal), room) = (journal(), Room::default());
        let rings: [Arc<Rings>; 3] = Default::default();
        let mut last = pin!(room.synced(&journal, 7, LONG));
        {
            // The first is dropped first.
            let mut second = pin!(room.synced(&journal, 6, LONG));
            let mut first = pin!(room.synced(&journal, 5, LONG));
            assert!(rings[0].poll(first.as_mut()).is_pending());
            assert!(rings[1].poll(second.as_mut()).is_pending());
            assert!(rings[2].poll(last.as_mut()).is_pending());
        }
        assert!(room.state.lock().others.is_empty(), "the second handed over before it looked");
        assert_eq!(room.state.lock().lookout, Some(7));
        assert!(rings[2].poll(last.as_mut()).is_pending());
        journal.mark(8);
        assert_eq!(rings[2].poll(last.as_mut()), Poll::Ready(true));
    }

    #[tokio::test]
    async fn whose_record_comes_before_the_lookouts_waits_for_its_own() {
        let ((_dir, journal), room) = (journal(), Room::default());
        let rings: [Arc<Rings>; 2] = Default::default();
        let mut later = pin!(room.synced(&journal, 9, LONG));
        let mut earlier = pin!(room.synced(&journal, 5, LONG));
        assert!(rings[0].poll(later.as_mut()).is_pending());
        assert!(rings[1].poll(earlier.as_mut()).is_pending());
        journal.mark(6);
        assert_eq!(rings.each_ref().map(|rings| rings.count()), [0, 1]);
        assert_eq!(rings[1].poll(earlier.as_mut()), Poll::Ready(true));
        assert_eq!(room.state.lock().lookout, Some(9), "who looks out goes on");
        journal.mark(10);
        assert_eq!(rings[0].poll(later.as_mut()), Poll::Ready(true));
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_they_may_nor_for_a_broken_disk() {
        let ((_dir, journal), room) = (journal(), Room::default());
        let short = Duration::from_millis(5);
        let wait = |number, patience| room.synced(&journal, number, patience);
        assert_eq!(
            tokio::join!(wait(5, short), wait(6, short), wait(7, short)),
            (false, false, false)
        );
        let broken = async {
            tokio::task::yield_now().await;
            journal.break_off();
        };
        let waits = async { tokio::join!(wait(5, LONG), wait(6, LONG), wait(7, LONG)) };
        assert_eq!(tokio::join!(waits, broken).0, (false, false, false));
        assert!(!wait(8, LONG).await);
    }

    /// Many threads in one room, some of whose callers go away: everybody else is called.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn nobody_is_forgotten() {
        let (_dir, journal) = journal();
        let (journal, room) = (Arc::new(journal), Arc::new(Room::default()));
        let visit = |key: u128| {
            let (journal, room) = (journal.clone(), room.clone());
            async move {
                let number = journal.append(key, vec![7; 100]).unwrap();
                let waits = room.synced(&journal, number, LONG);
                let goes_away = key.is_multiple_of(3);
                let patience = if goes_away { Duration::from_micros(300) } else { LONG };
                let waited = tokio::time::timeout(patience, waits).await;
                assert!(goes_away || waited == Ok(true));
            }
        };
        for round in 0..20 {
            let visits: Vec<_> =
                (0..200).map(|key| tokio::spawn(visit(round * 200 + key))).collect();
            for visit in visits {
                visit.await.unwrap();
            }
        }
        assert!(room.state.lock().others.is_empty() && room.state.lock().lookout.is_none());
    }
}
