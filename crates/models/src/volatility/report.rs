//! Losses per slice.

use crate::{ModelError, Progress, Result, Rows, Slices};
use serde_json::{Value, json};

/// Rows between two looks at the caller's wish to cancel; some milliseconds.
const ROWS_PER_CHECK: usize = 256;

/// QLIKE = ln h + r²/h (Patton, 2011), the loss by which volatility forecasts are ranked here; r² is the squared
/// close-to-close return of the next bar, which is the row's label.
fn qlike(variance: f64, squared_return: f64) -> f64 {
    variance.ln() + squared_return / variance
}

/// Mean QLIKE of each slice over the rows from which a forecast can be made; rows whose window is too short are
/// counted, not scored. `variance` forecasts one row.
pub(crate) fn slices(
    slices: &Slices<'_>,
    progress: &mut dyn Progress,
    variance: &dyn Fn(&[f64]) -> Result<f64>,
) -> Result<Value> {
    progress.report(0.8, "scoring the slices");
    let mut report = serde_json::Map::new();
    let named = [
        ("fit", &slices.fit),
        ("earlyStopping", &slices.early_stopping),
        ("calibration", &slices.calibration),
    ];
    for (step, (name, rows)) in named.into_iter().enumerate() {
        let (scored, loss) = slice(rows, progress, variance)?;
        if let Some(loss) = loss {
            progress.metric(&format!("{name}.qlike"), loss, step as u64);
        }
        report.insert(
            name.to_owned(),
            json!({ "rows": rows.len(), "scored": scored, "qlike": loss }),
        );
    }
    progress.report(1.0, "fitted");
    Ok(Value::Object(report))
}

fn slice(
    rows: &Rows<'_>,
    progress: &dyn Progress,
    variance: &dyn Fn(&[f64]) -> Result<f64>,
) -> Result<(usize, Option<f64>)> {
    let (mut scored, mut loss) = (0_usize, 0.0);
    for (index, (row, &label)) in rows.iter().zip(rows.labels).enumerate() {
        if index % ROWS_PER_CHECK == 0 && progress.cancelled() {
            return Err(ModelError::Cancelled);
        }
        match variance(row) {
            Ok(h) => {
                scored += 1;
                loss += qlike(h, label);
            }
            Err(ModelError::Insufficient { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((scored, (scored > 0).then(|| loss / scored as f64)))
}
