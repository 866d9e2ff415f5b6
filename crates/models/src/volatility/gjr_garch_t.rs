//! GJR-GARCH(1,1) with Student-t errors.

use super::fitted::{FittedVolatility, VolatilityModel};
use super::garch::{self, ErrorDistribution, GarchParameters, Presample, Settings, Specification};
use super::recursion::{VarianceRecursion, WindowedRecursion, return_window};
use super::{RETURN_WINDOW, report, series};
use crate::params::{in_range, parse};
use crate::{Family, Fitted, ModelError, Progress, Result, SliceNeeds, Slices, Task, WindowParams};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tidemark_indicators::{Column, InputSpec};

const NAME: &str = "gjr_garch_t";
/// Estimated on percent returns: with variances near one all parameters are of similar size.
const PERCENT: f64 = 100.0;

/// Maximum likelihood on the return series behind the fit slice; forecasts by running the recursion over the window in
/// the row.
#[derive(Clone, Copy, Debug, Default)]
pub struct GjrGarchT;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Estimate the leverage term; false gives GARCH-t.
    leverage: bool,
    /// Start of the recursion in the estimation.
    presample: Presample,
    /// Starting points, 1 to 3.
    starts: usize,
    /// Optimiser steps per starting point, 10 to 10,000.
    max_iterations: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            leverage: true,
            presample: Presample::Backcast,
            starts: 3,
            max_iterations: 500,
        }
    }
}

impl Params {
    fn checked(value: &Value) -> Result<Self> {
        let params: Self = parse(NAME, value)?;
        in_range(NAME, "starts", params.starts as f64, 1.0, 3.0)?;
        in_range(
            NAME,
            "max_iterations",
            params.max_iterations as f64,
            10.0,
            10_000.0,
        )?;
        Ok(params)
    }
}

impl Family for GjrGarchT {
    fn name(&self) -> &'static str {
        NAME
    }

    fn task(&self) -> Task {
        Task::Volatility
    }

    fn inputs(&self, _features: &[String], window: &WindowParams) -> Vec<InputSpec> {
        vec![InputSpec::window(
            RETURN_WINDOW,
            Column::Return,
            window.return_length(),
        )]
    }

    fn needs(&self) -> SliceNeeds {
        SliceNeeds::FIT_ONLY
    }

    fn default_params(&self) -> Value {
        json!(Params::default())
    }

    fn fit(
        &self,
        params: &Value,
        slices: &Slices<'_>,
        _seed: u64,
        progress: &mut dyn Progress,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        let params = Params::checked(params)?;
        slices.check()?;
        let returns = series::unroll(&slices.fit, &return_window(slices.inputs)?)?;
        series::check_returns(&returns)?;
        let percent: Vec<f64> = returns.iter().map(|r| r * PERCENT).collect();
        let specification = Specification {
            leverage: params.leverage,
            distribution: ErrorDistribution::StudentT,
            presample: params.presample,
        };
        let settings = Settings {
            starts: params.starts,
            max_iterations: params.max_iterations,
        };
        let estimate = garch::estimate(&percent, specification, &settings, progress)?;
        let model = WindowedRecursion::new(in_return_units(&estimate.parameters), slices.inputs)?;
        let losses = report::slices(slices, progress, &|row| Ok(model.forecast(row)?.variance))?;
        let report = json!({ "unit": "percent", "estimates": estimate, "fitReturns": returns.len(), "slices": losses });
        Ok(Box::new(FittedVolatility {
            model,
            report,
            params: json!(params),
        }))
    }
}

/// From percent back to log returns: μ by 100, ω by 100²; the weights have no unit.
fn in_return_units(parameters: &GarchParameters) -> VarianceRecursion {
    VarianceRecursion {
        mean: parameters.mu / PERCENT,
        omega: parameters.omega / (PERCENT * PERCENT),
        positive: parameters.alpha,
        negative: parameters.alpha + parameters.gamma,
        beta: parameters.beta,
    }
}
