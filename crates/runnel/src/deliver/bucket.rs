//! A token bucket: so many calls in a second, and no more than that at once.
//! Promise: integers of thousandths, so that no rate drifts.

/// A bucket that holds one second's calls.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    per_second: u64,
    thousandths: u64,
    at_ms: u64,
}

impl Bucket {
    /// A full bucket. `per_second` is at least 1.
    pub fn new(per_second: u32, now_ms: u64) -> Self {
        let per_second = u64::from(per_second.max(1));
        Self { per_second, thousandths: per_second * 1000, at_ms: now_ms }
    }

    /// The same bucket under another rate.
    #[must_use]
    pub fn at_rate(self, per_second: u32) -> Self {
        let per_second = u64::from(per_second.max(1));
        Self { per_second, thousandths: self.thousandths.min(per_second * 1000), ..self }
    }

    /// Takes a call out.
    /// # Errors
    /// There is none; the moment at which there will be, Unix milliseconds.
    pub fn take(&mut self, now_ms: u64) -> Result<(), u64> {
        let passed_ms = now_ms.saturating_sub(self.at_ms);
        let full = self.per_second * 1000;
        let gained = passed_ms.saturating_mul(self.per_second);
        self.thousandths = self.thousandths.saturating_add(gained).min(full);
        self.at_ms = self.at_ms.max(now_ms);
        if self.thousandths >= 1000 {
            self.thousandths -= 1000;
            return Ok(());
        }
        Err(self.at_ms + (1000 - self.thousandths).div_ceil(self.per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_as_many_calls_as_were_agreed() {
        for rate in [1, 3, 100, 10_000] {
            let (mut bucket, mut now_ms, mut taken) = (Bucket::new(rate, 0), 0, 0);
            // A full bucket, then ten seconds' worth.
            while now_ms <= 10_000 {
                match bucket.take(now_ms) {
                    Ok(()) => taken += 1,
                    Err(next_ms) => {
                        assert!(next_ms > now_ms);
                        now_ms = next_ms;
                    }
                }
            }
            assert_eq!(taken, 11 * rate, "{rate}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let mut bucket = Bucket::new(1, 5_000);
        assert_eq!(bucket.take(5_000), Ok(()));
        assert_eq!(bucket.take(1_000), Err(6_000));
        assert_eq!(bucket.take(6_000), Ok(()));
    }
}
