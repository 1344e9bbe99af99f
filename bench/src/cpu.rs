//! What a process took of the processors, by groups of its threads.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest wait for a process to be done with what it has to do, and the stretches it is watched.
const UNTIL_SETTLED: Duration = Duration::from_secs(30);
const WATCHED: Duration = Duration::from_millis(250);
/// A process that takes no more in such a stretch has nothing left to do.
const IDLE: Duration = Duration::from_millis(20);

/// Waits until process `pid` has done what is left of earlier work.
pub fn settle(pid: u32) {
    let began = Instant::now();
    while began.elapsed() < UNTIL_SETTLED {
        let before = all(pid);
        std::thread::sleep(WATCHED);
        if all(pid).saturating_sub(before) <= IDLE {
            return;
        }
    }
}

/// Linux counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// Processor time by the names of threads; `a-0` and `a-1` are one group.
#[derive(Clone, Default)]
pub struct Spent(BTreeMap<String, Duration>);

impl Spent {
    /// What process `pid` has taken since it started; of threads that ended only the sum is known.
    pub fn of(pid: u32) -> Self {
        let mut groups = BTreeMap::new();
        let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
        for thread in threads.into_iter().flatten().flatten() {
            if let Some((name, time)) = spent(&thread.path()) {
                *groups.entry(name).or_default() += time;
            }
        }
        let ended = all(pid).saturating_sub(groups.values().sum());
        groups.insert("threads that ended".to_owned(), ended);
        Self(groups)
    }

    /// What was taken since `earlier`.
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |name: &str| earlier.0.get(name).copied().unwrap_or_default();
        let taken =
            |(name, now): (&String, &Duration)| (name.clone(), now.saturating_sub(before(name)));
        Self(self.0.iter().map(taken).collect())
    }

    /// Takes in what was taken in another stretch of time.
    pub fn add(&mut self, other: Self) {
        for (name, time) in other.0 {
            *self.0.entry(name).or_default() += time;
        }
    }

    /// It per one of `count`, in microseconds; the dearest first.
    pub fn per(&self, count: u64) -> String {
        let each =
            |(name, took): (_, &Duration)| (took.as_secs_f64() * 1e6 / count.max(1) as f64, name);
        let mut each: Vec<(f64, &String)> =
            self.0.iter().map(each).filter(|(took, _)| *took > 0.05).collect();
        each.sort_by(|a, b| b.0.total_cmp(&a.0));
        let texts: Vec<_> = each.iter().map(|(took, name)| format!("{name} {took:.1}")).collect();
        texts.join(", ")
    }
}

/// What process `pid` has taken, threads that ended too.
fn all(pid: u32) -> Duration {
    spent(Path::new(&format!("/proc/{pid}"))).map_or(Duration::ZERO, |(_, all)| all)
}

fn spent(thread: &Path) -> Option<(String, Duration)> {
    let stat = std::fs::read_to_string(thread.join("stat")).ok()?;
    let (before, after) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    let numbers: Vec<u32> =
        after.split_whitespace().skip(11).take(2).flat_map(str::parse).collect();
    Some((name.to_owned(), TICK * numbers.iter().sum::<u32>()))
}
