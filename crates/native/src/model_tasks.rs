//! Work on models that runs on libuv's pool. Tasks hold nothing of JavaScript's.

use std::path::PathBuf;
use std::sync::Arc;

use napi::bindgen_prelude::Float64Array;
use napi::{Env, Task};
use tidemark_infer::{InferError, LoadOptions, Model, RowRunner};

use crate::edge::{Fault, attempt};
use crate::models::keep;

/// Loads a model.
pub struct LoadTask {
    path: PathBuf,
    options: LoadOptions,
}

impl LoadTask {
    pub(crate) fn new(path: PathBuf, options: LoadOptions) -> Self {
        Self { path, options }
    }
}

impl Task for LoadTask {
    type Output = Result<Arc<Model>, Fault>;
    type JsValue = u32;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(attempt(|| Ok(Model::load(&self.path, &self.options)?)))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<u32> {
        output
            .and_then(|model| attempt(|| keep(env, model)))
            .map_err(|fault| fault.into_rejection(env))
    }
}

/// Scores a batch with buffers of its own, beside whatever the JavaScript thread does with the same model.
pub struct BatchTask {
    model: Arc<Model>,
    input: Vec<f64>,
    rows: usize,
}

impl BatchTask {
    pub(crate) fn new(model: Arc<Model>, input: Vec<f64>, rows: usize) -> Self {
        Self { model, input, rows }
    }

    fn score(&self) -> Result<Vec<f64>, Fault> {
        let metadata = self.model.metadata();
        // Before allocating: the number of rows comes from outside, the length of the input is a fact.
        let expected = self.rows.saturating_mul(metadata.row_width);
        if self.input.len() != expected {
            return Err(InferError::InputWidth {
                expected,
                actual: self.input.len(),
            }
            .into());
        }
        let mut output = vec![0.0; self.rows * metadata.output_width];
        RowRunner::new(Arc::clone(&self.model))?.predict_rows_into(&self.input, self.rows, &mut output)?;
        Ok(output)
    }
}

impl Task for BatchTask {
    type Output = Result<Vec<f64>, Fault>;
    type JsValue = Float64Array;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(attempt(|| self.score()))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Float64Array> {
        output
            .map(Float64Array::new)
            .map_err(|fault| fault.into_rejection(env))
    }
}
