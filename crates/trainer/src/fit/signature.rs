//! What the model says about itself: its inputs, outputs and origin.

use serde_json::{Value, json};
use tidemark_models::Fitted;

use super::material::{Material, extent, is_window};
use crate::error::Failure;
use crate::instant::format_instant;
use crate::job::FitJob;
use crate::split::Fold;

const SIGNATURE_VERSION: u64 = 1;

/// The signature of the last fold's model; ranges are those of its fit slice.
pub(super) fn signature(job: &FitJob, material: &Material<'_>, model: &dyn Fitted) -> Result<Value, Failure> {
    let fit = material.inputs_within(&last_fold(job)?.fit);
    let mut inputs = Vec::with_capacity(material.inputs.len());
    for (place, input) in material.places() {
        let mut entry = to_json(input)?;
        entry["width"] = json!(input.width());
        entry["unit"] = json!(input.unit());
        if !is_window(input) {
            let (min, max) = extent(fit, material.width, place.start);
            entry["min"] = json!(min);
            entry["max"] = json!(max);
        }
        inputs.push(entry);
    }
    Ok(json!({
        "version": SIGNATURE_VERSION,
        "task": to_json(&job.schema.task)?,
        "label": to_json(&job.schema.label)?,
        "inputs": inputs,
        "outputs": to_json(&model.output_names())?,
    }))
}

/// The training record of the artifact.
pub(super) fn training(job: &FitJob) -> Value {
    let window = job
        .split
        .folds
        .last()
        .map(|fold| json!({ "from": format_instant(fold.fit.from), "to": format_instant(fold.fit.to) }));
    json!({
        "agent": job.meta.agent,
        "seed": job.seed,
        "codeVersion": job.meta.code_version,
        "dataHash": job.meta.data_hash,
        "asOf": format_instant(job.meta.as_of),
        "labelHorizon": job.schema.label.horizon(),
        "trainingWindow": window,
    })
}

/// The fold whose model is the candidate.
pub(super) fn last_fold(job: &FitJob) -> Result<&Fold, Failure> {
    job.split
        .folds
        .last()
        .ok_or_else(|| Failure::invalid_job("the split has no folds"))
}

fn to_json(value: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value)
        .map_err(|error| Failure::internal(format!("cannot write the signature: {error}")))
}
