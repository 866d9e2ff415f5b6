use crate::MetricError;
use crate::error::{check_direction, mean};

/// Probabilities are moved into \[floor, 1 − floor\] before the logarithm, so that one certain and wrong forecast costs
/// 34.5, not infinity.
pub const PROBABILITY_FLOOR: f64 = 1e-15;

/// Log loss of each row: −ln p where the label is 1, −ln(1 − p) where it is 0.
///
/// # Errors
/// `INSUFFICIENT_DATA`, `LENGTH_MISMATCH`, `VALUE_NOT_FINITE`, `VALUE_OUT_OF_RANGE`, `LABEL_INVALID`.
pub fn log_losses(probabilities: &[f64], labels: &[f64]) -> Result<Vec<f64>, MetricError> {
    check_direction(probabilities, labels)?;
    let loss = |(&p, &label): (&f64, &f64)| {
        let p = p.clamp(PROBABILITY_FLOOR, 1.0 - PROBABILITY_FLOOR);
        if label == 1.0 { -p.ln() } else { -(-p).ln_1p() }
    };
    Ok(probabilities.iter().zip(labels).map(loss).collect())
}

/// Mean of [`log_losses`]; ln 2 ≈ 0.693 for the constant forecast 0.5.
///
/// # Errors
/// As [`log_losses`].
pub fn log_loss(probabilities: &[f64], labels: &[f64]) -> Result<f64, MetricError> {
    Ok(mean(&log_losses(probabilities, labels)?))
}
