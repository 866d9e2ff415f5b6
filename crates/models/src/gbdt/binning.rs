//! Discretisation of features into at most 255 bins, column-major.

use super::params::CheckedGbdtParams;

/// Most bins a feature may use, the bin of missing values included; a bin index is one byte.
pub const MAX_BINS: usize = 255;

/// Bins of one feature.
///
/// Bin `b` holds the values `x` with `bounds[b - 1] < x ≤ bounds[b]`; the last value bin has no upper bound.
/// Missing values (NaN) take the bin after the last value bin when the fit rows contain any.
/// A bound is the midpoint between two neighbouring observed values, so that a split made on bins and a split
/// made on raw values by `x ≤ bound` agree on every row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FeatureBins {
    bounds: Vec<f64>,
    has_missing: bool,
}

impl FeatureBins {
    /// Chooses bounds from the values of one feature. `scratch` is emptied and reused between features.
    fn fit(
        values: impl Iterator<Item = f64>,
        max_bins: usize,
        min_data: usize,
        scratch: &mut Vec<f64>,
    ) -> Self {
        scratch.clear();
        let mut has_missing = false;
        for value in values {
            if value.is_nan() {
                has_missing = true;
            } else {
                scratch.push(value);
            }
        }
        scratch.sort_unstable_by(f64::total_cmp);
        let distinct = run_lengths(scratch);
        let value_bins = max_bins - usize::from(has_missing);
        let bounds = if distinct.len() <= value_bins {
            bounds_of_distinct(&distinct, min_data)
        } else {
            bounds_by_frequency(&distinct, scratch.len(), value_bins)
        };
        Self { bounds, has_missing }
    }

    /// Number of bins that hold values.
    pub(crate) fn value_bins(&self) -> usize {
        self.bounds.len() + 1
    }

    /// Number of bins, the missing one included.
    pub(crate) fn bins(&self) -> usize {
        self.value_bins() + usize::from(self.has_missing)
    }

    /// Bin of missing values, when the fit rows had any.
    pub(crate) fn missing_bin(&self) -> Option<usize> {
        self.has_missing.then(|| self.value_bins())
    }

    /// Largest value that goes left when a node splits after `bin`.
    ///
    /// After the last value bin every finite value goes left and only missing values go right.
    pub(crate) fn threshold(&self, bin: usize) -> f64 {
        self.bounds.get(bin).copied().unwrap_or(f64::MAX)
    }

    fn bin_of(&self, value: f64) -> u8 {
        if value.is_nan() {
            return self.value_bins() as u8;
        }
        self.bounds.partition_point(|bound| *bound < value) as u8
    }
}

/// Distinct values of a sorted slice with their counts. `-0.0` and `0.0` count as one value.
fn run_lengths(sorted: &[f64]) -> Vec<(f64, usize)> {
    let mut runs: Vec<(f64, usize)> = Vec::new();
    for &value in sorted {
        match runs.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => runs.push((value, 1)),
        }
    }
    runs
}

/// A number `m` with `low ≤ m < high`: the midpoint, or `low` where rounding would reach `high`.
fn bound_between(low: f64, high: f64) -> f64 {
    let middle = f64::midpoint(low, high);
    if middle < high { middle } else { low }
}

/// One bin per distinct value, merged upwards until it holds `min_data` rows.
fn bounds_of_distinct(distinct: &[(f64, usize)], min_data: usize) -> Vec<f64> {
    let mut bounds = Vec::new();
    let mut count = 0;
    for pair in distinct.windows(2) {
        count += pair[0].1;
        if count >= min_data {
            bounds.push(bound_between(pair[0].0, pair[1].0));
            count = 0;
        }
    }
    bounds
}

/// Bins of about equal frequency. A value that fills a bin by itself gets its own; the others share what is left.
fn bounds_by_frequency(distinct: &[(f64, usize)], rows: usize, bins: usize) -> Vec<f64> {
    let heavy_from = rows as f64 / bins as f64;
    let is_heavy = |count: usize| count as f64 >= heavy_from;
    let mut light_rows = rows;
    let mut light_bins = bins;
    for &(_, count) in distinct.iter().filter(|(_, count)| is_heavy(*count)) {
        light_rows -= count;
        light_bins -= 1;
    }
    let mut target = light_rows as f64 / light_bins.max(1) as f64;
    let mut bounds = Vec::with_capacity(bins - 1);
    let mut filled = 0;
    for pair in distinct.windows(2) {
        let (value, count) = pair[0];
        let (next, next_count) = pair[1];
        filled += count;
        if !is_heavy(count) {
            light_rows -= count;
        }
        let before_heavy = is_heavy(next_count) && filled as f64 >= (0.5 * target).max(1.0);
        if is_heavy(count) || filled as f64 >= target || before_heavy {
            bounds.push(bound_between(value, next));
            filled = 0;
            if bounds.len() + 1 == bins {
                break;
            }
            if !is_heavy(count) {
                light_bins = light_bins.saturating_sub(1);
                target = light_rows as f64 / light_bins.max(1) as f64;
            }
        }
    }
    bounds
}

