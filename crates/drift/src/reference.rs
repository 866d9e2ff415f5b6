use crate::Sample;
use crate::bins::{counts, quantile, quantile_edges};

/// What a current sample is compared with, frozen: edges and scales come from these values alone, so that figures of
/// different days can be compared with one another.
///
/// ```
/// use tidemark_drift::{PValue, Reference, Sample, Statistic, PsiQuantileRef};
/// let reference = Reference::new((0..100).map(f64::from));
/// let same = PsiQuantileRef.score(&reference, &Sample::new((0..100).map(f64::from)), PValue::Skip);
/// assert_eq!(same.value, Some(0.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    sample: Sample,
    edges: Vec<f64>,
    counts: Vec<usize>,
}

impl Reference {
    /// Freezes the finite values. No values are a reference too: every statistic then is insufficient.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let sample = Sample::new(values);
        let edges = quantile_edges(sample.sorted());
        let counts = counts(sample.sorted(), &edges);
        Self {
            sample,
            edges,
            counts,
        }
    }

    /// Its values.
    #[must_use]
    pub fn sample(&self) -> &Sample {
        &self.sample
    }

    /// Inner edges of the bins, ascending; bins are closed below, the outer two are open.
    #[must_use]
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Its values in each bin, one bin more than inner edges.
    #[must_use]
    pub fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// Interquartile range of values that are not none.
    pub(crate) fn interquartile_range(&self) -> f64 {
        let sorted = self.sample.sorted();
        quantile(sorted, 3, 4) - quantile(sorted, 1, 4)
    }

    /// Standard deviation over n, of values that are not none.
    pub(crate) fn standard_deviation(&self) -> f64 {
        let sorted = self.sample.sorted();
        let n = sorted.len() as f64;
        let mean = sorted.iter().sum::<f64>() / n;
        (sorted.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
    }

    /// Largest magnitude of values that are not none.
    pub(crate) fn largest_magnitude(&self) -> f64 {
        let ends = [self.sample.sorted().first(), self.sample.sorted().last()];
        ends.into_iter()
            .flatten()
            .fold(0.0, |most, value| most.max(value.abs()))
    }
}
