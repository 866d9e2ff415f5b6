//! Estimating the curve by least squares.

use super::model::Curve;
use crate::{ModelError, Result};
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Params {
    /// Smallest forecast variance as a share of the mean squared return of the fit slice, in [1e-6, 0.5].
    /// At .01 a forecast cannot fall below a tenth of the slice's volatility, which calm markets do not reach and a bar with
    /// high = low would.
    pub(super) floor_ratio: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self { floor_ratio: 0.01 }
    }
}

/// The curve with what led to it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Estimates {
    #[serde(flatten)]
    pub(super) curve: Curve,
    /// Duan's (1983) factor: mean of exp(residual).
    smearing: f64,
    /// Mean squared return over mean range forecast.
    range_to_close: f64,
    /// Share of the variance of ln range explained.
    r_squared: f64,
    rows: usize,
}

/// Least squares of ln d(t+1) on 1, ln d(t), ln w(t), ln m(t) over the fit slice; `ranges` are day, week and month, which end
/// at the same bar as `returns` and start where each is first known.
pub(super) fn estimate(params: &Params, returns: &[f64], ranges: &[Vec<f64>; 3]) -> Result<Estimates> {
    let rows = ranges
        .iter()
        .map(Vec::len)
        .min()
        .unwrap_or(0)
        .min(returns.len())
        .saturating_sub(1);
    let required = crate::WindowParams::MIN_RESIDUALS;
    if rows < required {
        return Err(ModelError::Insufficient {
            what: "range averages in the fit slice",
            required,
            actual: rows,
        });
    }
    let tail = |values: &[f64]| values[values.len() - rows - 1..].to_vec();
    let (day, week, month, returns) = (
        tail(&ranges[0]),
        tail(&ranges[1]),
        tail(&ranges[2]),
        tail(returns),
    );
    for (name, values) in [("day", &day), ("week", &week), ("month", &month)] {
        tidemark_core::positive(name, values)?;
    }
    let target = DVector::from_iterator(rows, day[1..].iter().map(|value| value.ln()));
    let design = DMatrix::from_fn(rows, 4, |row, column| match column {
        0 => 1.0,
        1 => day[row].ln(),
        2 => week[row].ln(),
        _ => month[row].ln(),
    });
    let slopes = least_squares(design.clone(), &target)?;
    let curve = Curve {
        intercept: slopes[0],
        slopes: [slopes[1], slopes[2], slopes[3]],
        scale: 1.0,
        floor: 0.0,
    };
    let residuals = &target - design * slopes;
    let smearing = mean(residuals.iter().map(|e| e.exp()));
    let square = mean(returns[1..].iter().map(|r| r * r));
    let range = smearing * mean((0..rows).map(|row| curve.log_range(day[row], week[row], month[row]).exp()));
    let centre = target.mean();
    let total: f64 = target.iter().map(|value| (value - centre).powi(2)).sum();
    let range_to_close = square / range;
    let curve = Curve {
        scale: smearing * range_to_close,
        floor: params.floor_ratio * square,
        ..curve
    };
    Ok(Estimates {
        curve,
        smearing,
        range_to_close,
        r_squared: 1.0 - residuals.norm_squared() / total,
        rows,
    })
}

/// By QR decomposition; a constant range leaves the slopes undefined.
fn least_squares(design: DMatrix<f64>, target: &DVector<f64>) -> Result<DVector<f64>> {
    let undefined = || ModelError::Degenerate {
        message: "the ranges of the fit slice do not vary".to_owned(),
    };
    let decomposition = design.qr();
    let triangle = decomposition.r();
    let largest = triangle.diagonal().amax();
    if triangle
        .diagonal()
        .iter()
        .any(|value| value.abs() <= 1e-10 * largest)
    {
        return Err(undefined());
    }
    triangle
        .solve_upper_triangular(&(decomposition.q().transpose() * target))
        .ok_or_else(undefined)
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}
