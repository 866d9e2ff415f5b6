//! Heterogeneous autoregression of the log daily range variance.

mod estimate;
mod graph;
mod model;

use self::estimate::Params;
use self::model::{LogHarModel, RANGES};
use super::fitted::{FittedVolatility, VolatilityModel};
use super::{RETURN_WINDOW, report, series};
use crate::params::{in_range, parse};
use crate::{Family, Fitted, ModelError, Progress, Result, SliceNeeds, Slices, Task, WindowParams};
use serde_json::{Value, json};
use tidemark_indicators::{Column, InputSpec};

const NAME: &str = "log_har";

/// HAR of Corsi (2009) on ln Parkinson variance: the mean variances of the last 1, 5 and 22 bars, in logs, explain
/// the log variance of the next bar. Back from logs by Duan's (1983) smearing estimate, then from range to close-to-close
/// variance by the ratio of means over the fit slice (ranges miss the night), then floored.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogHar;

impl Family for LogHar {
    fn name(&self) -> &'static str {
        NAME
    }

    fn task(&self) -> Task {
        Task::Volatility
    }

    fn inputs(&self, _features: &[String], window: &WindowParams) -> Vec<InputSpec> {
        let ranges = RANGES.map(|(name, column)| InputSpec::window(name, column, window.range_length()));
        let returns = InputSpec::window(RETURN_WINDOW, Column::Return, window.return_length());
        ranges.into_iter().chain([returns]).collect()
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
        in_range(NAME, "floor_ratio", params.floor_ratio, 1e-6, 0.5)?;
        slices.check()?;
        let mut model = LogHarModel::unfitted(slices.inputs)?;
        let returns = series::unroll(&slices.fit, &model.returns)?;
        series::check_returns(&returns)?;
        let [day, week, month] = &model.ranges;
        let unrolled = [day, week, month].map(|window| series::unroll(&slices.fit, window));
        let [day, week, month] = unrolled;
        let estimates = estimate::estimate(&params, &returns, &[day?, week?, month?])?;
        model.curve = estimates.curve;
        let losses = report::slices(slices, progress, &|row| Ok(model.forecast(row)?.variance))?;
        let report = json!({ "estimates": estimates, "fitReturns": returns.len(), "slices": losses });
        Ok(Box::new(FittedVolatility {
            model,
            report,
            params: json!(params),
        }))
    }
}
