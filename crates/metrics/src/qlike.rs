use tidemark_core::{min_len, non_negative, positive, same_len};

use crate::MetricError;
use crate::error::mean;

/// QLIKE loss of each row: ln h + r²/h, h the forecast variance of the bar and r² its squared close-to-close log return
/// (Patton, 2011: ranks forecasts the same under any unbiased proxy of variance).
///
/// Not shifted to be non-negative: values depend on the unit of returns, differences do not.
///
/// # Errors
/// `INSUFFICIENT_DATA`, `LENGTH_MISMATCH`, `VALUE_NOT_FINITE`, `VALUE_OUT_OF_RANGE` (a variance that is not positive, a
/// squared return that is negative).
pub fn qlike_losses(variances: &[f64], squared_returns: &[f64]) -> Result<Vec<f64>, MetricError> {
    min_len("squared returns", 1, squared_returns.len())?;
    same_len("variances", squared_returns.len(), variances.len())?;
    positive("variances", variances)?;
    non_negative("squared returns", squared_returns)?;
    Ok(variances
        .iter()
        .zip(squared_returns)
        .map(|(h, r2)| h.ln() + r2 / h)
        .collect())
}

/// Mean of [`qlike_losses`].
///
/// # Errors
/// As [`qlike_losses`].
pub fn qlike(variances: &[f64], squared_returns: &[f64]) -> Result<f64, MetricError> {
    Ok(mean(&qlike_losses(variances, squared_returns)?))
}
