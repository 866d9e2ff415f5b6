//! L2-penalised logistic regression as a family.

mod newton;
mod params;

pub use params::LogisticParams;

use super::fitted::{DirectionModel, FittedDirection};
use super::{feature_inputs, slices};
use crate::calibration::{Platt, sigmoid};
use crate::scaling::Scaler;
use crate::{Family, Fitted, ModelError, Progress, Result, Rows, SliceNeeds, Slices, Task, WindowParams};
use newton::{Coefficients, Design};
use serde_json::{Value, json};
use tidemark_indicators::InputSpec;
use tidemark_onnx::{GraphBuilder, Tensor, Value as Tensored};

const FAMILY: &str = "logistic";
/// Fit rows below which no coefficient is estimated.
const MIN_ROWS: usize = 50;
/// Fit rows demanded per feature.
const ROWS_PER_FEATURE: usize = 10;

/// Logistic regression on winsorised, standardised features, calibrated on the calibration slice.
///
/// The penalty with the least log loss on the early-stopping slice is taken, the stronger of equals; without such a slice the
/// strongest. Missing and infinite features are refused. A constant feature gets no weight and is named in the report.
#[derive(Debug, Clone, Copy)]
pub struct Logistic;

impl Family for Logistic {
    fn name(&self) -> &'static str {
        FAMILY
    }

    fn task(&self) -> Task {
        Task::Direction
    }

    fn inputs(&self, features: &[String], _window: &WindowParams) -> Vec<InputSpec> {
        feature_inputs(features)
    }

    fn needs(&self) -> SliceNeeds {
        SliceNeeds::ALL
    }

    fn default_params(&self) -> Value {
        json!(LogisticParams::default())
    }

    fn fit(
        &self,
        params: &Value,
        slices: &Slices<'_>,
        _seed: u64,
        progress: &mut dyn Progress,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        let params: LogisticParams = crate::params::parse(FAMILY, params)?;
        params.check()?;
        let width = slices.fit.width;
        if width == 0 {
            return Err(ModelError::rows("at least one feature is needed, got none"));
        }
        slices::check(slices, MIN_ROWS.max(ROWS_PER_FEATURE * width))?;
        slices::check_classes(&slices.fit)?;
        let scaler = Scaler::fit(slices.fit.inputs, width, params.winsorise)?;
        let choice = choose(&params, &scaler, slices, progress)?;
        let mut model = CalibratedLine {
            scaler,
            line: choice.line,
            platt: Platt::fit(&[], &Rows::default()),
        };
        let scores = slices
            .calibration
            .iter()
            .map(|row| model.score(row))
            .collect::<Result<Vec<f64>>>()?;
        model.platt = Platt::fit(&scores, &slices.calibration);
        let report = report(&model, choice.l2, &choice.tried, slices)?;
        progress.report(1.0, "logistic regression calibrated");
        Ok(Box::new(FittedDirection {
            model,
            report,
            params: json!(params),
        }))
    }
}

/// The chosen penalty with its coefficients, and the early-stopping loss of every penalty tried.
struct Choice {
    l2: f64,
    line: Coefficients,
    tried: Vec<Value>,
}

fn choose(
    params: &LogisticParams,
    scaler: &Scaler,
    slices: &Slices<'_>,
    progress: &mut dyn Progress,
) -> Result<Choice> {
    let fit = scaled(scaler, &slices.fit);
    let stop = scaled(scaler, &slices.early_stopping);
    let width = slices.fit.width;
    let design = Design {
        width,
        features: &fit,
        labels: slices.fit.labels,
        weights: slices.fit.weights,
    };
    let mut best: Option<(f64, f64, Coefficients)> = None;
    let mut tried = Vec::new();
    for (step, &l2) in params.l2_grid.iter().enumerate() {
        if progress.cancelled() {
            return Err(ModelError::Cancelled);
        }
        let line = newton::fit(&design, l2)?;
        let loss = stop_loss(&line, &stop, &slices.early_stopping);
        tried.push(json!({ "l2": l2, "earlyStoppingLogLoss": loss, "newtonSteps": line.steps }));
        if let Some(loss) = loss {
            progress.metric("logistic.early_stopping_loss", loss, step as u64);
        }
        progress.report(
            (step + 1) as f64 / (params.l2_grid.len() + 1) as f64,
            "fitting penalties",
        );
        let loss = loss.unwrap_or(0.0);
        if best.as_ref().is_none_or(|(_, least, _)| loss <= *least) {
            best = Some((l2, loss, line));
        }
    }
    let Some((l2, _, line)) = best else {
        return Err(ModelError::InvalidParams {
            family: FAMILY,
            message: "l2Grid is empty".to_owned(),
        });
    };
    Ok(Choice { l2, line, tried })
}

fn scaled(scaler: &Scaler, rows: &Rows<'_>) -> Vec<f64> {
    rows.iter().flat_map(|row| scaler.scale(row)).collect()
}

/// Weighted mean log loss, as in fitting; `None` without rows.
fn stop_loss(line: &Coefficients, scaled: &[f64], rows: &Rows<'_>) -> Option<f64> {
    if rows.is_empty() {
        return None;
    }
    let scores: Vec<f64> = scaled
        .chunks_exact(rows.width)
        .map(|row| line.logit(row.iter().copied()))
        .collect();
    Some(crate::gbdt::Objective::LogLoss.mean_loss(&scores, rows.labels, rows.weights))
}

fn report(model: &CalibratedLine, l2: f64, tried: &[Value], slices: &Slices<'_>) -> Result<Value> {
    let names = slices::names(slices);
    let coefficients: Vec<Value> = names
        .iter()
        .zip(&model.line.features)
        .map(|(name, value)| json!({ "input": name, "perDeviation": value }))
        .collect();
    let constant: Vec<&String> = model
        .scaler
        .constant_features()
        .into_iter()
        .map(|index| &names[index])
        .collect();
    Ok(json!({
        "configurationsTried": tried.len(),
        "tried": tried,
        "l2": l2,
        "inputs": names,
        "constantInputs": constant,
        "intercept": model.line.intercept,
        "coefficients": coefficients,
        "calibration": model.platt.report(),
        "losses": slices::losses(model, slices)?,
    }))
}

struct CalibratedLine {
    scaler: Scaler,
    line: Coefficients,
    platt: Platt,
}

impl CalibratedLine {
    fn score(&self, row: &[f64]) -> Result<f64> {
        if let Some(at) = row.iter().position(|value| !value.is_finite()) {
            return Err(ModelError::rows(format!(
                "feature {at} must be finite, got {}",
                row[at]
            )));
        }
        Ok(self.line.logit(self.scaler.scale(row)))
    }
}

impl DirectionModel for CalibratedLine {
    fn width(&self) -> usize {
        self.line.features.len()
    }

    fn probability(&self, row: &[f64]) -> Result<f64> {
        Ok(sigmoid(self.platt.apply(self.score(row)?)))
    }

    fn add_to(&self, graph: &mut GraphBuilder, rows: &Tensored) -> Tensored {
        let scaled = self.scaler.add_to(graph, rows);
        let weights = graph.constant(Tensor::f64(&[self.width(), 1], &self.line.features));
        let intercept = graph.constant(Tensor::scalar(self.line.intercept));
        let product = graph.op("MatMul", &[&scaled, &weights]);
        let score = graph.op("Add", &[&product, &intercept]);
        self.platt.add_to(graph, &score)
    }
}
