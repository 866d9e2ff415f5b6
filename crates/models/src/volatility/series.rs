//! Series behind the windows.
//!
//! Rows of consecutive bars hold the same return up to 1,260 times. Estimators want it once: the observed part of the
//! first row's window followed by the last value of each later row. That is every value known at the last row's bar
//! and nothing after it, because a window ends at its own bar.

use super::layout::Window;
use crate::{ModelError, Result, Rows, WindowParams};
use tidemark_core::observed_suffix;

/// The series whose windows the rows hold, oldest value first.
///
/// Each window must be the previous one moved on by one bar; rows left out in between, or windows made from two
/// states of restated data, are refused. Time is linear in the size of the rows, memory in the series.
pub(crate) fn unroll(rows: &Rows<'_>, window: &Window) -> Result<Vec<f64>> {
    let mut iter = rows.iter().map(|row| window.of(row));
    let Some(mut previous) = iter.next() else {
        return Ok(Vec::new());
    };
    let mut series = observed_suffix(window.name, previous)?.to_vec();
    series.reserve(rows.len());
    for (index, values) in iter.enumerate() {
        let (kept, newest) = values.split_at(values.len() - 1);
        if !same(&previous[1..], kept) {
            return Err(ModelError::rows(format!(
                "`{}` of row {} is not that of the row before moved on by one bar; pass every bar of a slice",
                window.name,
                index + 1
            )));
        }
        series.extend(observed_suffix(window.name, newest)?);
        previous = values;
    }
    Ok(series)
}

/// Refuses series too short or too quiet to estimate a variance from.
pub(crate) fn check_returns(returns: &[f64]) -> Result<()> {
    let required = WindowParams::BURN_IN + WindowParams::MIN_RESIDUALS;
    if returns.len() < required {
        return Err(ModelError::Insufficient {
            what: "returns in the fit slice",
            required,
            actual: returns.len(),
        });
    }
    if returns.iter().all(|value| *value == 0.0) {
        return Err(ModelError::Degenerate {
            message: "every return in the fit slice is zero".to_owned(),
        });
    }
    Ok(())
}

/// Bitwise equality, except that any NaN equals any other: padding has no payload.
fn same(left: &[f64], right: &[f64]) -> bool {
    left.iter()
        .zip(right)
        .all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_core::Code;

    const WINDOW: Window = Window {
        name: "return_window",
        places: 0..3,
    };

    fn rows(inputs: &[f64]) -> Result<Vec<f64>> {
        let n = inputs.len() / 3;
        let times: Vec<i64> = (0..n as i64).collect();
        unroll(
            &Rows::new(3, inputs, &vec![0.0; n], &vec![1.0; n], &times)?,
            &WINDOW,
        )
    }

    #[test]
    fn each_value_appears_once_and_padding_not_at_all() {
        let nan = f64::NAN;
        assert_eq!(
            rows(&[nan, nan, 1.0, nan, 1.0, 2.0, 1.0, 2.0, 3.0, 2.0, 3.0, 4.0]).unwrap(),
            [1.0, 2.0, 3.0, 4.0]
        );
        assert!(rows(&[]).unwrap().is_empty());
    }

    #[test]
    fn a_missing_row_and_a_hole_are_refused() {
        for inputs in [
            [1.0, 2.0, 3.0, 3.0, 4.0, 5.0],
            [1.0, f64::NAN, 3.0, f64::NAN, 3.0, 4.0],
        ] {
            assert_eq!(rows(&inputs).unwrap_err().code(), "MODELS_INVALID_ROWS");
        }
    }
}
