//! The naive baseline: the share of positive labels so far.

use super::fitted::{DirectionModel, FittedDirection};
use super::slices;
use crate::{Family, Fitted, ModelError, Progress, Result, SliceNeeds, Slices, Task, WindowParams, params};
use serde::Deserialize;
use serde_json::{Value, json};
use tidemark_indicators::InputSpec;
use tidemark_onnx::{GraphBuilder, Tensor, Value as Tensored};

const FAMILY: &str = "base_rate";
/// Bounds of the forecast; keeps one surprise from costing an infinite log loss.
const BOUNDS: [f64; 2] = [0.01, 0.99];

/// Forecasts the share of positive labels among all labels matured by the bar, limited to [0.01, 0.99].
///
/// The rate is an input computed from stored bars, so the graph has no parameters and never goes stale. Nothing is estimated;
/// fitting checks the rows and reports the losses.
#[derive(Debug, Clone, Copy)]
pub struct BaseRate;

/// The family takes no settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParams {}

impl Family for BaseRate {
    fn name(&self) -> &'static str {
        FAMILY
    }

    fn task(&self) -> Task {
        Task::Direction
    }

    fn inputs(&self, _features: &[String], _window: &WindowParams) -> Vec<InputSpec> {
        vec![InputSpec::matured_label_rate()]
    }

    fn needs(&self) -> SliceNeeds {
        SliceNeeds::FIT_ONLY
    }

    fn default_params(&self) -> Value {
        json!({})
    }

    fn fit(
        &self,
        params: &Value,
        slices: &Slices<'_>,
        _seed: u64,
        progress: &mut dyn Progress,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        let NoParams {} = params::parse(FAMILY, params)?;
        slices::check(slices, 1)?;
        if slices.fit.width != 1 {
            return Err(ModelError::rows(format!(
                "base_rate takes one input, got {}",
                slices.fit.width
            )));
        }
        if progress.cancelled() {
            return Err(ModelError::Cancelled);
        }
        let model = MaturedRate;
        let report = json!({
            "configurationsTried": 1,
            "inputs": slices::names(slices),
            "losses": slices::losses(&model, slices)?,
        });
        progress.report(1.0, "base rate ready");
        Ok(Box::new(FittedDirection {
            model,
            report,
            params: self.default_params(),
        }))
    }
}

struct MaturedRate;

impl DirectionModel for MaturedRate {
    fn width(&self) -> usize {
        1
    }

    fn probability(&self, row: &[f64]) -> Result<f64> {
        if row[0].is_finite() {
            return Ok(row[0].clamp(BOUNDS[0], BOUNDS[1]));
        }
        Err(ModelError::rows(format!(
            "matured_label_rate must be finite, got {}",
            row[0]
        )))
    }

    fn add_to(&self, graph: &mut GraphBuilder, rows: &Tensored) -> Tensored {
        let low = graph.constant(Tensor::scalar(BOUNDS[0]));
        let high = graph.constant(Tensor::scalar(BOUNDS[1]));
        let bounded = graph.op("Clip", &[rows, &low, &high]);
        // x − x is 0 for a number and NaN otherwise; the bounds above would hide an infinity.
        let fault = graph.op("Sub", &[rows, rows]);
        graph.op("Add", &[&bounded, &fault])
    }
}
