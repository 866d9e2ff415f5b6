use crate::MetricError;
use crate::error::{check_direction, mean};

/// Brier loss of each row: (p − label)² (Brier, 1950).
///
/// # Errors
/// `INSUFFICIENT_DATA`, `LENGTH_MISMATCH`, `VALUE_NOT_FINITE`, `VALUE_OUT_OF_RANGE`, `LABEL_INVALID`.
pub fn brier_losses(probabilities: &[f64], labels: &[f64]) -> Result<Vec<f64>, MetricError> {
    check_direction(probabilities, labels)?;
    Ok(probabilities
        .iter()
        .zip(labels)
        .map(|(p, label)| (p - label) * (p - label))
        .collect())
}

/// Mean of [`brier_losses`].
///
/// # Errors
/// As [`brier_losses`].
pub fn brier(probabilities: &[f64], labels: &[f64]) -> Result<f64, MetricError> {
    Ok(mean(&brier_losses(probabilities, labels)?))
}
