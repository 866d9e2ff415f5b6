//! Errors of building and reading models.

use tidemark_core::{Code, Family};

/// Result of this crate.
pub type Result<T, E = OnnxError> = std::result::Result<T, E>;

/// Why a model could not be written, or is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// A graph under construction contradicts itself: a fault of the exporter.
    #[error("graph `{graph}` cannot be written: {message}")]
    InvalidGraph {
        /// Name of the graph.
        graph: String,
        /// What contradicts what.
        message: String,
    },
    /// The bytes are not a complete protobuf message of this kind.
    #[error("not a readable ONNX file: {message}; check that it is complete")]
    Malformed {
        /// What was found.
        message: String,
    },
    /// A size, count or depth above its limit.
    #[error("{what} is limited to {limit}, got {actual} or more; use a smaller model or raise the limit")]
    LimitExceeded {
        /// What is counted.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// The count at which reading stopped.
        actual: usize,
    },
    /// A tensor lives in another file.
    #[error("tensor `{tensor}` refers to data in another file; save the model with its weights inside")]
    ExternalData {
        /// Name of the tensor.
        tensor: String,
    },
    /// An operator set that the standard does not define.
    #[error("operator domain `{domain}` is not supported; only the standard and `ai.onnx.ml` are")]
    UnknownDomain {
        /// The domain found.
        domain: String,
    },
    /// A version outside the supported range.
    #[error("{what} {actual} is not supported; export with {min} to {max}")]
    UnsupportedVersion {
        /// Which version.
        what: &'static str,
        /// The version found.
        actual: i64,
        /// Oldest supported.
        min: i64,
        /// Newest supported.
        max: i64,
    },
    /// A part of the format that we do not run.
    #[error("{feature} are not supported; export the model without them")]
    UnsupportedFeature {
        /// The part found.
        feature: &'static str,
    },
    /// Inputs or outputs without a usable name, type or shape.
    #[error("{message}; declare names, element types and shapes of inputs and outputs")]
    InvalidInterface {
        /// What is missing.
        message: String,
    },
}

impl Code for OnnxError {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidGraph { .. } => "ONNX_INVALID_GRAPH",
            Self::Malformed { .. } => "ONNX_MALFORMED",
            Self::LimitExceeded { .. } => "ONNX_LIMIT_EXCEEDED",
            Self::ExternalData { .. } => "ONNX_EXTERNAL_DATA",
            Self::UnknownDomain { .. } => "ONNX_UNKNOWN_DOMAIN",
            Self::UnsupportedVersion { .. } => "ONNX_UNSUPPORTED_VERSION",
            Self::UnsupportedFeature { .. } => "ONNX_UNSUPPORTED_FEATURE",
            Self::InvalidInterface { .. } => "ONNX_INVALID_INTERFACE",
        }
    }

    fn family(&self) -> Family {
        match self {
            Self::InvalidGraph { .. } => Family::Defect,
            _ => Family::Caller,
        }
    }
}
