//! Callers who send IDs that nobody issued: a few of their calls are kept, the rest only counted.
//! Promise: a guesser fills neither the disk nor the memory (product.md §6.7).

use moka::sync::Cache;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Calls kept per address and hour.
const KEPT_PER_HOUR: u32 = 20;
/// Addresses remembered.
const MOST_ADDRESSES: u64 = 10_000;
const HOUR: Duration = Duration::from_secs(3600);

/// How often each address sent an ID that nobody issued, within the hour.
pub struct Strangers {
    seen: Cache<IpAddr, Arc<AtomicU32>>,
}

impl Default for Strangers {
    fn default() -> Self {
        Self { seen: Cache::builder().max_capacity(MOST_ADDRESSES).time_to_live(HOUR).build() }
    }
}

impl Strangers {
    /// Counts one more call from `address`; says whether it is among those that are kept.
    pub fn keeps(&self, address: IpAddr) -> bool {
        let count = self.seen.get_with(address, Arc::default);
        count.fetch_add(1, Ordering::Relaxed) < KEPT_PER_HOUR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_calls_of_each_address_are_kept() {
        let strangers = Strangers::default();
        let kept = |address: &str| {
            let address: IpAddr = address.parse().unwrap();
            (0..30).filter(|_| strangers.keeps(address)).count()
        };
        assert_eq!((kept("192.0.2.1"), kept("192.0.2.2")), (20, 20));
        assert_eq!(kept("192.0.2.1"), 0);
    }
}
