//! Exponentially weighted moving average of squared returns: the naive baseline of every volatility agent.

use super::fitted::{FittedVolatility, VolatilityModel};
use super::recursion::{VarianceRecursion, WindowedRecursion, return_window};
use super::{RETURN_WINDOW, report, series};
use crate::params::{in_range, parse};
use crate::{Family, Fitted, ModelError, Progress, Result, SliceNeeds, Slices, Task, WindowParams};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tidemark_indicators::{Column, InputSpec};

const NAME: &str = "ewma";

/// hₜ₊₁ = λ hₜ + (1 − λ) rₜ² (`RiskMetrics` Technical Document, J.P. Morgan/Reuters, 1996). Nothing is estimated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ewma;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Weight of the past, in [0.5, 0.999]; .94 is the `RiskMetrics` value for daily data.
    lambda: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self { lambda: 0.94 }
    }
}

impl Family for Ewma {
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
        let params: Params = parse(NAME, params)?;
        in_range(NAME, "lambda", params.lambda, 0.5, 0.999)?;
        slices.check()?;
        let returns = series::unroll(&slices.fit, &return_window(slices.inputs)?)?;
        series::check_returns(&returns)?;
        let recursion = VarianceRecursion {
            mean: 0.0,
            omega: 0.0,
            positive: 1.0 - params.lambda,
            negative: 1.0 - params.lambda,
            beta: params.lambda,
        };
        let model = WindowedRecursion::new(recursion, slices.inputs)?;
        let losses = report::slices(slices, progress, &|row| Ok(model.forecast(row)?.variance))?;
        let report = json!({ "estimates": { "lambda": params.lambda }, "fitReturns": returns.len(), "slices": losses });
        Ok(Box::new(FittedVolatility {
            model,
            report,
            params: json!(params),
        }))
    }
}
