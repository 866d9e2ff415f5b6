//! What the fitted volatility models have in common.

use super::graph::{self, Forecaster};
use super::historical::Forecast;
use super::layout::check_width;
use crate::{Fitted, ModelError, ModelMetadata, OutputSpec, Result};
use serde_json::Value;

/// A fitted volatility model: the same arithmetic natively and as a graph.
pub(crate) trait VolatilityModel: Send {
    /// Values per row.
    fn width(&self) -> usize;
    /// Forecast of one row of the right width.
    fn forecast(&self, row: &[f64]) -> Result<Forecast>;
    /// The part of the graph that differs between families.
    fn forecaster(&self) -> &dyn Forecaster;
}

/// A model with what its fit reported.
pub(crate) struct FittedVolatility<M> {
    pub(crate) model: M,
    pub(crate) report: Value,
    pub(crate) params: Value,
}

impl<M: VolatilityModel> Fitted for FittedVolatility<M> {
    fn output_names(&self) -> Vec<OutputSpec> {
        ["volatility", "var_99"]
            .map(|name| OutputSpec {
                name: name.to_owned(),
                unit: "log_return".to_owned(),
                min: Some(0.0),
                max: None,
            })
            .to_vec()
    }

    fn predict(&self, row: &[f64], out: &mut [f64]) -> Result<(), ModelError> {
        check_width(row, self.model.width())?;
        let [volatility, var_99] = out else {
            return Err(ModelError::rows(format!(
                "the output has 2 values, got room for {}",
                out.len()
            )));
        };
        let forecast = self.model.forecast(row)?;
        *volatility = forecast.variance.sqrt();
        *var_99 = forecast.var_99;
        Ok(())
    }

    fn to_onnx(&self, meta: &ModelMetadata) -> Result<Vec<u8>, ModelError> {
        graph::export(self.model.forecaster(), self.model.width(), meta)
    }

    fn report(&self) -> Value {
        self.report.clone()
    }

    fn params(&self) -> Value {
        self.params.clone()
    }
}
