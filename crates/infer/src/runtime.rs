//! The one ONNX Runtime environment of the process.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ort::environment::Environment;

use crate::elf::{LibraryLength, check_length};
use crate::error::{InferError, Result};

/// ONNX Runtime allows one environment per process and never a second one, so it is kept for good.
static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
static INITIALISING: Mutex<()> = Mutex::new(());

/// Loads the library at `path` (absolute) and creates the environment; later calls only report the loaded build.
///
/// # Errors
/// `RUNTIME_LIBRARY_MISSING`, `_TRUNCATED` or `_INVALID`. All can be retried with another path.
pub fn init_runtime(path: &Path) -> Result<&'static str> {
    let _guard = INITIALISING.lock().unwrap_or_else(PoisonError::into_inner);
    if ENVIRONMENT.get().is_none() {
        check_library(path)?;
        let invalid = |reason: String| InferError::RuntimeLibraryInvalid {
            path: path.to_path_buf(),
            reason,
        };
        let environment = ort::init_from(path)
            .map_err(|error| invalid(error.to_string()))?
            .with_name("tidemark")
            .with_telemetry(false)
            // ONNX Runtime would print to stderr what it also returns as an error.
            .with_logger(Arc::new(|_, _, _, _, _| {}))
            .build()
            .map_err(|error| invalid(error.to_string()))?;
        environment.set_log_level(ort::logging::LogLevel::Fatal);
        // The lock above makes this the only writer.
        let _ = ENVIRONMENT.set(environment);
    }
    Ok(ort::info())
}

/// The environment, once [`init_runtime`] has succeeded.
pub(crate) fn environment() -> Result<&'static Environment> {
    ENVIRONMENT.get().ok_or(InferError::RuntimeNotInitialised)
}

fn check_library(path: &Path) -> Result<()> {
    let missing = || InferError::RuntimeLibraryMissing {
        path: path.to_path_buf(),
    };
    // A relative path would be searched beside the executable, which is the folder of `node`.
    if !path.is_absolute() {
        return Err(missing());
    }
    let mut file = File::open(path).map_err(|_| missing())?;
    let metadata = file.metadata().map_err(|_| missing())?;
    if !metadata.is_file() {
        return Err(missing());
    }
    let actual = metadata.len();
    let mut header = Vec::with_capacity(64);
    let invalid = |reason: String| InferError::RuntimeLibraryInvalid {
        path: path.to_path_buf(),
        reason,
    };
    file.by_ref()
        .take(64)
        .read_to_end(&mut header)
        .map_err(|error| invalid(error.to_string()))?;
    if actual == 0 {
        return Err(InferError::RuntimeLibraryTruncated {
            path: path.to_path_buf(),
            expected: 64,
            actual,
        });
    }
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    match check_length(&header, actual) {
        LibraryLength::Complete => Ok(()),
        LibraryLength::Truncated { expected } => Err(InferError::RuntimeLibraryTruncated {
            path: path.to_path_buf(),
            expected,
            actual,
        }),
        LibraryLength::NotALibrary(reason) => Err(invalid(reason.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use tidemark_core::Code;

    use super::*;

    fn code_of(path: &Path) -> &'static str {
        check_library(path).unwrap_err().code()
    }

    #[test]
    fn absent_relative_and_folder_paths_are_missing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(code_of(&folder.path().join("none.so")), "RUNTIME_LIBRARY_MISSING");
        assert_eq!(
            code_of(Path::new("libonnxruntime.so.1")),
            "RUNTIME_LIBRARY_MISSING"
        );
        assert_eq!(code_of(folder.path()), "RUNTIME_LIBRARY_MISSING");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn empty_and_text_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.so");
        std::fs::write(&path, b"").unwrap();
        assert_eq!(code_of(&path), "RUNTIME_LIBRARY_TRUNCATED");
        std::fs::write(
            &path,
            b"not a library at all, only some text that is longer than one ELF header",
        )
        .unwrap();
        assert_eq!(code_of(&path), "RUNTIME_LIBRARY_INVALID");
    }
}
