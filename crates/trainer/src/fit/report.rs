//! `report.json`: the evidence stored with a version.

use serde_json::{Map, Value, json};
use tidemark_models::Fitted;

use super::folds::{FoldResult, TestResult};
use super::loss::Loss;
use super::parity::Parity;
use super::{PARITY_INPUTS_FILE, PARITY_OUTPUTS_FILE};
use crate::error::Failure;
use crate::job::{CONTRACT_VERSION, FitJob};

/// Everything the report is made of.
pub(super) struct Evidence<'a> {
    pub(super) job: &'a FitJob,
    pub(super) signature: Value,
    pub(super) model: &'a dyn Fitted,
    pub(super) folds: &'a [FoldResult],
    pub(super) baseline: Option<&'a [f64]>,
    pub(super) parity: &'a Parity,
    pub(super) model_sha256: String,
}

/// Configurations scored on the way to this model: those the family chose among, else this one. Every one counts
/// against what a result is worth. A refit repeats a recipe that has been counted, and scores nothing.
fn configurations_tried(job: &FitJob, diagnostics: &Value) -> u64 {
    if job.split.is_refit() {
        return 0;
    }
    diagnostics["configurationsTried"].as_u64().unwrap_or(1)
}

/// Mean loss over the rows of all test blocks; `None` without one.
pub(super) fn choice_loss(folds: &[FoldResult]) -> Option<f64> {
    let tests: Vec<&TestResult> = tests(folds).collect();
    let losses = tests.iter().map(|test| test.loss);
    (!tests.is_empty()).then(|| weighted(&tests, losses))
}

fn tests(folds: &[FoldResult]) -> impl Iterator<Item = &TestResult> {
    folds.iter().filter_map(|fold| fold.test.as_ref())
}

/// Mean of one value a test block, weighted by its rows.
fn weighted(tests: &[&TestResult], values: impl Iterator<Item = f64>) -> f64 {
    let rows: usize = tests.iter().map(|test| test.rows).sum();
    let sum: f64 = tests
        .iter()
        .zip(values)
        .map(|(test, value)| value * test.rows as f64)
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
        "configurationsTried": configurations_tried(job, &diagnostics),
        "diagnostics": diagnostics,
        "parity": {
            "rows": parity.rows,
            "heldOutRows": parity.held_out_rows,
            "seenRows": parity.seen_rows,
            "edgeRows": parity.rows - parity.held_out_rows - parity.seen_rows,
            "inputWidth": parity.input_width,
            "outputWidth": parity.output_width,
            "inputs": PARITY_INPUTS_FILE,
            "outputs": PARITY_OUTPUTS_FILE,
        },
        "modelSha256": evidence.model_sha256,
    });
    serde_json::to_vec_pretty(&report)
        .map_err(|error| Failure::internal(format!("cannot write the report: {error}")))
}

/// Of the choice between families; empty where nothing was scored.
fn metrics(evidence: &Evidence<'_>) -> Value {
    let mut metrics = Map::new();
    let Some(loss) = choice_loss(evidence.folds) else {
        return Value::Object(metrics);
    };
    let tests: Vec<&TestResult> = tests(evidence.folds).collect();
    let mut put = |key: &str, value: f64| metrics.insert(key.to_owned(), json!(value));
    put("choice.loss", loss);
    put("choice.rows", tests.iter().map(|test| test.rows as f64).sum());
    put(
        "choice.effectiveSamples",
        tests.iter().map(|test| test.effective_samples).sum(),
    );
    if let Some(baseline) = evidence.baseline {
        put("choice.baselineLoss", weighted(&tests, baseline.iter().copied()));
    }
    Value::Object(metrics)
}

fn folds(evidence: &Evidence<'_>) -> Result<Vec<Value>, Failure> {
    let describe = |(index, (fold, result)): (usize, (&crate::split::Fold, &FoldResult))| {
        let mut slices = Map::new();
        for ((name, range), rows) in fold.slices().zip(&result.rows) {
            let mut slice = serde_json::to_value(range)
                .map_err(|error| Failure::internal(format!("cannot write the report: {error}")))?;
            slice["rows"] = json!(rows);
            slices.insert(name.to_owned(), slice);
        }
        let mut described = json!({
            "slices": slices,
            "effectiveFitSamples": result.effective_fit_samples,
        });
        if let Some(test) = &result.test {
            described["losses"] = json!({ "test": test.loss });
            if let Some(baseline) = evidence.baseline {
                described["losses"]["baseline"] = json!(baseline[index]);
            }
        }
        Ok(described)
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
