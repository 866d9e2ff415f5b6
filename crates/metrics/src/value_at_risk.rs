use serde::Serialize;
use tidemark_core::{finite, min_len, non_negative, same_len};
use tidemark_stats::{Christoffersen, Interval, LikelihoodRatio, christoffersen, clopper_pearson, kupiec};

use crate::MetricError;

/// Bars in the window over which the most breaches are counted: the regulatory year.
pub const WORST_WINDOW_BARS: usize = 250;

const CONFIDENCE: f64 = 0.95;

/// How a value at risk held up over a span.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueAtRiskReport {
    /// Bars compared.
    pub n: usize,
    /// Bars whose loss exceeded the value at risk.
    pub breaches: usize,
    /// n times the stated probability.
    pub expected: f64,
    /// Breaches over bars.
    pub rate: f64,
    /// Exact 95 % interval for the probability of a breach.
    pub rate_interval: Interval,
    /// Unconditional coverage over the whole span.
    pub kupiec: LikelihoodRatio,
    /// Independence and conditional coverage; `None` without transitions to judge.
    pub christoffersen: Option<Christoffersen>,
    /// Most breaches in any 250 consecutive bars; `None` for a shorter span.
    pub worst_window_breaches: Option<usize>,
}

/// Which bars lost more than the value at risk: return < −VaR. Returns and VaR in the same unit, VaR as a positive loss.
///
/// # Errors
/// `INSUFFICIENT_DATA`, `LENGTH_MISMATCH`, `VALUE_NOT_FINITE`, `VALUE_OUT_OF_RANGE` for a negative value at risk.
pub fn value_at_risk_breaches(returns: &[f64], values_at_risk: &[f64]) -> Result<Vec<bool>, MetricError> {
    min_len("returns", 1, returns.len())?;
    same_len("values at risk", returns.len(), values_at_risk.len())?;
    finite("returns", returns)?;
    non_negative("values at risk", values_at_risk)?;
    Ok(returns
        .iter()
        .zip(values_at_risk)
        .map(|(&r, &limit)| r < -limit)
        .collect())
}

/// Report on a sequence of breaches in time order, against the stated probability (0.01 for a 1 % VaR).
///
/// # Errors
/// `COUNTS_INVALID` without bars, `VALUE_OUT_OF_RANGE` for a probability outside (0, 1).
pub fn value_at_risk_report(breaches: &[bool], probability: f64) -> Result<ValueAtRiskReport, MetricError> {
    let n = breaches.len();
    let total = count(breaches);
    let kupiec = kupiec(total as u64, n as u64, probability)?;
    Ok(ValueAtRiskReport {
        n,
        breaches: total,
        expected: n as f64 * probability,
        rate: total as f64 / n as f64,
        rate_interval: clopper_pearson(total as u64, n as u64, CONFIDENCE)?,
        kupiec,
        christoffersen: christoffersen(breaches, probability)?,
        worst_window_breaches: breaches.windows(WORST_WINDOW_BARS).map(count).max(),
    })
}

fn count(breaches: &[bool]) -> usize {
    breaches.iter().filter(|&&breach| breach).count()
}
