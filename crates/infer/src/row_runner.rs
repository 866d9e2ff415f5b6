//! Scoring rows one at a time, without allocating.

use std::sync::Arc;

use crate::error::{InferError, Result};
use crate::model::Model;
use crate::tensors::Tensors;

/// A model with reused one-row tensors. Make one per thread; several may share a [`Model`].
pub struct RowRunner {
    model: Arc<Model>,
    tensors: Tensors,
}

impl RowRunner {
    /// Prepares the one-row tensors.
    ///
    /// # Errors
    /// `MODEL_RUN_FAILED` when ONNX Runtime cannot allocate them.
    pub fn new(model: Arc<Model>) -> Result<Self> {
        let tensors = Tensors::new(model.ports())?;
        Ok(Self { model, tensors })
    }

    /// The model that is run.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Scores one row into `output`; `output` is unspecified after an error.
    ///
    /// # Errors
    /// `INPUT_WIDTH`, `OUTPUT_WIDTH`, `INPUT_NOT_FINITE`, `OUTPUT_NOT_FINITE`, `MODEL_RUN_FAILED`.
    pub fn predict_into(&mut self, input: &[f64], output: &mut [f64]) -> Result<()> {
        self.predict_rows_into(input, 1, output)
    }

    /// Scores `rows` rows (row-major) into `output`; `output` is unspecified after an error.
    ///
    /// Rows go through the graph one by one. Given many rows at once ONNX Runtime picks other kernels and the last
    /// bits of a row's answer depend on how many rows came with it (measured: 2 ulp on a logistic model); here an
    /// answer is the same bits however it was asked for. Tree ensembles gain nothing from batching anyway.
    ///
    /// # Errors
    /// As [`predict_into`](Self::predict_into); widths are those of the whole batch.
    pub fn predict_rows_into(&mut self, input: &[f64], rows: usize, output: &mut [f64]) -> Result<()> {
        let metadata = self.model.metadata();
        let (row_width, output_width) = (metadata.row_width, metadata.output_width);
        let expected = rows.saturating_mul(row_width);
        if input.len() != expected {
            return Err(InferError::InputWidth {
                expected,
                actual: input.len(),
            });
        }
        let expected = rows.saturating_mul(output_width);
        if output.len() != expected {
            return Err(InferError::OutputWidth {
                expected,
                actual: output.len(),
            });
        }
        let (session, segments) = (self.model.session(), self.model.segments());
        let parts = input
            .chunks_exact(row_width)
            .zip(output.chunks_exact_mut(output_width));
        for (row, (input, output)) in parts.enumerate() {
            self.tensors.predict(session, segments, input, output, row)?;
        }
        Ok(())
    }

    /// Runs `times` plausible rows so that the first real one does not pay for lazy allocation and cold caches.
    ///
    /// # Errors
    /// As [`predict_into`](Self::predict_into), except that a non-finite answer to an invented row is not an error.
    pub fn warm_up(&mut self, times: usize) -> Result<()> {
        let metadata = self.model.metadata();
        let input = probe_row(metadata.row_width);
        let mut output = vec![0.0; metadata.output_width];
        for _ in 0..times {
            match self.predict_into(&input, &mut output) {
                Ok(()) | Err(InferError::OutputNotFinite { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for RowRunner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RowRunner")
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// An invented row of small, positive, varying values: valid as a return, a variance and a scaled indicator alike.
pub(crate) fn probe_row(width: usize) -> Vec<f64> {
    (0..width)
        .map(|column| 0.01 * (1.0 + (column % 5) as f64 / 10.0))
        .collect()
}
