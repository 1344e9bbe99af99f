//! What a process took of the processors, by groups of its threads.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Linux counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// Processor time by the names of threads; `a-0` and `a-1` are one group.
#[derive(Clone, Default)]
pub struct Spent(BTreeMap<String, Duration>);

impl Spent {
    /// What process `pid` has taken since it started. Threads that ended are missing.
    pub fn of(pid: u32) -> Self {
        let mut groups = BTreeMap::new();
        let folder = std::fs::read_dir(format!("/proc/{pid}/task"));
        for thread in folder.into_iter().flatten().flatten() {
            if let Some((name, time)) = spent(&thread.path()) {
                *groups.entry(name).or_default() += time;
            }
        }
        Self(groups)
    }

    /// What was taken since `earlier`, per one of `count`, in microseconds; the dearest first.
    pub fn per(&self, earlier: &Self, count: u64) -> String {
        let before = |name: &str| earlier.0.get(name).copied().unwrap_or_default();
        let each = self.0.iter().map(|(name, now)| {
            let took = now.saturating_sub(before(name));
            (took.as_secs_f64() * 1e6 / count.max(1) as f64, name)
        });
        let mut each: Vec<_> = each.filter(|(took, _)| *took > 0.05).collect();
        each.sort_by(|a, b| b.0.total_cmp(&a.0));
        let texts: Vec<_> = each.iter().map(|(took, name)| format!("{name} {took:.1}")).collect();
        texts.join(", ")
    }
}

fn spent(thread: &Path) -> Option<(String, Duration)> {
    let stat = std::fs::read_to_string(thread.join("stat")).ok()?;
    let (before, after) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    let numbers: Vec<u32> =
        after.split_whitespace().skip(11).take(2).flat_map(str::parse).collect();
    Some((name.to_owned(), TICK * numbers.iter().sum::<u32>()))
}
