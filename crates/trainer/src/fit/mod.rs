//! `fit`: a dataset and a split become a model with its evidence.

mod edges;
mod folds;
mod loss;
mod material;
mod parity;
mod progress;
mod report;
mod signature;

use std::fs;

use tidemark_models::{Family, Fitted, ModelError, ModelMetadata, WindowParams};

use crate::artifacts::Artifacts;
use crate::dataset;
use crate::error::{Failure, FailureCode};
use crate::events::Events;
use crate::hash::sha256_hex;
use crate::job::FitJob;
use crate::prepare::usable_rows;
use crate::run::Outcome;
use crate::split::check;

use loss::Loss;
use material::Material;
use progress::Stage;

const MODEL_FILE: &str = "model.onnx";
const REPORT_FILE: &str = "report.json";
const PARITY_INPUTS_FILE: &str = "parity-inputs.f64";
const PARITY_OUTPUTS_FILE: &str = "parity-outputs.f64";

/// Shares of the progress bar: the folds take nearly all of the time.
const BASELINE_FROM: f64 = 0.05;
const FOLDS_FROM: f64 = 0.15;
const FOLDS_TO: f64 = 0.9;

/// Runs a `fit` job.
///
/// # Errors
/// `INVALID_DATA` for a broken dataset, `INVALID_JOB` for parameters the family refuses or a split that leaks,
/// `INSUFFICIENT_DATA` when a slice is too short for the family.
pub fn fit(job: &FitJob, events: &Events) -> Result<Outcome, Failure> {
    let mut stage = Stage::new(events);
    stage.at(0.0, "reading the dataset")?;
    let file = fs::read(&job.dataset)
        .map_err(|error| Failure::invalid_data(format!("cannot read {}: {error}", job.dataset.display())))?;
    let dataset = dataset::read(file)?;
    let usable = usable_rows(&dataset);
    check(&job.split, &usable)?;
    let family = tidemark_models::family(&job.family)
        .ok_or_else(|| Failure::internal(format!("the family {} was checked and is gone", job.family)))?;
    let job = &FitJob {
        split: job.split.for_family(family.needs()),
        ..job.clone()
    };
    // Joining takes in the rows that were purged between slices, which the first check has not seen.
    check(&job.split, &usable)?;
    // The baseline comes first so that its rows are gone before those of the family are laid out.
    let baseline = baseline_losses(job, &dataset, &mut stage)?;
    let material = Material::build(&dataset, &job.split, inputs_of(family.as_ref(), job))?;
    stage.at(FOLDS_FROM, "fitting")?;
    let folds = folds::walk(job, family.as_ref(), &material, &mut stage, FOLDS_FROM..FOLDS_TO)?;
    stage.at(FOLDS_TO, "exporting")?;
    let model = folds.model.as_ref();
    let signature = signature::signature(job, &material, model)?;
    let onnx = model.to_onnx(&metadata(job, &signature))?;
    stage.at(0.95, "recording parity rows")?;
    let parity = parity::record(&material, job, model)?;
    if let Some(loss) = report::choice_loss(&folds.results) {
        stage.metric("choice.loss", loss, 0)?;
    }
    let evidence = report::Evidence {
        job,
        signature,
        model,
        folds: &folds.results,
        baseline: baseline.as_deref(),
        parity: &parity,
        model_sha256: sha256_hex(&onnx),
    };
    let mut artifacts = Artifacts::default();
    artifacts.add(PARITY_INPUTS_FILE, bytes_of(&parity.inputs));
    artifacts.add(PARITY_OUTPUTS_FILE, bytes_of(&parity.outputs));
    artifacts.add(REPORT_FILE, report::render(&evidence)?);
    artifacts.add(MODEL_FILE, onnx);
    Ok(Outcome {
        artifacts,
        report: REPORT_FILE,
    })
}

fn inputs_of(family: &dyn Family, job: &FitJob) -> Vec<tidemark_indicators::InputSpec> {
    let features: Vec<String> = job.schema.features.iter().map(ToString::to_string).collect();
    family.inputs(&features, &WindowParams::default())
}

/// Losses of the task's naive baseline on the same test rows, fold by fold. `None` when there are none, when the job
/// fits the baseline itself or when the dataset lacks the baseline's inputs.
fn baseline_losses(
    job: &FitJob,
    dataset: &dataset::Dataset,
    stage: &mut Stage<'_>,
) -> Result<Option<Vec<f64>>, Failure> {
    let name = Loss::of(job.schema.task).baseline_family();
    let is_shown = name != job.family && !job.split.is_refit();
    let Some(family) = tidemark_models::family(name).filter(|_| is_shown) else {
        return Ok(None);
    };
    let inputs = inputs_of(family.as_ref(), job);
    if !inputs
        .iter()
        .all(|input| material::series(dataset, input).is_some())
    {
        let message =
            format!("the dataset lacks the inputs of {name}; losses stand without a baseline beside them");
        stage.remark(&message)?;
        return Ok(None);
    }
    let material = Material::build(dataset, &job.split, inputs)?;
    folds::baseline(job, family.as_ref(), &material, stage, BASELINE_FROM..FOLDS_FROM).map(Some)
}

fn metadata(job: &FitJob, signature: &serde_json::Value) -> ModelMetadata {
    ModelMetadata {
        family: job.family.clone(),
        signature: signature.clone(),
        training: signature::training(job),
    }
}

fn bytes_of(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let code = match &error {
            ModelError::InvalidParams { .. } => FailureCode::InvalidJob,
            ModelError::InvalidRows { .. }
            | ModelError::Degenerate { .. }
            | ModelError::NotConverged { .. } => FailureCode::InvalidData,
            ModelError::Insufficient { .. } => FailureCode::InsufficientData,
            ModelError::Cancelled => FailureCode::Cancelled,
            _ => FailureCode::Internal,
        };
        Self::new(code, error.to_string())
    }
}

/// The model's outputs for one row.
fn predict(model: &dyn Fitted, row: &[f64], width: usize) -> Result<Vec<f64>, ModelError> {
    let mut outputs = vec![f64::NAN; width];
    model.predict(row, &mut outputs)?;
    Ok(outputs)
}
