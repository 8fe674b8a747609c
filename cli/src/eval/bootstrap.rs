//! Confidence intervals by the percentile bootstrap.

use std::ops::AddAssign;

/// Resamples of the data.
const ROUNDS: usize = 1000;

/// The 95 % interval of `score` over `items`, which are resampled as wholes (sentences, rows).
///
/// Efron and Tibshirani, An Introduction to the Bootstrap, section 13.3. The generator is seeded, so the same data gives the
/// same interval. `None` where the score is undefined in every resample.
pub(super) fn interval<C>(items: &[C], score: impl Fn(&C) -> Option<f64>) -> Option<(f64, f64)>
where
    C: Copy + Default + AddAssign,
{
    let mut random = SplitMix(2024);
    let mut scores: Vec<f64> = (0..ROUNDS)
        .filter_map(|_| {
            let mut sum = C::default();
            for _ in 0..items.len() {
                sum += *items.get(random.below(items.len()))?;
            }
            score(&sum)
        })
        .collect();
    scores.sort_by(f64::total_cmp);
    let at = |share: f64| scores.get((scores.len() as f64 * share) as usize).copied();
    Some((at(0.025)?, at(0.975)?))
}

/// Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The high half of the product is below the bound; the bias is bound / 2^64.
        ((u128::from(z ^ (z >> 31)) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Default)]
    struct Hits(u32, u32);

    impl AddAssign for Hits {
        fn add_assign(&mut self, other: Self) {
            self.0 += other.0;
            self.1 += other.1;
        }
    }

    #[test]
    fn the_interval_holds_the_share_and_has_the_right_width() {
        let items: Vec<Hits> = (0..400).map(|n| Hits(u32::from(n % 4 > 0), 1)).collect();
        let share = |hits: &Hits| (hits.1 > 0).then(|| f64::from(hits.0) / f64::from(hits.1));
        let (low, high) = interval(&items, share).unwrap();
        // 0.75 +- 1.96 * sqrt(0.75 * 0.25 / 400) = 0.708 .. 0.792
        assert!(
            (low - 0.708).abs() < 0.012 && (high - 0.792).abs() < 0.012,
            "{low} {high}"
        );
        assert_eq!(interval(&items, share), Some((low, high)));
    }

    #[test]
    fn nothing_gives_no_interval() {
        assert_eq!(interval(&[], |_: &Hits| None), None);
    }
}
