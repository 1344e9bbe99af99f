//! How much the threads that serve visitors wanted of the processors → whether others are to rest.
//! Promise: looking costs two dozen microseconds; where the system does not tell, pressure is low.

use parking_lot::Mutex;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Shortest time over which it is measured.
const STRETCH: Duration = Duration::from_millis(20);
/// Hundredths of their time that those threads must have run, or waited to run, for pressure to be high.
const HIGH_PERCENT: u32 = 85;
/// Of the calling thread: nanoseconds it ran, nanoseconds it waited for a processor, and a count.
const OWN_TIMES: &str = "/proc/thread-self/schedstat";

/// Whether some threads have time left. Clones share what was measured last; the default has none to
/// look at.
#[derive(Clone, Default)]
pub struct Pressure(Arc<Watched>);

#[derive(Default)]
struct Watched {
    threads: Mutex<Vec<File>>,
    last: Mutex<Option<Seen>>,
}

struct Seen {
    at: Instant,
    /// Of all threads since they started.
    wanted: Duration,
    high: bool,
}

impl Pressure {
    /// Looks at the calling thread too from now on.
    pub fn watch_this_thread(&self) {
        self.0.threads.lock().extend(File::open(OWN_TIMES));
    }

    /// Whether nearly all of the time since the last look was wanted.
    pub fn is_high(&self) -> bool {
        let threads = self.0.threads.lock();
        let mut last = self.0.last.lock();
        if let Some(seen) = last.as_ref().filter(|seen| seen.at.elapsed() < STRETCH) {
            return seen.high;
        }
        let now =
            Seen { at: Instant::now(), wanted: threads.iter().map(wanted).sum(), high: false };
        let all = threads.len() as u32;
        let high = last.as_ref().is_some_and(|seen| {
            let most = (now.at - seen.at) * all;
            let wanted = now.wanted.saturating_sub(seen.wanted);
            all > 0 && wanted * 100 >= most * HIGH_PERCENT
        });
        last.insert(Seen { high, ..now }).high
    }
}

/// How long a thread ran or waited to run.
fn wanted(times: &File) -> Duration {
    let mut text = [0; 80];
    let length = times.read_at(&mut text, 0).unwrap_or(0);
    let text = std::str::from_utf8(&text[..length]).unwrap_or_default();
    let nanoseconds = text.split_whitespace().take(2).flat_map(str::parse::<u64>);
    nanoseconds.map(Duration::from_nanos).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn becomes(pressure: &Pressure, high: bool) -> bool {
        let until = Instant::now() + Duration::from_secs(30);
        while pressure.is_high() != high && Instant::now() < until {
            std::thread::sleep(STRETCH);
        }
        pressure.is_high() == high
    }

    #[test]
    fn is_high_while_all_watched_threads_want_to_run_and_only_then() {
        let (pressure, done) = (Pressure::default(), AtomicBool::new(false));
        assert!(!pressure.is_high(), "there is nothing to look at");
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    pressure.watch_this_thread();
                    while !done.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                    // Idle now, and still there.
                    while done.load(Ordering::Relaxed) {
                        std::thread::sleep(STRETCH);
                    }
                });
            }
            assert!(becomes(&pressure, true));
            done.store(true, Ordering::Relaxed);
            assert!(becomes(&pressure, false));
            done.store(false, Ordering::Relaxed);
        });
    }
}
