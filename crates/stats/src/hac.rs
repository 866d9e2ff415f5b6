//! Long-run variance with the Bartlett kernel (Newey and West, 1987).

use tidemark_core::{finite, min_len};

use crate::StatsError;

/// Highest lag L = max(horizon − 1, ⌊1.3·√n⌋), at most n − 1.
///
/// `horizon` is the number of bars a label runs over: values share bars up to lag horizon − 1. 1.3·√n is the rule of
/// Lazarus, Lewis, Stock and Watson (2018), meant for use with fixed-b critical values.
#[must_use]
pub fn bandwidth(n: usize, horizon: usize) -> usize {
    let rule = (1.3 * (n as f64).sqrt()).floor() as usize;
    rule.max(horizon.saturating_sub(1)).min(n.saturating_sub(1))
}

/// Long-run variance γ₀ + 2 Σ_{j=1..L} (1 − j/(L + 1)) γⱼ, where γⱼ = (1/n) Σ (xₜ − x̄)(xₜ₋ⱼ − x̄).
///
/// The variance of the mean of `values` is this over n. It is never negative (the kernel is positive semi-definite)
/// beyond rounding, which is cut at 0. `lags` ≥ n are taken as n − 1.
///
/// ```
/// let flat_spectrum = tidemark_stats::hac::long_run_variance(&[1.0, -1.0, 1.0, -1.0], 0).unwrap();
/// assert_eq!(flat_spectrum, 1.0);
/// ```
///
/// # Errors
/// `INSUFFICIENT_DATA` for fewer than two values, `VALUE_NOT_FINITE`.
pub fn long_run_variance(values: &[f64], lags: usize) -> Result<f64, StatsError> {
    min_len("values", 2, values.len())?;
    finite("values", values)?;
    Ok(bartlett_sum(&centred(values), lags))
}

/// Number of independent values with the same variance of the mean: n·γ₀/Ω, between 1 and n.
///
/// Negative autocorrelation would give more than n; it is not credited.
///
/// # Errors
/// As [`long_run_variance`], and `ZERO_VARIANCE` when all values are equal.
pub fn effective_sample_size(values: &[f64], lags: usize) -> Result<f64, StatsError> {
    let long_run = long_run_variance(values, lags)?;
    if is_constant(values) || long_run <= 0.0 {
        return Err(StatsError::Degenerate { what: "values" });
    }
    let n = values.len() as f64;
    Ok((n * autocovariance(&centred(values), 0) / long_run).clamp(1.0, n))
}

pub(crate) fn is_constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

fn centred(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| value - mean).collect()
}

fn autocovariance(deviations: &[f64], lag: usize) -> f64 {
    let products = deviations[lag..]
        .iter()
        .zip(deviations)
        .map(|(later, earlier)| later * earlier);
    products.sum::<f64>() / deviations.len() as f64
}

fn bartlett_sum(deviations: &[f64], lags: usize) -> f64 {
    let lags = lags.min(deviations.len() - 1);
    let weighted = |lag: usize| (1.0 - lag as f64 / (lags as f64 + 1.0)) * autocovariance(deviations, lag);
    let sum = autocovariance(deviations, 0) + 2.0 * (1..=lags).map(weighted).sum::<f64>();
    sum.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_core::Code;

    #[test]
    fn bandwidth_follows_the_rule_and_its_bounds() {
        assert_eq!(bandwidth(500, 5), 29);
        assert_eq!(bandwidth(100, 40), 39);
        assert_eq!(bandwidth(4, 40), 3);
        assert_eq!((bandwidth(0, 1), bandwidth(1, 1)), (0, 0));
    }

    #[test]
    fn lag_window_by_hand() {
        // Deviations −1, 0, 1: γ₀ = 2/3, γ₁ = 0, γ₂ = −1/3; with two lags 2/3 + 2(2/3·0 − 1/3·1/3) = 4/9.
        let variance = long_run_variance(&[1.0, 2.0, 3.0], 2).unwrap();
        assert!((variance - 4.0 / 9.0).abs() < 1e-15);
        assert_eq!(long_run_variance(&[1.0, 2.0, 3.0], 9).unwrap(), variance);
    }

    #[test]
    fn effective_size_is_bounded_and_degenerate_data_refused() {
        let alternating: Vec<f64> = (0..100).map(|t| f64::from(t % 2)).collect();
        assert_eq!(effective_sample_size(&alternating, 5).unwrap(), 100.0);
        assert_eq!(
            effective_sample_size(&[0.1; 50], 5).unwrap_err().code(),
            "ZERO_VARIANCE"
        );
        assert_eq!(
            long_run_variance(&[1.0], 0).unwrap_err().code(),
            "INSUFFICIENT_DATA"
        );
        assert_eq!(
            long_run_variance(&[1.0, f64::NAN], 0).unwrap_err().code(),
            "VALUE_NOT_FINITE"
        );
    }
}
