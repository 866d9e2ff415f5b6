use tidemark_core::in_range;

use crate::MetricError;

/// Largest loss from a peak of the compounded curve, the starting 1 being its first peak; 0 or negative.
///
/// # Errors
/// `VALUE_NOT_FINITE`; `VALUE_OUT_OF_RANGE` for a return below −1, after which nothing compounds.
pub fn max_drawdown(returns: &[f64]) -> Result<f64, MetricError> {
    in_range("returns", returns, -1.0, f64::MAX)?;
    let (mut value, mut peak, mut worst) = (1.0_f64, 1.0_f64, 0.0_f64);
    for r in returns {
        value *= 1.0 + r;
        peak = peak.max(value);
        worst = worst.min(value / peak - 1.0);
    }
    Ok(worst)
}
