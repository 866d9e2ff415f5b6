//! Where the tests find ONNX Runtime and the fixtures.

#![allow(dead_code, reason = "every test binary uses its own part")]

use std::path::{Path, PathBuf};

use tidemark_infer::init_runtime;

/// The repository root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// A fixture model by path under `tests/golden/models`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    root().join("tests/golden/models").join(name)
}

/// The library of npm `onnxruntime-node`, or the one `TIDEMARK_ORT_LIBRARY` names.
pub(crate) fn library() -> PathBuf {
    if let Some(path) = std::env::var_os("TIDEMARK_ORT_LIBRARY") {
        return path.into();
    }
    let (platform, file) = match std::env::consts::OS {
        "macos" => ("darwin", "libonnxruntime.1.dylib"),
        "windows" => ("win32", "onnxruntime.dll"),
        other => (other, "libonnxruntime.so.1"),
    };
    let arch = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x64"
    };
    root()
        .join("node_modules/onnxruntime-node/bin/napi-v6")
        .join(platform)
        .join(arch)
        .join(file)
}

/// Initialises the runtime; every test may call it.
pub(crate) fn init() {
    init_runtime(&library()).expect("run `npm install` first: the tests use the library of onnxruntime-node");
}