/// The fit rows as bins, one column per feature.
#[derive(Debug)]
pub(crate) struct BinnedMatrix {
    pub(crate) features: Vec<FeatureBins>,
    pub(crate) columns: Vec<Vec<u8>>,
    /// Start of each feature's bins in one histogram of all features; the last entry is its length.
    pub(crate) offsets: Vec<usize>,
}

impl BinnedMatrix {
    /// Bins `inputs`, row-major with `width` features a row. Values are finite or NaN; width is positive.
    pub(crate) fn fit(inputs: &[f64], width: usize, params: &CheckedGbdtParams) -> Self {
        let mut scratch = Vec::with_capacity(inputs.len() / width);
        let mut features = Vec::with_capacity(width);
        let mut columns = Vec::with_capacity(width);
        let mut offsets = vec![0];
        for feature in 0..width {
            let values = inputs.iter().skip(feature).step_by(width).copied();
            let bins = FeatureBins::fit(
                values.clone(),
                params.max_bins,
                params.min_data_in_bin,
                &mut scratch,
            );
            columns.push(values.map(|value| bins.bin_of(value)).collect());
            offsets.push(offsets[feature] + bins.bins());
            features.push(bins);
        }
        Self {
            features,
            columns,
            offsets,
        }
    }

    /// Length of one histogram over all features.
    pub(crate) fn total_bins(&self) -> usize {
        self.offsets[self.offsets.len() - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(values: &[f64], max_bins: usize, min_data: usize) -> FeatureBins {
        FeatureBins::fit(values.iter().copied(), max_bins, min_data, &mut Vec::new())
    }

    #[test]
    fn few_distinct_values_get_a_bin_each_with_midpoint_bounds() {
        let bins = fit(&[3.0, 1.0, 2.0, 1.0, 3.0, 2.0], 255, 1);
        assert_eq!(bins.bounds, vec![1.5, 2.5]);
        assert_eq!(bins.bins(), 3);
        assert_eq!([1.0, 1.5, 1.6, 2.5, 9.0].map(|x| bins.bin_of(x)), [0, 0, 1, 1, 2]);
    }

    #[test]
    fn rare_values_share_a_bin_until_it_is_filled() {
        let bins = fit(&[1.0, 2.0, 3.0, 3.0, 3.0, 4.0], 255, 3);
        assert_eq!(bins.bounds, vec![3.5]);
    }

    #[test]
    fn missing_values_take_one_bin_of_the_allowance() {
        let values: Vec<f64> = (0..1000).map(f64::from).chain([f64::NAN]).collect();
        let bins = fit(&values, 16, 1);
        assert!(bins.bins() <= 16);
        assert_eq!(bins.missing_bin(), Some(bins.value_bins()));
        assert_eq!(usize::from(bins.bin_of(f64::NAN)), bins.value_bins());
    }

    #[test]
    fn many_distinct_values_are_spread_evenly() {
        let values: Vec<f64> = (0..10_000).map(f64::from).collect();
        let bins = fit(&values, 100, 3);
        let mut counts = vec![0_usize; bins.bins()];
        for value in values {
            counts[usize::from(bins.bin_of(value))] += 1;
        }
        assert_eq!(counts.len(), 100);
        assert!(
            counts.iter().all(|count| (90..=110).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn a_dominant_value_gets_its_own_bin() {
        let mut values = vec![0.0; 5000];
        values.extend((0..5000).map(|i| f64::from(i) + 1.0));
        let bins = fit(&values, 32, 3);
        assert_eq!(bins.bin_of(0.0), 0);
        assert_eq!(bins.bin_of(1.0), 1);
        assert!((30..=32).contains(&bins.bins()));
    }

    #[test]
    fn a_bound_between_adjacent_floats_still_separates_them() {
        let low = 1.0_f64;
        let high = low.next_up();
        let bins = fit(&[low, high], 255, 1);
        assert_eq!(bins.bin_of(low), 0);
        assert_eq!(bins.bin_of(high), 1);
        assert_eq!(fit(&[-0.0, 0.0], 255, 1).bins(), 1);
    }

    #[test]
    fn a_constant_feature_has_one_bin() {
        assert_eq!(fit(&[7.0; 50], 255, 3).bins(), 1);
    }
}
