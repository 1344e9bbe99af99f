//! Counts attempts per account and per address, and says how long to wait.
//! Promise: attempts count before they are judged, so parallel guesses gain nothing; at most a fixed
//! number of names is remembered, the oldest give way.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;

/// Attempts are counted over this time, in milliseconds.
const WINDOW_MS: u64 = 15 * 60 * 1000;
/// Attempts per account and window.
const PER_ACCOUNT: u32 = 10;
/// Attempts per address and window: more, as an office may share one.
const PER_ADDRESS: u32 = 40;
/// Accounts and addresses remembered together.
const MOST_NAMES: usize = 20_000;

/// Not now; try again after this many milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub u64);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Name {
    Account(String),
    /// An IPv4 address or an IPv6 /64: one household or machine has all of the latter.
    Network(u64),
}

struct Count {
    since_ms: u64,
    attempts: u32,
}

/// Attempts of the last quarter of an hour.
#[derive(Default)]
pub struct Throttle {
    counts: Mutex<HashMap<Name, Count>>,
}

impl Throttle {
    /// Counts an attempt on `account` from `address` at `now_ms` (Unix milliseconds).
    /// # Errors
    /// There were too many; this one must not be judged.
    pub fn attempt(&self, account: &str, address: IpAddr, now_ms: u64) -> Result<(), Wait> {
        let mut counts = self.counts.lock();
        let names = [
            (Name::Account(account.to_owned()), PER_ACCOUNT),
            (Name::Network(network(address)), PER_ADDRESS),
        ];
        for (name, most) in &names {
            let current = counts.get(name).filter(|count| count.is_current(now_ms));
            if let Some(count) = current.filter(|count| count.attempts >= *most) {
                return Err(Wait(count.since_ms + WINDOW_MS - now_ms));
            }
        }
        for (name, _) in names {
            make_room(&mut counts, now_ms);
            let count = counts.entry(name).or_insert(Count { since_ms: now_ms, attempts: 0 });
            if !count.is_current(now_ms) {
                *count = Count { since_ms: now_ms, attempts: 0 };
            }
            count.attempts += 1;
        }
        Ok(())
    }

    /// The attempt was right: the account starts afresh. The address keeps its count, so that one
    /// own account cannot be used to go on guessing others.
    pub fn succeeded(&self, account: &str) {
        self.counts.lock().remove(&Name::Account(account.to_owned()));
    }
}

impl Count {
    fn is_current(&self, now_ms: u64) -> bool {
        now_ms < self.since_ms + WINDOW_MS
    }
}

fn make_room(counts: &mut HashMap<Name, Count>, now_ms: u64) {
    if counts.len() < MOST_NAMES {
        return;
    }
    counts.retain(|_, count| count.is_current(now_ms));
    if counts.len() < MOST_NAMES {
        return;
    }
    // Half at once, so that a flood pays for one pass per many names.
    let mut ages: Vec<u64> = counts.values().map(|count| count.since_ms).collect();
    let middle = ages.len() / 2;
    let (_, cut_ms, _) = ages.select_nth_unstable(middle);
    let cut_ms = *cut_ms;
    counts.retain(|_, count| count.since_ms > cut_ms);
}

fn network(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(v4) => u64::from(u32::from(v4)),
        // The top bits of a public IPv6 address are never all zero: it cannot equal an IPv4 one.
        IpAddr::V6(v6) => (u128::from(v6) >> 64) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn address(n: u32) -> IpAddr {
        std::net::Ipv4Addr::from(n).into()
    }

    #[test]
    fn an_account_takes_ten_attempts_per_quarter_of_an_hour_from_wherever_they_come() {
        let throttle = Throttle::default();
        for n in 0..10 {
            assert_eq!(throttle.attempt("ann", address(n), 1000), Ok(()));
        }
        assert_eq!(throttle.attempt("ann", address(99), 2000), Err(Wait(WINDOW_MS - 1000)));
        assert_eq!(throttle.attempt("bob", address(99), 2000), Ok(()));
        assert_eq!(throttle.attempt("ann", address(99), 1000 + WINDOW_MS), Ok(()));
    }

    #[test]
    fn an_address_takes_forty_whatever_accounts_it_tries_and_successes_do_not_reset_it() {
        let throttle = Throttle::default();
        for n in 0..40 {
            assert_eq!(throttle.attempt(&format!("user{n}"), HOME, 5), Ok(()));
            throttle.succeeded(&format!("user{n}"));
        }
        assert_eq!(throttle.attempt("another", HOME, 5), Err(Wait(WINDOW_MS)));
    }

    #[test]
    fn success_lets_the_account_start_afresh() {
        let throttle = Throttle::default();
        for n in 0..9 {
            throttle.attempt("ann", address(n), 0).unwrap();
        }
        throttle.succeeded("ann");
        assert_eq!((0..10).filter(|n| throttle.attempt("ann", address(*n), 1).is_ok()).count(), 10);
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let throttle = Throttle::default();
        for n in 0..40 {
            let address: IpAddr = format!("2001:db8::{n:x}").parse().unwrap();
            throttle.attempt(&format!("u{n}"), address, 0).unwrap();
        }
        assert!(throttle.attempt("u", "2001:db8::ffff".parse().unwrap(), 0).is_err());
        assert!(throttle.attempt("u", "2001:db8:0:1::1".parse().unwrap(), 0).is_ok());
    }

    #[test]
    fn a_flood_of_names_is_forgotten_oldest_first() {
        let throttle = Throttle::default();
        for n in 0..3 * MOST_NAMES as u32 {
            let _ = throttle.attempt(&format!("u{n}"), address(n), u64::from(n));
        }
        assert!(throttle.counts.lock().len() <= MOST_NAMES);
    }
}
