/// Values that no statistic uses, as counts of a sample.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NonFinite {
    /// All values given, finite or not.
    pub rows: usize,
    /// Values that are NaN, which is also how a missing value comes.
    pub nan: usize,
    /// Values of +∞.
    pub positive_infinity: usize,
    /// Values of −∞.
    pub negative_infinity: usize,
}

impl NonFinite {
    /// Shares of the rows that are NaN, +∞ and −∞, each in \[0, 1\]; `None` without rows.
    #[must_use]
    pub fn rates(&self) -> Option<[f64; 3]> {
        let rate = |count: usize| count as f64 / self.rows as f64;
        (self.rows > 0).then(|| [self.nan, self.positive_infinity, self.negative_infinity].map(rate))
    }
}

/// The finite values of a sample in ascending order, and a count of the others.
///
/// Built from the same values in any order, two samples are the same bit for bit. −0 becomes 0.
///
/// ```
/// let sample = tidemark_drift::Sample::new([3.0, f64::NAN, 1.0]);
/// assert_eq!(sample.sorted(), [1.0, 3.0]);
/// assert_eq!(sample.non_finite().nan, 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    sorted: Vec<f64>,
    non_finite: NonFinite,
}

impl Sample {
    /// Sorts and counts the values; no values are a sample too.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let mut non_finite = NonFinite::default();
        let mut sorted: Vec<f64> = Vec::new();
        for value in values {
            non_finite.rows += 1;
            if value.is_finite() {
                // Adding 0 turns −0 into 0: the two are equal, but the total order would tell them apart.
                sorted.push(value + 0.0);
            } else if value.is_nan() {
                non_finite.nan += 1;
            } else if value > 0.0 {
                non_finite.positive_infinity += 1;
            } else {
                non_finite.negative_infinity += 1;
            }
        }
        sorted.sort_unstable_by(f64::total_cmp);
        Self { sorted, non_finite }
    }

    /// The finite values, ascending.
    #[must_use]
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// Number of finite values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there is no finite value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Whether all finite values are one and the same; true of none at all.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.sorted.first() == self.sorted.last()
    }

    /// What was left out.
    #[must_use]
    pub fn non_finite(&self) -> NonFinite {
        self.non_finite
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn non_finite_values_are_counted_by_kind() {
        let sample = Sample::new([
            f64::NAN,
            2.0,
            f64::INFINITY,
            -0.0,
            f64::NEG_INFINITY,
            f64::NAN,
            0.0,
            -1.0,
        ]);
        assert_eq!(
            sample.sorted().iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
            [(-1.0_f64).to_bits(), 0, 0, 2.0_f64.to_bits()]
        );
        assert_eq!(sample.non_finite().rates(), Some([0.25, 0.125, 0.125]));
        assert_eq!(Sample::new([]).non_finite().rates(), None);
    }
}
