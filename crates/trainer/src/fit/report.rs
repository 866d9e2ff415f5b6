//! `report.json`: the evidence stored with a version.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tidemark_models::Fitted;

use super::folds::FoldResult;
use super::loss::Loss;
use super::parity::Parity;
use super::{PARITY_INPUTS_FILE, PARITY_OUTPUTS_FILE};
use crate::error::Failure;
use crate::job::{CONTRACT_VERSION, FitJob};
use crate::limits::allocator;

/// Everything the report is made of.
pub(super) struct Evidence<'a> {
    pub(super) job: &'a FitJob,
    pub(super) signature: Value,
    pub(super) model: &'a dyn Fitted,
    pub(super) folds: &'a [FoldResult],
    pub(super) baseline: Option<&'a [f64]>,
    pub(super) parity: &'a Parity,
    pub(super) model_sha256: String,
    pub(super) duration: Duration,
}

/// Configurations scored on the way to this model: those the family chose among, else this one. Every one counts
/// against what a result is worth.
fn configurations_tried(diagnostics: &Value) -> u64 {
    diagnostics["configurationsTried"].as_u64().unwrap_or(1)
}

/// Mean loss over the rows of all test blocks.
pub(super) fn choice_loss(folds: &[FoldResult]) -> f64 {
    weighted(folds, |_, fold| fold.loss)
}

fn weighted(folds: &[FoldResult], value: impl Fn(usize, &FoldResult) -> f64) -> f64 {
    let rows: usize = folds.iter().map(|fold| fold.rows[3]).sum();
    let sum: f64 = folds
        .iter()
        .enumerate()
        .map(|(index, fold)| value(index, fold) * fold.rows[3] as f64)
        .sum();
    sum / rows as f64
}

/// Renders the report.
pub(super) fn render(evidence: &Evidence<'_>) -> Result<Vec<u8>, Failure> {
    let job = evidence.job;
    let parity = evidence.parity;
    let diagnostics = evidence.model.report();
    let report = json!({
        "contractVersion": CONTRACT_VERSION,
        "family": job.family,
        "task": evidence.signature["task"],
        "signature": evidence.signature,
        "params": evidence.model.params(),
        "seed": job.seed,
        "codeVersion": job.meta.code_version,
        "loss": Loss::of(job.schema.task).name(),
        "folds": folds(evidence)?,
        "metrics": metrics(evidence),
        "configurationsTried": configurations_tried(&diagnostics),
        "diagnostics": diagnostics,
        "parity": {
            "rows": parity.rows,
            "heldOutRows": parity.held_out_rows,
            "edgeRows": parity.rows - parity.held_out_rows,
            "inputWidth": parity.input_width,
            "outputWidth": parity.output_width,
            "inputs": PARITY_INPUTS_FILE,
            "outputs": PARITY_OUTPUTS_FILE,
        },
        "modelSha256": evidence.model_sha256,
        "peakMemoryBytes": allocator::peak_bytes(),
        "durationMs": u64::try_from(evidence.duration.as_millis()).unwrap_or(u64::MAX),
    });
    serde_json::to_vec_pretty(&report)
        .map_err(|error| Failure::internal(format!("cannot write the report: {error}")))
}

fn metrics(evidence: &Evidence<'_>) -> Value {
    let folds = evidence.folds;
    let mut metrics = Map::new();
    let mut put = |key: &str, value: f64| metrics.insert(key.to_owned(), json!(value));
    put("choice.loss", choice_loss(folds));
    put("choice.rows", folds.iter().map(|fold| fold.rows[3] as f64).sum());
    put(
        "choice.effectiveSamples",
        folds.iter().map(|fold| fold.effective_test_samples).sum(),
    );
    if let Some(baseline) = evidence.baseline {
        put("choice.baselineLoss", weighted(folds, |index, _| baseline[index]));
    }
    Value::Object(metrics)
}

fn folds(evidence: &Evidence<'_>) -> Result<Vec<Value>, Failure> {
    let describe = |(index, (fold, result)): (usize, (&crate::split::Fold, &FoldResult))| {
        let mut slices = Map::new();
        for ((name, range), rows) in fold.slices().into_iter().zip(result.rows) {
            let mut slice = serde_json::to_value(range)
                .map_err(|error| Failure::internal(format!("cannot write the report: {error}")))?;
            slice["rows"] = json!(rows);
            slices.insert(name.to_owned(), slice);
        }
        let mut losses = Map::from_iter([("test".to_owned(), json!(result.loss))]);
        if let Some(baseline) = evidence.baseline {
            losses.insert("baseline".to_owned(), json!(baseline[index]));
        }
        Ok(json!({
            "slices": slices,
            "effectiveFitSamples": result.effective_fit_samples,
            "losses": losses,
            "durationMs": result.duration_ms,
        }))
    };
    evidence
        .job
        .split
        .folds
        .iter()
        .zip(evidence.folds)
        .enumerate()
        .map(describe)
        .collect()
}
