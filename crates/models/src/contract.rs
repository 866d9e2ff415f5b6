//! What every estimator promises.

use crate::{ModelError, ModelMetadata, Slices};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidemark_indicators::InputSpec;

/// What a model forecasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Probability of a positive return over the label's horizon.
    Direction,
    /// Volatility and value at risk of the next bar's log return.
    Volatility,
}

/// One column of a model's output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputSpec {
    /// Name in replies and in the signature.
    pub name: String,
    /// Unit of the number, for example `probability` or `log_return`.
    pub unit: String,
    /// Smallest value the model can give, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest value the model can give, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// Lengths of the windows that volatility families ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowParams {
    /// Standardised residuals the value at risk is read from, at most. From 250 up; 1,000 by default.
    pub residuals: usize,
}

impl WindowParams {
    /// Returns at the head of a window that only warm the variance filter up. After 260 steps at λ = .94 the start
    /// value weighs 1e-7.
    pub const BURN_IN: usize = 260;

    /// Residuals below which a 1 % quantile is not estimated.
    pub const MIN_RESIDUALS: usize = 250;

    /// Length of a window of returns.
    #[must_use]
    pub const fn return_length(&self) -> usize {
        Self::BURN_IN + self.residuals
    }

    /// Length of a window of daily-range averages: one forecast per residual and one for the next bar.
    #[must_use]
    pub const fn range_length(&self) -> usize {
        self.residuals + 1
    }
}

impl Default for WindowParams {
    fn default() -> Self {
        Self { residuals: 1000 }
    }
}

/// Which slices beside `fit` change the model. A family may report losses on the others, nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceNeeds {
    /// Early stopping: a choice is made on rows the parameters were not estimated on.
    pub early_stopping: bool,
    /// Calibration: the output is mapped on rows that neither estimated nor chose.
    pub calibration: bool,
}

impl SliceNeeds {
    /// Estimated on `fit` alone.
    pub const FIT_ONLY: Self = Self {
        early_stopping: false,
        calibration: false,
    };
    /// Every slice has its part.
    pub const ALL: Self = Self {
        early_stopping: true,
        calibration: true,
    };
}

/// Where a fit tells how far it is, and learns that it should stop.
pub trait Progress {
    /// Share of the work done, in 0..=1, and what is being done.
    fn report(&mut self, fraction: f64, message: &str);
    /// One measured value; `step` counts within the key.
    fn metric(&mut self, key: &str, value: f64, step: u64);
    /// True once the caller wants the fit to end; `fit` then returns [`ModelError::Cancelled`] within about 100 ms.
    fn cancelled(&self) -> bool;
}

/// A [`Progress`] nobody listens to and that never cancels.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilentProgress;

impl Progress for SilentProgress {
    fn report(&mut self, _fraction: f64, _message: &str) {}
    fn metric(&mut self, _key: &str, _value: f64, _step: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

/// A fitted model. Immutable: predicting twice gives the same bits.
pub trait Fitted: Send {
    /// The columns of the output, in order.
    fn output_names(&self) -> Vec<OutputSpec>;

    /// Predicts one row into `out`, whose length is the number of outputs.
    ///
    /// # Errors
    /// [`ModelError::InvalidRows`] for a wrong width or a value that no bar can have, [`ModelError::Insufficient`] where the row
    /// holds too little history, [`ModelError::Degenerate`] where the answer is not defined (all returns zero).
    fn predict(&self, row: &[f64], out: &mut [f64]) -> Result<(), ModelError>;

    /// The model as ONNX bytes: the same model and metadata give the same bytes.
    ///
    /// # Errors
    /// [`ModelError::Export`] if the graph cannot be written.
    fn to_onnx(&self, meta: &ModelMetadata) -> Result<Vec<u8>, ModelError>;

    /// What an expert wants to see about this fit: losses per slice, diagnostics.
    fn report(&self) -> Value;

    /// The checked parameters with every default filled in: passing them to `fit` again repeats this fit.
    fn params(&self) -> Value;
}

/// A kind of model.
pub trait Family: Sync {
    /// Stable name in YAML, jobs and artifacts.
    fn name(&self) -> &'static str;

    /// What it forecasts.
    fn task(&self) -> Task;

    /// The inputs of a row, in order. Direction families take the agent's `features`; others ignore them.
    fn inputs(&self, features: &[String], window: &WindowParams) -> Vec<InputSpec>;

    /// Which slices beside `fit` the model depends on. The others may be empty, and their rows part of `fit`.
    fn needs(&self) -> SliceNeeds;

    /// Parameters used where a job gives none.
    fn default_params(&self) -> Value;

    /// Fits on `slices.fit`, with the other slices used for nothing but early stopping and calibration.
    /// Same parameters, slices and seed give the same model to the last bit.
    ///
    /// # Errors
    /// [`ModelError::InvalidParams`], [`ModelError::InvalidRows`], [`ModelError::Insufficient`], [`ModelError::Degenerate`],
    /// [`ModelError::NotConverged`] or [`ModelError::Cancelled`].
    fn fit(
        &self,
        params: &Value,
        slices: &Slices<'_>,
        seed: u64,
        progress: &mut dyn Progress,
    ) -> Result<Box<dyn Fitted>, ModelError>;
}
