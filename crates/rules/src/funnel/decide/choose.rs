//! Chooses one of several weighted ways or pages.
//! Promise: over many seeds each is chosen in proportion to its weight.

use super::chance::Chance;

/// Which of `weights` is chosen; none if there is none. A single one needs no draw.
pub(super) fn weighted(weights: &[u32], chance: &mut Chance) -> Option<usize> {
    if weights.len() < 2 {
        return (!weights.is_empty()).then_some(0);
    }
    let mut left = chance.below(total(weights));
    for (place, weight) in weights.iter().enumerate() {
        match left.checked_sub(u64::from(*weight)) {
            Some(rest) => left = rest,
            None => return Some(place),
        }
    }
    Some(0) // only if every weight is zero, which no valid funnel has
}

/// The sum of `weights`.
pub(super) fn total(weights: &[u32]) -> u64 {
    weights.iter().copied().map(u64::from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chi-square with two degrees of freedom: 13.8 is passed once in a thousand by honest dice;
    /// the seeds are fixed, so this one either holds or does not.
    #[test]
    fn choices_follow_weights() {
        let weights = [1, 2, 7];
        let mut counts = [0u32; 3];
        for seed in 0..100_000 {
            counts[weighted(&weights, &mut Chance::new(seed)).unwrap()] += 1;
        }
        let chi_square: f64 = counts
            .iter()
            .zip([10_000.0, 20_000.0, 70_000.0])
            .map(|(count, expected)| (f64::from(*count) - expected).powi(2) / expected)
            .sum();
        assert!(chi_square < 13.8, "{counts:?}");
    }

    #[test]
    fn nothing_and_zero_weights_do_no_harm() {
        let mut chance = Chance::new(1);
        assert_eq!(weighted(&[], &mut chance), None);
        assert_eq!(weighted(&[0, 0], &mut chance), Some(0));
        assert_eq!(weighted(&[5], &mut chance), Some(0));
    }
}
