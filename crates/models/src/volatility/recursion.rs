//! The variance recursion that EWMA and GJR-GARCH share, run over a window.

use super::fitted::VolatilityModel;
use super::graph::Forecaster;
use super::historical::{Forecast, check_observed};
use super::layout::{self, Window};
use crate::{ModelError, Result, WindowParams};
use tidemark_core::observed_suffix;
use tidemark_indicators::{Column, InputSpec, row_width};

/// hₜ₊₁ = ω + a(eₜ)·eₜ² + β·hₜ with eₜ = rₜ − μ and a = `negative` for eₜ < 0, else `positive`
/// (Glosten, Jagannathan & Runkle, 1993, in their notation α = a₊, γ = a₋ − a₊). EWMA is ω = μ = 0, a = 1 − λ, β = λ.
///
/// In units of the log return, not percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct VarianceRecursion {
    pub(crate) mean: f64,
    pub(crate) omega: f64,
    pub(crate) positive: f64,
    pub(crate) negative: f64,
    pub(crate) beta: f64,
}

impl VarianceRecursion {
    /// Forecast from a window of returns, padded with NaN at the front.
    ///
    /// The variance before the first return is the mean of e² over the burn-in: those steps yield no residual.
    /// After 260 steps the start weighs β²⁶⁰.
    pub(crate) fn forecast(&self, window: &[f64]) -> Result<Forecast> {
        let returns = observed_suffix(super::RETURN_WINDOW, window)?;
        check_observed(returns.len())?;
        let (burn_in, live) = returns.split_at(WindowParams::BURN_IN);
        check_moving(burn_in)?;
        let mut variance =
            burn_in.iter().map(|r| (r - self.mean).powi(2)).sum::<f64>() / burn_in.len() as f64;
        for r in burn_in {
            variance = self.next(variance, r - self.mean);
        }
        let mut residuals = Vec::with_capacity(live.len());
        for r in live {
            let e = r - self.mean;
            residuals.push(e / variance.sqrt());
            variance = self.next(variance, e);
        }
        Forecast::new(self.mean, variance, &mut residuals)
    }

    fn next(&self, variance: f64, e: f64) -> f64 {
        let impact = if e < 0.0 { self.negative } else { self.positive };
        self.omega + impact * (e * e) + self.beta * variance
    }
}

/// A burn-in without any movement gives no scale to start from; such data are broken, not calm.
pub(crate) fn check_moving(burn_in: &[f64]) -> Result<()> {
    if burn_in.iter().map(|r| r * r).sum::<f64>() > 0.0 {
        return Ok(());
    }
    Err(ModelError::Degenerate {
        message: format!("the first {} returns of the window are zero", burn_in.len()),
    })
}

/// A recursion with the place of its window in a row.
#[derive(Clone, Debug)]
pub(crate) struct WindowedRecursion {
    pub(crate) recursion: VarianceRecursion,
    pub(crate) returns: Window,
    width: usize,
}

impl WindowedRecursion {
    /// Places the recursion over the return window of these inputs.
    pub(crate) fn new(recursion: VarianceRecursion, inputs: &[InputSpec]) -> Result<Self> {
        Ok(Self {
            recursion,
            returns: return_window(inputs)?,
            width: row_width(inputs),
        })
    }
}

/// The return window of these inputs, long enough to give a value at risk.
pub(crate) fn return_window(inputs: &[InputSpec]) -> Result<Window> {
    let window = layout::find(inputs, super::RETURN_WINDOW, Column::Return)?;
    layout::residuals(&window)?;
    Ok(window)
}

impl VolatilityModel for WindowedRecursion {
    fn width(&self) -> usize {
        self.width
    }

    fn forecast(&self, row: &[f64]) -> Result<Forecast> {
        self.recursion.forecast(self.returns.of(row))
    }

    fn forecaster(&self) -> &dyn Forecaster {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_testkit::{Golden, assert_close, sp500};

    #[test]
    fn forecasts_match_numpy_on_padded_and_full_windows() {
        let golden = Golden::load("models_volatility", "windows");
        let [mean, omega, positive, negative, beta] = golden.list("gjr_parameters") else {
            panic!("five parameters")
        };
        let recursion = VarianceRecursion {
            mean: *mean,
            omega: *omega,
            positive: *positive,
            negative: *negative,
            beta: *beta,
        };
        let bars = sp500();
        let returns: Vec<f64> = bars
            .windows(2)
            .map(|pair| (pair[1].close / pair[0].close).ln())
            .collect();
        for bar in [600, 1500, 2500, 5104] {
            let known = &returns[..bar];
            let mut window = vec![f64::NAN; 1260_usize.saturating_sub(bar)];
            window.extend(&known[bar.saturating_sub(1260)..]);
            let forecast = recursion.forecast(&window).unwrap();
            let expected = golden.list(&format!("gjr_{bar}"));
            assert_close("volatility", forecast.variance.sqrt(), expected[0], 1e-11);
            assert_close("value at risk", forecast.var_99, expected[1], 1e-11);
        }
    }
}
