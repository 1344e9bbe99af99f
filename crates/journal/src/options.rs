//! What a journal may take of disk, memory and time.
//! Promise: everything that can grow has its limit here, with its unit in its name.

use std::time::Duration;

/// Limits and paces. The defaults suit 5,000 records a second on a small machine.
#[derive(Clone, Debug)]
pub struct Options {
    /// Size at which a live segment is sealed, in bytes before compression. A spare one of this size
    /// is kept beside it, once a quarter of it is filled.
    pub segment_bytes: u64,
    /// Least time from the start of one sync to the start of the next.
    pub sync_pace: Duration,
    /// The same while so much comes in that a group holds [`Self::large_group`] records: each sync
    /// costs the processors as much as several records. Smaller groups have a pace in between.
    pub busy_sync_pace: Duration,
    /// Records of a group from which on syncs become no rarer.
    pub large_group: usize,
    /// Memory for records kept after they are synced, so that new ones are found without the disk.
    pub recent_bytes: usize,
    /// Memory for records that the disk has not taken yet; above it, records are refused.
    pub most_unsynced_bytes: usize,
    /// Most bytes written before a sync.
    pub batch_bytes: usize,
    /// Zeros kept ahead of the writing position of the live segment, in bytes: writing into them
    /// changes no file size, which makes syncs cheap.
    pub zeros_ahead_bytes: u64,
    /// Sealed segments whose index (some 150 kB each) stays in memory.
    pub indexes_in_memory: usize,
    /// zstd level of sealed segments.
    pub compression_level: i32,
    /// Rest after each 64 KiB that are sealed, so that sealing never takes a whole core.
    pub seal_pause: Duration,
    /// First wait after a failure of the disk; doubles up to 64 times this.
    pub retry_pace: Duration,
}

/// Part of a segment that lies behind its end, for those who cannot wait until the next one begins.
const BEYOND_ONE_IN: u64 = 16;

impl Options {
    /// A live segment never grows beyond this, but for one record.
    pub(crate) fn most_segment_bytes(&self) -> u64 {
        self.segment_bytes + self.segment_bytes / BEYOND_ONE_IN
    }

    /// Least time between syncs after a group of so many records.
    pub(crate) fn pace(&self, records: usize) -> Duration {
        let most = self.large_group.max(1);
        let rarer = self.busy_sync_pace.saturating_sub(self.sync_pace);
        self.sync_pace + rarer * records.min(most) as u32 / most as u32
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            sync_pace: Duration::from_micros(500),
            busy_sync_pace: Duration::from_millis(2),
            large_group: 16,
            recent_bytes: 32 << 20,
            most_unsynced_bytes: 64 << 20,
            batch_bytes: 4 << 20,
            zeros_ahead_bytes: 16 << 20,
            indexes_in_memory: 32,
            compression_level: 1,
            seal_pause: Duration::from_millis(2),
            retry_pace: Duration::from_millis(20),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_the_group_the_rarer_the_syncs_within_bounds() {
        let ms = Duration::from_millis;
        let options = Options {
            sync_pace: ms(1),
            busy_sync_pace: ms(4),
            large_group: 8,
            ..Options::default()
        };
        let us = Duration::from_micros;
        let paces = [0, 1, 4, 8, 9, 1_000_000].map(|records| options.pace(records));
        assert_eq!(paces, [us(1_000), us(1_375), us(2_500), ms(4), ms(4), ms(4)]);
        let slow = Options { sync_pace: ms(50), ..options };
        assert_eq!(slow.pace(8), ms(50));
    }
}
