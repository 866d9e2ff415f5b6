use crate::{Reference, Sample};

/// Bins that reference quantiles ask for; ties in the reference can merge some.
pub const BINS: usize = 10;

/// One bin \[low, high) of both samples and what it adds to the statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Lower end, which belongs to the bin; `None` for no bound.
    pub low: Option<f64>,
    /// Upper end, which does not; `None` for no bound.
    pub high: Option<f64>,
    /// Reference values in it.
    pub reference: usize,
    /// Current values in it.
    pub current: usize,
    /// Its term of the sum.
    pub contribution: f64,
}

/// Linear-interpolation quantile at `numerator`/`denominator` (type 7 of Hyndman and Fan, 1996; numpy's default) of
/// values that are sorted and not none.
///
/// The position (n − 1)·numerator/denominator is kept as a whole number and a remainder: where it falls on a value the
/// quantile is that value exactly, and not one rounding beside it, which would move the value into another bin.
pub(crate) fn quantile(sorted: &[f64], numerator: usize, denominator: usize) -> f64 {
    let position = (sorted.len() - 1) * numerator;
    let (below, rest) = (position / denominator, position % denominator);
    let low = sorted[below];
    if rest == 0 {
        return low;
    }
    low + rest as f64 / denominator as f64 * (sorted[below + 1] - low)
}

/// Inner edges of [`BINS`] bins of equal reference mass: the distinct deciles. The outer bins are open.
///
/// Where a single value takes all nine (at least four fifths of the reference), bins below, at and above it are made:
/// one edge alone could not tell a move upwards.
pub(crate) fn quantile_edges(sorted: &[f64]) -> Vec<f64> {
    if sorted.is_empty() {
        return Vec::new();
    }
    let mut edges: Vec<f64> = (1..BINS).map(|k| quantile(sorted, k, BINS)).collect();
    edges.dedup();
    if let [only] = edges[..] {
        edges.push(only.next_up());
    }
    edges
}

/// Values in each bin; one more bin than inner edges.
pub(crate) fn counts(sorted: &[f64], edges: &[f64]) -> Vec<usize> {
    let mut below = 0;
    let mut counts: Vec<usize> = edges
        .iter()
        .map(|edge| {
            let upto = sorted.partition_point(|value| value < edge);
            let count = upto - below;
            below = upto;
            count
        })
        .collect();
    counts.push(sorted.len() - below);
    counts
}

/// Sum of `term(p, q)` over the bins of the reference, p and q being the reference's and the current share of each.
///
/// `share` makes a share of (values in the bin, values in all, bins). Bins that hold no value of either sample say
/// nothing; they are left out and not counted as bins.
pub(crate) fn sum_over_bins(
    reference: &Reference,
    current: &Sample,
    share: impl Fn(usize, usize, usize) -> f64,
    term: impl Fn(f64, f64) -> f64,
) -> (f64, Vec<Bin>) {
    let edges = reference.edges();
    let current_counts = counts(current.sorted(), edges);
    let pairs = || {
        reference
            .counts()
            .iter()
            .copied()
            .zip(current_counts.iter().copied())
    };
    let is_occupied = |&(reference, current): &(usize, usize)| reference + current > 0;
    let occupied = pairs().filter(is_occupied).count();
    let bins: Vec<Bin> = pairs()
        .enumerate()
        .filter(|(_, pair)| is_occupied(pair))
        .map(|(index, (in_reference, in_current))| {
            let p = share(in_reference, reference.sample().len(), occupied);
            let q = share(in_current, current.len(), occupied);
            Bin {
                low: index.checked_sub(1).map(|below| edges[below]),
                high: edges.get(index).copied(),
                reference: in_reference,
                current: in_current,
                contribution: term(p, q),
            }
        })
        .collect();
    (bins.iter().map(|bin| bin.contribution).sum(), bins)
}

/// (c + ½)/(N + ½B): the expected share under Jeffreys' prior on the shares of B bins (Jeffreys, 1946).
pub(crate) fn jeffreys(count: usize, total: usize, bins: usize) -> f64 {
    (count as f64 + 0.5) / (total as f64 + 0.5 * bins as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_on_a_value_is_that_value() {
        // 0.7·(11 − 1) is not 7 in floating point; the position must be.
        let values: Vec<f64> = (0..11).map(|k| 0.1 * f64::from(k)).collect();
        for k in 0..=10 {
            assert_eq!(quantile(&values, k, 10), values[k]);
        }
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 1, 2), 2.5);
        assert_eq!(quantile(&[7.0], 3, 10), 7.0);
    }

    #[test]
    fn bins_are_closed_below_and_open_at_the_ends() {
        assert_eq!(counts(&[-9.0, 1.0, 1.5, 2.0, 99.0], &[1.0, 2.0]), [1, 2, 2]);
        assert_eq!(counts(&[], &[1.0]), [0, 0]);
        assert_eq!(counts(&[4.0], &[]), [1]);
    }

    #[test]
    fn ties_merge_edges_and_a_single_value_keeps_both_sides() {
        let signs: Vec<f64> = (0..100).map(|k| f64::from(u8::from(k >= 45))).collect();
        assert_eq!(quantile_edges(&signs), [0.0, 1.0]);
        assert_eq!(quantile_edges(&[3.0; 20]), [3.0, 3.0_f64.next_up()]);
        assert_eq!(quantile_edges(&[]), [0.0; 0]);
    }
}
