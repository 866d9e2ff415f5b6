use tidemark_core::{finite, in_range};

use crate::MetricError;

const BP: f64 = 1e4;

/// Cost per unit of turnover, in basis points, at which the summed net returns are zero: 10⁴ · Σ gross / Σ|Δw|.
///
/// Negative when the gross result is a loss; `None` without turnover.
///
/// # Errors
/// `VALUE_NOT_FINITE`; `VALUE_OUT_OF_RANGE` for a negative turnover.
pub fn break_even_bp(gross_returns: &[f64], turnover: f64) -> Result<Option<f64>, MetricError> {
    finite("gross returns", gross_returns)?;
    in_range("turnover", &[turnover], 0.0, f64::MAX)?;
    Ok((turnover > 0.0).then(|| BP * gross_returns.iter().sum::<f64>() / turnover))
}
