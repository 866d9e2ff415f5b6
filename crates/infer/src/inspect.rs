//! What a model file may not contain, decided before ONNX Runtime sees it.

use tidemark_onnx::{Limits, OnnxError};

use crate::error::{InferError, Result};

/// Reads the structure of `bytes` under bounds and refuses what could make ONNX Runtime read other files, run foreign
/// operators or allocate without measure. ONNX Runtime would follow external tensors relative to the working folder
/// even for a model given as bytes.
pub(crate) fn refuse_hostile(bytes: &[u8], max_bytes: u64) -> Result<()> {
    let limits = Limits {
        bytes: usize::try_from(max_bytes).unwrap_or(usize::MAX),
        ..Limits::default()
    };
    match tidemark_onnx::inspect(bytes, &limits) {
        Ok(_) => Ok(()),
        Err(OnnxError::ExternalData { tensor }) => Err(InferError::ModelExternalData { name: tensor }),
        Err(
            error @ (OnnxError::UnknownDomain { .. }
            | OnnxError::UnsupportedVersion { .. }
            | OnnxError::UnsupportedFeature { .. }),
        ) => Err(InferError::ModelUnsupported {
            reason: error.to_string(),
        }),
        Err(error) => Err(InferError::invalid(error)),
    }
}
