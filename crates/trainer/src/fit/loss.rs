//! The loss a task is judged by.

use tidemark_metrics::{MetricError, log_loss, qlike};
use tidemark_models::Task;

use crate::error::{Failure, FailureCode};

/// Losses by task. Smaller is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// Direction: −ln of the probability given to what happened.
    LogLoss,
    /// Volatility: ln h + r²/h (Patton 2011), h the forecast variance, r² the squared return.
    Qlike,
}

impl Loss {
    pub(super) const fn of(task: Task) -> Self {
        match task {
            Task::Direction => Self::LogLoss,
            Task::Volatility => Self::Qlike,
        }
    }

    /// Name in the report.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::LogLoss => "log_loss",
            Self::Qlike => "qlike",
        }
    }

    /// The naive family that a loss is shown beside.
    pub(super) const fn baseline_family(self) -> &'static str {
        match self {
            Self::LogLoss => "base_rate",
            Self::Qlike => "ewma",
        }
    }

    /// Mean loss over rows of a model's first output: a probability, or a volatility.
    ///
    /// # Errors
    /// `INTERNAL` when an output is not what its family promises, `INVALID_DATA` when a label is not one.
    pub(super) fn mean(self, outputs: &[f64], labels: &[f64]) -> Result<f64, Failure> {
        let mean = match self {
            Self::LogLoss => log_loss(outputs, labels),
            Self::Qlike => {
                let variances: Vec<f64> = outputs.iter().map(|volatility| volatility * volatility).collect();
                qlike(&variances, labels)
            }
        };
        mean.map_err(|error| {
            let code = match error {
                MetricError::Label { .. } => FailureCode::InvalidData,
                _ => FailureCode::Internal,
            };
            Failure::new(code, format!("cannot score the test rows: {error}"))
        })
    }
}
