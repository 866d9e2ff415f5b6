//! A loaded model: verified bytes, a session, and what it says about itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use ort::session::Session;
use sha2::{Digest, Sha256};

use crate::error::{InferError, Result};
use crate::inspect;
use crate::ports::{Port, Ports};
use crate::row_runner::RowRunner;
use crate::runtime::environment;
use crate::signature::{Segment, segments};

/// Largest model file that is loaded unless the caller says otherwise, bytes.
const DEFAULT_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// What a caller may demand of a file before it becomes a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadOptions {
    /// SHA-256 the file must have (hexadecimal, any case); default: not checked.
    pub expected_sha256: Option<String>,
    /// Largest file, bytes; default 256 MiB.
    pub max_bytes: u64,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            expected_sha256: None,
            max_bytes: DEFAULT_MAX_BYTES,
        }
    }
}

/// What a model says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelMetadata {
    /// Graph inputs in graph order.
    pub inputs: Vec<Port>,
    /// Graph outputs in graph order.
    pub outputs: Vec<Port>,
    /// Columns of one flat input row.
    pub row_width: usize,
    /// Columns of one flat output row.
    pub output_width: usize,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Size of the file, bytes.
    pub bytes: u64,
    /// Custom metadata of the file.
    pub custom: BTreeMap<String, String>,
}

/// A model ready to run. Shared freely between threads; see the crate documentation.
pub struct Model {
    session: Session,
    ports: Ports,
    segments: Vec<Segment>,
    metadata: ModelMetadata,
}

impl Model {
    /// Reads, verifies and loads the model at `path`, and runs one invented row through it: some malformed graphs are
    /// only found out by running them.
    ///
    /// # Errors
    /// `RUNTIME_NOT_INITIALISED` or one of the `MODEL_*` codes.
    pub fn load(path: &Path, options: &LoadOptions) -> Result<Arc<Self>> {
        let bytes = read_limited(path, options.max_bytes)?;
        Self::from_bytes(&bytes, options)
    }

    /// As [`load`](Self::load), from bytes already in memory.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_bytes(bytes: &[u8], options: &LoadOptions) -> Result<Arc<Self>> {
        let environment = environment()?;
        let limit = options.max_bytes;
        if bytes.len() as u64 > limit {
            return Err(InferError::ModelTooLarge { limit });
        }
        let sha256 = verified_digest(bytes, options.expected_sha256.as_deref())?;
        inspect::refuse_hostile(bytes, limit)?;
        let session = session(environment, bytes).map_err(InferError::invalid)?;
        let ports = Ports::of(&session)?;
        let custom = custom_metadata(&session)?;
        let (row_width, output_width) = (ports.row_width(), ports.output_width());
        let metadata = ModelMetadata {
            inputs: ports.inputs.clone(),
            outputs: ports.outputs.clone(),
            row_width,
            output_width,
            sha256,
            bytes: bytes.len() as u64,
            custom,
        };
        let segments = segments(&metadata.custom, row_width, output_width)?;
        let model = Arc::new(Self {
            session,
            ports,
            segments,
            metadata,
        });
        RowRunner::new(Arc::clone(&model))?
            .warm_up(1)
            .map_err(InferError::invalid)?;
        Ok(model)
    }

    /// What the model says about itself.
    #[must_use]
    pub fn metadata(&self) -> &ModelMetadata {
        &self.metadata
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Model")
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

/// Reads at most `limit` bytes of a regular file; the limit holds even if the file grows meanwhile.
fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => InferError::ModelNotFound {
            path: path.to_path_buf(),
        },
        _ => InferError::ModelUnreadable {
            path: path.to_path_buf(),
            reason: error.to_string(),
        },
    };
    // Before opening: opening a FIFO would wait for a writer.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(InferError::ModelNotFound {
            path: path.to_path_buf(),
        });
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        Err(InferError::ModelTooLarge { limit })
    } else {
        Ok(bytes)
    }
}

fn verified_digest(bytes: &[u8], expected: Option<&str>) -> Result<String> {
    let mut actual = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(actual, "{byte:02x}");
    }
    match expected {
        Some(expected) if !expected.eq_ignore_ascii_case(&actual) => Err(InferError::ModelDigestMismatch {
            expected: expected.to_owned(),
            actual,
        }),
        _ => Ok(actual),
    }
}

/// One thread per run: every other setting was measured to be noise for models of this size, a second thread makes
/// one-row tree ensembles slower. The memory pattern is only useful for repeated equal large shapes.
fn session(environment: &ort::environment::Environment, bytes: &[u8]) -> ort::Result<Session> {
    Session::builder(environment)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_memory_pattern(false)?
        .commit_from_memory(bytes)
}

fn custom_metadata(session: &Session) -> Result<BTreeMap<String, String>> {
    let metadata = session.metadata().map_err(InferError::invalid)?;
    let keys = metadata.custom_keys().map_err(InferError::invalid)?;
    Ok(keys
        .into_iter()
        .filter_map(|key| metadata.custom(&key).map(|value| (key, value)))
        .collect())
}
