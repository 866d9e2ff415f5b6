//! Which rows and features a tree sees.

use tidemark_core::Rng;

/// `fraction` of `n`, rounded, at least one.
pub(crate) fn share_of(n: usize, fraction: f64) -> usize {
    ((n as f64 * fraction).round() as usize).clamp(1, n)
}

/// Visits `0..n` in order and keeps exactly `keep` of them, each subset equally likely (Knuth, Algorithm S).
pub(crate) fn select(n: usize, keep: usize, rng: &mut Rng, mut visit: impl FnMut(usize, bool)) {
    let mut wanted = keep;
    for item in 0..n {
        let left = n - item;
        let is_kept = wanted == left || (wanted > 0 && rng.below(left as u64) < wanted as u64);
        wanted -= usize::from(is_kept);
        visit(item, is_kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_wanted_number_is_kept_and_each_item_equally_often() {
        let mut rng = Rng::new(4);
        let mut kept = [0_usize; 10];
        for _ in 0..10_000 {
            let mut count = 0;
            select(10, 3, &mut rng, |item, is_kept| {
                count += usize::from(is_kept);
                kept[item] += usize::from(is_kept);
            });
            assert_eq!(count, 3);
        }
        assert!(
            kept.iter().all(|count| (2_800..3_200).contains(count)),
            "{kept:?}"
        );
    }

    #[test]
    fn a_share_is_at_least_one_and_at_most_all() {
        assert_eq!(
            [(10, 0.01), (10, 0.25), (10, 1.0), (3, 0.5)].map(|(n, f)| share_of(n, f)),
            [1, 3, 10, 2]
        );
    }
}
