use tidemark_core::{finite, in_range, min_len, same_len};

use crate::MetricError;
use crate::error::mean;

/// Pinball loss of each row for quantile forecasts q at level α: (α − 1{y < q})·(y − q) (Koenker and Bassett, 1978).
///
/// For a value at risk v at 1 % pass q = −v, y = return, α = 0.01.
///
/// # Errors
/// `INSUFFICIENT_DATA`, `LENGTH_MISMATCH`, `VALUE_NOT_FINITE`, `VALUE_OUT_OF_RANGE` for a level outside \[0, 1\].
pub fn pinball_losses(quantiles: &[f64], outcomes: &[f64], level: f64) -> Result<Vec<f64>, MetricError> {
    min_len("outcomes", 1, outcomes.len())?;
    same_len("quantiles", outcomes.len(), quantiles.len())?;
    finite("quantiles", quantiles)?;
    finite("outcomes", outcomes)?;
    in_range("level", &[level], 0.0, 1.0)?;
    let loss = |(q, y): (&f64, &f64)| {
        if y < q {
            (level - 1.0) * (y - q)
        } else {
            level * (y - q)
        }
    };
    Ok(quantiles.iter().zip(outcomes).map(loss).collect())
}

/// Mean of [`pinball_losses`].
///
/// # Errors
/// As [`pinball_losses`].
pub fn pinball(quantiles: &[f64], outcomes: &[f64], level: f64) -> Result<f64, MetricError> {
    Ok(mean(&pinball_losses(quantiles, outcomes, level)?))
}
