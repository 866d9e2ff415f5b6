use tidemark_core::min_len;

use crate::MetricError;
use crate::error::{check_direction, check_labels, mean};

/// Share of rows whose label the forecast names: 1 where p > 0.5, 0 otherwise (a p of exactly 0.5 calls a fall).
///
/// Means nothing alone: an index that rises in 58 % of its windows gives a constant forecaster 58 %. Show it beside
/// [`base_rate`].
///
/// # Errors
/// `INSUFFICIENT_DATA`, `LENGTH_MISMATCH`, `VALUE_NOT_FINITE`, `VALUE_OUT_OF_RANGE`, `LABEL_INVALID`.
pub fn hit_rate(probabilities: &[f64], labels: &[f64]) -> Result<f64, MetricError> {
    check_direction(probabilities, labels)?;
    let hits = probabilities
        .iter()
        .zip(labels)
        .filter(|&(&p, &label)| (p > 0.5) == (label == 1.0))
        .count();
    Ok(hits as f64 / labels.len() as f64)
}

/// Share of labels that are 1.
///
/// # Errors
/// `INSUFFICIENT_DATA`, `LABEL_INVALID`.
pub fn base_rate(labels: &[f64]) -> Result<f64, MetricError> {
    min_len("labels", 1, labels.len())?;
    check_labels(labels)?;
    Ok(mean(labels))
}
