use tidemark_core::finite;

use crate::MetricError;

/// Turnover Σ|Δw| of a sequence of weights entered from no position: buys and sells each count once, so a round trip
/// of the whole book counts 2. The last position is not closed.
///
/// # Errors
/// `VALUE_NOT_FINITE`.
pub fn turnover(weights: &[f64]) -> Result<f64, MetricError> {
    finite("weights", weights)?;
    Ok(changes(weights).map(f64::abs).sum())
}

/// Change of each weight from the one before, the first from 0.
pub(crate) fn changes(weights: &[f64]) -> impl Iterator<Item = f64> {
    let before = std::iter::once(&0.0).chain(weights);
    weights
        .iter()
        .zip(before)
        .map(|(weight, previous)| weight - previous)
}
