//! Checks and losses of direction slices.

use super::fitted::DirectionModel;
use crate::{ModelError, Result, Rows, Slices};
use serde_json::{Value, json};

/// Checks shapes, labels and weights of every slice, and that the fit slice has `required` rows of both classes.
pub(super) fn check(slices: &Slices<'_>, required: usize) -> Result<()> {
    slices.check()?;
    if let Some(input) = slices.inputs.iter().find(|input| input.width() != 1) {
        return Err(ModelError::rows(format!(
            "direction families take scalars, `{}` is a window",
            input.name
        )));
    }
    for rows in [&slices.fit, &slices.early_stopping, &slices.calibration] {
        if let Some(at) = rows
            .labels
            .iter()
            .position(|label| *label != 0.0 && *label != 1.0)
        {
            return Err(ModelError::rows(format!(
                "label of row {at} must be 0 or 1, got {}",
                rows.labels[at]
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
    }
    let actual = slices.fit.len();
    if actual < required {
        return Err(ModelError::Insufficient {
            what: "fit rows",
            required,
            actual,
        });
    }
    Ok(())
}

/// Refuses fit rows of a single class: the log odds of such a sample are infinite.
pub(super) fn check_classes(fit: &Rows<'_>) -> Result<()> {
    if fit.labels.windows(2).any(|pair| pair[0] != pair[1]) {
        return Ok(());
    }
    let message = format!(
        "all {} fit labels are {:?}; both classes are needed",
        fit.len(),
        fit.labels.first()
    );
    Err(ModelError::Degenerate { message })
}

/// Mean log loss of each slice in nats, rows weighted equally as the gate weighs them; null for an empty slice.
pub(super) fn losses(model: &dyn DirectionModel, slices: &Slices<'_>) -> Result<Value> {
    Ok(json!({
        "fit": slice_loss(model, &slices.fit)?,
        "earlyStopping": slice_loss(model, &slices.early_stopping)?,
        "calibration": slice_loss(model, &slices.calibration)?,
    }))
}

fn slice_loss(model: &dyn DirectionModel, rows: &Rows<'_>) -> Result<Value> {
    let mut sum = 0.0;
    for (row, label) in rows.iter().zip(rows.labels) {
        let probability = model.probability(row)?;
        sum -= if *label == 1.0 {
            probability.ln()
        } else {
            (-probability).ln_1p()
        };
    }
    let mean = (!rows.is_empty()).then(|| sum / rows.len() as f64);
    Ok(json!({ "rows": rows.len(), "logLoss": mean }))
}

/// Name of each scalar input, in order.
pub(super) fn names(slices: &Slices<'_>) -> Vec<String> {
    slices.inputs.iter().map(|input| input.name.clone()).collect()
}
