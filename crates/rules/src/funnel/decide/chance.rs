//! Chance from a seed: SplitMix64 (Steele, Lea, Flood 2014), with integers only.
//! Promise: the same seed gives the same draws on every machine. Stored routes depend on it, so it
//! never changes.

/// A row of draws from one seed.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, or 0 for a bound of 0. The high half of a 128-bit product: the
    /// bias is below `bound` in 2^64, far below what any count of visitors could show.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's first outputs for the seed 1234567.
    #[test]
    fn draws_are_those_of_the_reference() {
        let mut chance = Chance::new(1_234_567);
        let drawn: Vec<u64> = (0..5).map(|_| chance.next()).collect();
        let reference = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(drawn, reference);
    }

    #[test]
    fn a_draw_stays_below_its_bound() {
        let mut chance = Chance::new(7);
        assert_eq!(chance.below(0), 0);
        assert_eq!(chance.below(1), 0);
        assert!((0..1000).all(|_| chance.below(3) < 3));
    }
}
