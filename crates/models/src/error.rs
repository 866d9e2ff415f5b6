//! Errors of fitting, predicting and exporting.

use thiserror::Error;
use tidemark_core::{CheckError, Code, Family as ErrorFamily};
use tidemark_onnx::OnnxError;

/// Result of this crate.
pub type Result<T, E = ModelError> = std::result::Result<T, E>;

/// Why a model could not be fitted, asked or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A parameter is unknown, of the wrong kind or outside its range.
    #[error("parameters of {family}: {message}")]
    InvalidParams {
        /// The family asked for.
        family: &'static str,
        /// What was expected and what came.
        message: String,
    },
    /// Rows of the wrong shape or with values no bar can have.
    #[error("rows: {message}")]
    InvalidRows {
        /// What was expected and what came.
        message: String,
    },
    /// Not enough history.
    #[error("{what}: {required} needed, {actual} given; use a longer history")]
    Insufficient {
        /// What is counted.
        what: &'static str,
        /// The smallest count that is enough.
        required: usize,
        /// The count at hand.
        actual: usize,
    },
    /// The data leave the estimate undefined, for example returns that are all zero.
    #[error("degenerate data: {message}")]
    Degenerate {
        /// What is undefined, and why.
        message: String,
    },
    /// The optimiser found no usable optimum.
    #[error("{family} did not converge: {message}")]
    NotConverged {
        /// The family asked for.
        family: &'static str,
        /// What the optimiser reported.
        message: String,
    },
    /// The caller cancelled the fit.
    #[error("the fit was cancelled")]
    Cancelled,
    /// The graph could not be written.
    #[error("export: {0}")]
    Export(#[from] OnnxError),
}

impl ModelError {
    /// An [`ModelError::InvalidRows`] with this message.
    #[must_use]
    pub fn rows(message: impl Into<String>) -> Self {
        Self::InvalidRows {
            message: message.into(),
        }
    }
}

impl Code for ModelError {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidParams { .. } => "MODELS_INVALID_PARAMS",
            Self::InvalidRows { .. } => "MODELS_INVALID_ROWS",
            Self::Insufficient { .. } => "MODELS_INSUFFICIENT_DATA",
            Self::Degenerate { .. } => "MODELS_DEGENERATE_DATA",
            Self::NotConverged { .. } => "MODELS_NOT_CONVERGED",
            Self::Cancelled => "MODELS_CANCELLED",
            Self::Export(_) => "MODELS_EXPORT_FAILED",
        }
    }

    fn family(&self) -> ErrorFamily {
        match self {
            Self::Cancelled => ErrorFamily::Operational,
            Self::Export(source) => source.family(),
            _ => ErrorFamily::Caller,
        }
    }
}

impl From<CheckError> for ModelError {
    fn from(error: CheckError) -> Self {
        Self::rows(error.to_string())
    }
}
