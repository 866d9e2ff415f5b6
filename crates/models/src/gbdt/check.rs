//! Preconditions of a fit.

use super::booster::TrainingRows;
use super::histogram::MAX_ROWS;
use super::objective::Objective;
use super::params::CheckedGbdtParams;
use super::sampling::share_of;
use crate::{ModelError, Result};

/// Shapes, labels, weights and infinities.
pub(crate) fn check_rows(objective: Objective, rows: &TrainingRows<'_>) -> Result<()> {
    let n = rows.labels.len();
    if rows.width == 0 || rows.inputs.len() != n * rows.width || rows.weights.len() != n {
        return Err(ModelError::rows(format!(
            "{n} labels with {} features need {} inputs and {n} weights; got {} and {}",
            rows.width,
            n * rows.width,
            rows.inputs.len(),
            rows.weights.len()
        )));
    }
    if let Some(at) = rows.inputs.iter().position(|value| value.is_infinite()) {
        return Err(ModelError::rows(format!(
            "feature {} of row {} is infinite",
            at % rows.width,
            at / rows.width
        )));
    }
    if let Some(at) = rows
        .weights
        .iter()
        .position(|weight| !(*weight > 0.0 && weight.is_finite()))
    {
        return Err(ModelError::rows(format!(
            "weight of row {at} must be positive, got {}",
            rows.weights[at]
        )));
    }
    let is_valid = |label: &f64| match objective {
        Objective::LogLoss => *label == 0.0 || *label == 1.0,
        Objective::Squared => label.is_finite(),
    };
    match rows.labels.iter().position(|label| !is_valid(label)) {
        None => Ok(()),
        Some(at) => Err(ModelError::rows(format!(
            "label of row {at} does not suit the loss: {}",
            rows.labels[at]
        ))),
    }
}

/// Whether there is anything to learn from: enough rows, both classes, no feature without a value.
pub(crate) fn check_fit(
    params: &CheckedGbdtParams,
    objective: Objective,
    fit: &TrainingRows<'_>,
) -> Result<()> {
    let n = fit.labels.len();
    let required = 2 * params.min_data_in_leaf;
    if share_of(n.max(1), params.bagging_fraction) < required || n < required {
        return Err(ModelError::Insufficient {
            what: "rows in a bag",
            required,
            actual: share_of(n.max(1), params.bagging_fraction).min(n),
        });
    }
    if n > MAX_ROWS {
        return Err(ModelError::rows(format!(
            "at most {MAX_ROWS} rows can be fitted at once, got {n}"
        )));
    }
    if objective == Objective::LogLoss && fit.labels.iter().all(|label| *label == fit.labels[0]) {
        let message = format!("all {n} labels are {}; both classes are needed", fit.labels[0]);
        return Err(ModelError::Degenerate { message });
    }
    let is_empty = |feature: usize| {
        fit.inputs
            .iter()
            .skip(feature)
            .step_by(fit.width)
            .all(|value| value.is_nan())
    };
    match (0..fit.width).find(|feature| is_empty(*feature)) {
        None => Ok(()),
        Some(feature) => Err(ModelError::Degenerate {
            message: format!("feature {feature} has no value in any row"),
        }),
    }
}
