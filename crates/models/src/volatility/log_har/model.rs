//! The fitted curve over the windows of a row.

use crate::volatility::fitted::VolatilityModel;
use crate::volatility::graph::Forecaster;
use crate::volatility::historical::{Forecast, check_observed};
use crate::volatility::layout::{self, Window};
use crate::volatility::recursion::{check_moving, return_window};
use crate::{ModelError, Result, WindowParams};
use serde::Serialize;
use tidemark_core::observed_suffix;
use tidemark_indicators::{Column, InputSpec, row_width};

/// Windows of the mean Parkinson variance, in the order of the coefficients.
pub(super) const RANGES: [(&str, Column); 3] = [
    ("parkinson_1_window", Column::Parkinson1),
    ("parkinson_5_window", Column::Parkinson5),
    ("parkinson_22_window", Column::Parkinson22),
];

/// h = max(scale · exp(b₀ + b₁ ln d + b₂ ln w + b₃ ln m), floor).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Curve {
    pub(super) intercept: f64,
    pub(super) slopes: [f64; 3],
    pub(super) scale: f64,
    pub(super) floor: f64,
}

impl Curve {
    /// ln of the range variance expected next, before smearing and scale.
    pub(super) fn log_range(&self, day: f64, week: f64, month: f64) -> f64 {
        let [d, w, m] = self.slopes;
        self.intercept + d * day.ln() + w * week.ln() + m * month.ln()
    }

    fn variance(&self, day: f64, week: f64, month: f64) -> f64 {
        (self.scale * self.log_range(day, week, month).exp()).max(self.floor)
    }
}

/// A curve with the places of its windows.
#[derive(Clone, Debug)]
pub(super) struct LogHarModel {
    pub(super) curve: Curve,
    pub(super) ranges: [Window; 3],
    pub(super) returns: Window,
    /// Residuals a row yields at most.
    pub(super) residuals: usize,
    width: usize,
}

impl LogHarModel {
    /// Finds the windows; the curve is still empty.
    pub(super) fn unfitted(inputs: &[InputSpec]) -> Result<Self> {
        let returns = return_window(inputs)?;
        let residuals = layout::residuals(&returns)?;
        let [day, week, month] = RANGES.map(|(name, column)| layout::find(inputs, name, column));
        let ranges = [day?, week?, month?];
        if ranges.iter().any(|range| range.places.len() != residuals + 1) {
            return Err(ModelError::rows(format!(
                "a return window of {} needs Parkinson windows of {}",
                returns.places.len(),
                residuals + 1
            )));
        }
        Ok(Self {
            curve: Curve::default(),
            ranges,
            returns,
            residuals,
            width: row_width(inputs),
        })
    }

    /// The last `count` values of a window, which must be positive numbers.
    fn known<'a>(&self, row: &'a [f64], index: usize, count: usize) -> Result<&'a [f64]> {
        let window = &self.ranges[index];
        let values = window.of(row);
        let values = &values[values.len() - count..];
        tidemark_core::positive(window.name, values)?;
        Ok(values)
    }
}

impl VolatilityModel for LogHarModel {
    fn width(&self) -> usize {
        self.width
    }

    /// The forecast made at one bar is compared with the return of the next, so the ranges reach one bar further back
    /// than the residuals. Residuals are those after the same burn-in as in the other families, so that the three
    /// answer for the same rows.
    fn forecast(&self, row: &[f64]) -> Result<Forecast> {
        let returns = observed_suffix(self.returns.name, self.returns.of(row))?;
        check_observed(returns.len())?;
        let (burn_in, live) = returns.split_at(WindowParams::BURN_IN);
        check_moving(burn_in)?;
        let count = live.len() + 1;
        let (day, week, month) = (
            self.known(row, 0, count)?,
            self.known(row, 1, count)?,
            self.known(row, 2, count)?,
        );
        let variance = |index: usize| self.curve.variance(day[index], week[index], month[index]);
        let mut residuals: Vec<f64> = live
            .iter()
            .enumerate()
            .map(|(index, r)| r / variance(index).sqrt())
            .collect();
        Forecast::new(0.0, variance(live.len()), &mut residuals)
    }

    fn forecaster(&self) -> &dyn Forecaster {
        self
    }
}
