//! What can go wrong between a file name and a prediction.

use std::path::PathBuf;

use tidemark_core::{Code, Family};

/// Result of everything in this crate.
pub type Result<T, E = InferError> = std::result::Result<T, E>;

/// A failure with a stable [`code`](Code::code); messages say what was expected, what came and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InferError {
    /// The ONNX Runtime library is not where it should be.
    #[error("ONNX Runtime library not found at {}: expected an absolute path to an existing file; install the npm package onnxruntime-node or set TIDEMARK_ORT_LIBRARY", path.display())]
    RuntimeLibraryMissing {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// The library file ends before its own headers say it should: loading it would end the process with SIGBUS.
    #[error("ONNX Runtime library {} is incomplete: its headers need {expected} bytes, the file has {actual}; install onnxruntime-node again", path.display())]
    RuntimeLibraryTruncated {
        /// The incomplete file.
        path: PathBuf,
        /// Smallest complete size, bytes.
        expected: u64,
        /// Size found, bytes.
        actual: u64,
    },
    /// The file is complete but is not an ONNX Runtime that this build can use.
    #[error("{} cannot be used as ONNX Runtime: {reason}", path.display())]
    RuntimeLibraryInvalid {
        /// The refused file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A model was loaded before [`crate::init_runtime`].
    #[error("ONNX Runtime is not initialised: call initRuntime with the library path first")]
    RuntimeNotInitialised,
    /// No regular file at the model's path.
    #[error("model file not found at {}: expected a regular file", path.display())]
    ModelNotFound {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// The model file exists and cannot be read.
    #[error("model file {} cannot be read: {reason}", path.display())]
    ModelUnreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// The file is larger than the caller allows.
    #[error("model file has more than {limit} bytes: raise the limit if this is meant")]
    ModelTooLarge {
        /// The limit, bytes.
        limit: u64,
    },
    /// The bytes are not the bytes that were registered.
    #[error(
        "model digest is {actual}, expected {expected}: the file was changed or is not the registered artifact"
    )]
    ModelDigestMismatch {
        /// SHA-256 asked for, lower-case hexadecimal.
        expected: String,
        /// SHA-256 of the file, lower-case hexadecimal.
        actual: String,
    },
    /// The bytes are not a model that ONNX Runtime accepts, or the model contradicts itself.
    #[error("model is invalid: {reason}")]
    ModelInvalid {
        /// What was found.
        reason: String,
    },
    /// The model keeps tensors in other files; those would be read from wherever the model says.
    #[error(
        "model refers to external data ({name}): only self-contained models are loaded; export it with all tensors inside"
    )]
    ModelExternalData {
        /// The tensor or attribute that points outside.
        name: String,
    },
    /// A valid model that this crate does not serve.
    #[error("model is not supported: {reason}")]
    ModelUnsupported {
        /// What is needed instead.
        reason: String,
    },
    /// The input array does not have the model's width (times the rows).
    #[error("input has {actual} values, expected {expected}")]
    InputWidth {
        /// Values needed.
        expected: usize,
        /// Values given.
        actual: usize,
    },
    /// A NaN or infinite value where the signature allows none.
    #[error(
        "input value at row {row}, column {column} is not finite: windows may only start with NaN, everything else must be finite (and within f32 for f32 inputs)"
    )]
    InputNotFinite {
        /// Row, from 0.
        row: usize,
        /// Column of the flat row, from 0.
        column: usize,
    },
    /// The output array does not have the model's output width (times the rows).
    #[error("output has {actual} values, expected {expected}")]
    OutputWidth {
        /// Values needed.
        expected: usize,
        /// Values given.
        actual: usize,
    },
    /// The model answered NaN or infinity.
    #[error(
        "model output at row {row}, column {column} is not finite: the input is outside what the model can score"
    )]
    OutputNotFinite {
        /// Row, from 0.
        row: usize,
        /// Column of the flat output row, from 0.
        column: usize,
    },
    /// ONNX Runtime refused while running.
    #[error("model run failed: {reason}")]
    RunFailed {
        /// What ONNX Runtime said.
        reason: String,
    },
    /// A handle that is not, or no longer, in use on this thread.
    #[error(
        "model handle {handle} is not in use on this thread: it was disposed, or belongs to another thread"
    )]
    HandleInvalid {
        /// The handle.
        handle: u32,
    },
}

impl Code for InferError {
    fn code(&self) -> &'static str {
        match self {
            Self::RuntimeLibraryMissing { .. } => "RUNTIME_LIBRARY_MISSING",
            Self::RuntimeLibraryTruncated { .. } => "RUNTIME_LIBRARY_TRUNCATED",
            Self::RuntimeLibraryInvalid { .. } => "RUNTIME_LIBRARY_INVALID",
            Self::RuntimeNotInitialised => "RUNTIME_NOT_INITIALISED",
            Self::ModelNotFound { .. } => "MODEL_NOT_FOUND",
            Self::ModelUnreadable { .. } => "MODEL_UNREADABLE",
            Self::ModelTooLarge { .. } => "MODEL_TOO_LARGE",
            Self::ModelDigestMismatch { .. } => "MODEL_DIGEST_MISMATCH",
            Self::ModelInvalid { .. } => "MODEL_INVALID",
            Self::ModelExternalData { .. } => "MODEL_EXTERNAL_DATA",
            Self::ModelUnsupported { .. } => "MODEL_UNSUPPORTED",
            Self::InputWidth { .. } => "INPUT_WIDTH",
            Self::InputNotFinite { .. } => "INPUT_NOT_FINITE",
            Self::OutputWidth { .. } => "OUTPUT_WIDTH",
            Self::OutputNotFinite { .. } => "OUTPUT_NOT_FINITE",
            Self::RunFailed { .. } => "MODEL_RUN_FAILED",
            Self::HandleInvalid { .. } => "HANDLE_INVALID",
        }
    }

    fn family(&self) -> Family {
        match self {
            Self::RuntimeLibraryMissing { .. }
            | Self::RuntimeLibraryTruncated { .. }
            | Self::RuntimeLibraryInvalid { .. }
            | Self::ModelUnreadable { .. } => Family::Operational,
            Self::RuntimeNotInitialised | Self::HandleInvalid { .. } => Family::Defect,
            _ => Family::Caller,
        }
    }
}

impl InferError {
    /// A model that cannot be loaded, with ONNX Runtime's own words.
    pub(crate) fn invalid(reason: impl std::fmt::Display) -> Self {
        Self::ModelInvalid {
            reason: reason.to_string(),
        }
    }

    /// A run that failed, with ONNX Runtime's own words.
    pub(crate) fn run(reason: impl std::fmt::Display) -> Self {
        Self::RunFailed {
            reason: reason.to_string(),
        }
    }
}
