use serde::{Deserialize, Serialize};
use tidemark_core::{in_range, min_len};

use crate::MetricError;

/// How a probability becomes a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PositionRule {
    /// 1 when p > 0.5, else 0.
    LongFlat,
    /// 1 when p > 0.5, else −1.
    LongShort,
}

impl PositionRule {
    fn signal(self, probability: Option<f64>) -> f64 {
        match (self, probability) {
            (_, Some(p)) if p > 0.5 => 1.0,
            (Self::LongShort, Some(_)) => -1.0,
            (Self::LongFlat, Some(_)) | (_, None) => 0.0,
        }
    }
}

/// Position wanted after each bar: the mean of the last `smoothing` daily signals.
///
/// A bar without a forecast (an abstention) has signal 0. Bars before the first count as 0 too, so a series enters its
/// position in steps rather than at full size on one signal.
///
/// # Errors
/// `INSUFFICIENT_DATA` for a smoothing of 0, `VALUE_NOT_FINITE` or `VALUE_OUT_OF_RANGE` for a probability.
pub fn target_positions(
    probabilities: &[Option<f64>],
    rule: PositionRule,
    smoothing: usize,
) -> Result<Vec<f64>, MetricError> {
    min_len("smoothing", 1, smoothing)?;
    for probability in probabilities.iter().flatten() {
        in_range("probability", &[*probability], 0.0, 1.0)?;
    }
    let signals: Vec<f64> = probabilities
        .iter()
        .map(|&probability| rule.signal(probability))
        .collect();
    // Signals are whole numbers, so their sums are exact in any order.
    let mean_to =
        |t: usize| signals[(t + 1).saturating_sub(smoothing)..=t].iter().sum::<f64>() / smoothing as f64;
    Ok((0..signals.len()).map(mean_to).collect())
}
