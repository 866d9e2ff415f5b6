//! Models by handle. A handle belongs to the thread (main or worker) that loaded it; a thread that ends frees its own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use napi::Env;
use napi::bindgen_prelude::{AsyncTask, Float64ArraySlice};
use napi_derive::napi;
use tidemark_infer::{HandleTable, LoadOptions, Model, Port, RowRunner, init_runtime as init};

use crate::arrays::output_slice;
use crate::edge::{Fault, Result, guard};
use crate::model_tasks::{BatchTask, LoadTask};

thread_local! {
    static MODELS: RefCell<HandleTable<RowRunner>> = const { RefCell::new(HandleTable::new()) };
}

/// One graph input or output.
#[napi(object)]
pub struct ModelPort {
    /// Name in the graph.
    pub name: String,
    /// Columns in the flat row.
    pub width: u32,
    /// `f32`, `f64` or `i64`; values are `f64` on this side either way.
    pub dtype: String,
}

/// What a model says about itself.
#[napi(object)]
pub struct NativeModelMetadata {
    /// Inputs in graph order.
    pub inputs: Vec<ModelPort>,
    /// Outputs in graph order.
    pub outputs: Vec<ModelPort>,
    /// Columns of one flat input row.
    pub row_width: u32,
    /// Columns of one flat output row.
    pub output_width: u32,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Size of the file.
    pub bytes: f64,
    /// Custom metadata of the file.
    #[napi(ts_type = "Record<string, string>")]
    pub custom: BTreeMap<String, String>,
}

/// Loads the ONNX Runtime library (absolute path) once per process and returns its build description.
#[napi(catch_unwind)]
pub fn init_runtime(library_path: String) -> Result<String> {
    guard(|| Ok(init(Path::new(&library_path))?.to_owned()))
}

/// Loads a model file; `expectedSha256` and `maxBytes` are checked before anything is parsed.
#[napi(catch_unwind)]
pub fn load_model(
    env: Env,
    path: String,
    expected_sha256: Option<String>,
    max_bytes: Option<f64>,
) -> Result<u32> {
    guard(|| {
        keep(
            env,
            Model::load(Path::new(&path), &options(expected_sha256, max_bytes))?,
        )
    })
}

/// As `loadModel`, off the JavaScript thread.
#[napi(catch_unwind, ts_return_type = "Promise<number>")]
pub fn load_model_async(
    path: String,
    expected_sha256: Option<String>,
    max_bytes: Option<f64>,
) -> AsyncTask<LoadTask> {
    AsyncTask::new(LoadTask::new(
        PathBuf::from(path),
        options(expected_sha256, max_bytes),
    ))
}

/// What the model says about itself.
#[napi(catch_unwind)]
pub fn model_metadata(handle: u32) -> Result<NativeModelMetadata> {
    guard(|| {
        let model = model(handle)?;
        let metadata = model.metadata();
        Ok(NativeModelMetadata {
            inputs: metadata.inputs.iter().map(port).collect(),
            outputs: metadata.outputs.iter().map(port).collect(),
            row_width: metadata.row_width as u32,
            output_width: metadata.output_width as u32,
            sha256: metadata.sha256.clone(),
            bytes: metadata.bytes as f64,
            custom: metadata.custom.clone(),
        })
    })
}

/// Scores `rows` invented rows, so that the first real one does not pay for lazy allocation and cold caches.
#[napi(catch_unwind)]
pub fn warm_up(handle: u32, rows: u32) -> Result<()> {
    guard(|| with_runner(handle, |runner| Ok(runner.warm_up(rows as usize)?)))
}

/// Scores one row into the caller's array.
#[napi(catch_unwind)]
pub fn predict_into(handle: u32, input: &[f64], mut output: Float64ArraySlice<'_>) -> Result<()> {
    guard(|| {
        let output = output_slice(&mut output, input)?;
        with_runner(handle, |runner| Ok(runner.predict_into(input, output)?))
    })
}

/// Scores `rows` rows (row-major) into the caller's array, on the calling thread.
#[napi(catch_unwind)]
pub fn predict_batch_into(
    handle: u32,
    input: &[f64],
    rows: u32,
    mut output: Float64ArraySlice<'_>,
) -> Result<()> {
    guard(|| {
        let output = output_slice(&mut output, input)?;
        with_runner(handle, |runner| {
            Ok(runner.predict_rows_into(input, rows as usize, output)?)
        })
    })
}

/// Scores `rows` rows (row-major) off the JavaScript thread; the input is copied before this returns.
#[napi(catch_unwind, ts_return_type = "Promise<Float64Array>")]
pub fn predict_batch(handle: u32, input: &[f64], rows: u32) -> Result<AsyncTask<BatchTask>> {
    guard(|| {
        Ok(AsyncTask::new(BatchTask::new(
            model(handle)?,
            input.to_vec(),
            rows as usize,
        )))
    })
}

/// Frees the model; the handle is invalid from then on. Batches under way keep it alive until they end.
#[napi(catch_unwind)]
pub fn dispose_model(env: Env, handle: u32) -> Result<()> {
    guard(|| {
        let runner = MODELS.with_borrow_mut(|models| models.remove(handle))?;
        adjust_external_memory(env, -external_bytes(runner.model()))
    })
}

/// Keeps a loaded model in this thread's table and tells the garbage collector what it weighs.
pub(crate) fn keep(env: Env, model: Arc<Model>) -> std::result::Result<u32, Fault> {
    adjust_external_memory(env, external_bytes(&model))?;
    let runner = RowRunner::new(model)?;
    Ok(MODELS.with_borrow_mut(|models| models.insert(runner)))
}

fn with_runner<T>(
    handle: u32,
    work: impl FnOnce(&mut RowRunner) -> std::result::Result<T, Fault>,
) -> std::result::Result<T, Fault> {
    MODELS.with_borrow_mut(|models| work(models.get_mut(handle)?))
}

fn model(handle: u32) -> std::result::Result<Arc<Model>, Fault> {
    with_runner(handle, |runner| Ok(Arc::clone(runner.model())))
}

/// A session weighs about six times its file plus some 120 kB (measured); the collector is told a little more than less.
fn external_bytes(model: &Model) -> i64 {
    model
        .metadata()
        .bytes
        .saturating_mul(6)
        .saturating_add(256 * 1024)
        .cast_signed()
}

fn adjust_external_memory(env: Env, bytes: i64) -> std::result::Result<(), Fault> {
    match env.adjust_external_memory(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(Fault::new("NATIVE_ENVIRONMENT", error.reason.clone())),
    }
}

fn options(expected_sha256: Option<String>, max_bytes: Option<f64>) -> LoadOptions {
    let default = LoadOptions::default();
    // A float-to-integer cast saturates: NaN and negative limits become 0, which no file meets.
    LoadOptions {
        expected_sha256,
        max_bytes: max_bytes.map_or(default.max_bytes, |bytes| bytes as u64),
    }
}

fn port(port: &Port) -> ModelPort {
    ModelPort {
        name: port.name.clone(),
        width: port.width as u32,
        dtype: port.element.name().to_owned(),
    }
}
