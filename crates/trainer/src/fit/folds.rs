//! The walk forward: fit each fold, score its test block.

use std::ops::Range;
use std::time::Instant;

use tidemark_models::{Family, Fitted, Progress, Rows, SilentProgress, Slices};

use super::loss::Loss;
use super::material::Material;
use super::predict;
use super::progress::Stage;
use crate::error::Failure;
use crate::job::FitJob;
use crate::split::Fold;

/// How one fold went.
pub(super) struct FoldResult {
    /// Rows of fit, early stopping, calibration and test.
    pub(super) rows: [usize; 4],
    /// Sum of the uniqueness weights of the fit slice.
    pub(super) effective_fit_samples: f64,
    /// Sum of the uniqueness weights of the test block.
    pub(super) effective_test_samples: f64,
    /// Mean loss over the test block.
    pub(super) loss: f64,
    /// Time it took, ms.
    pub(super) duration_ms: u64,
}

/// All folds, and the model of the last one.
pub(super) struct Walk {
    pub(super) results: Vec<FoldResult>,
    pub(super) model: Box<dyn Fitted>,
}

/// Fits and scores fold after fold.
pub(super) fn walk(
    job: &FitJob,
    family: &dyn Family,
    material: &Material<'_>,
    stage: &mut Stage<'_>,
    share: Range<f64>,
) -> Result<Walk, Failure> {
    let count = job.split.folds.len();
    let step = (share.end - share.start) / count as f64;
    let mut results = Vec::with_capacity(count);
    let mut last = None;
    for (index, fold) in job.split.folds.iter().enumerate() {
        let started = Instant::now();
        let from = share.start + step * index as f64;
        let mut part = stage.part(index, from..from + step);
        let fitted = fit_fold(job, family, material, fold, &mut part);
        part.into_result()?;
        let model = fitted?;
        let test = material.rows(&fold.test)?;
        let loss = score(job, model.as_ref(), &test)?;
        results.push(result(material, fold, loss, started)?);
        stage.at(from + step, &format!("fold {} of {count} scored", index + 1))?;
        stage.metric("fold.loss", loss, index as u64 + 1)?;
        last = Some(model);
    }
    let model = last.ok_or_else(|| Failure::invalid_job("the split has no folds"))?;
    Ok(Walk { results, model })
}

/// Mean loss of the baseline family, with its defaults, on each fold's test block.
pub(super) fn baseline(
    job: &FitJob,
    family: &dyn Family,
    material: &Material<'_>,
    stage: &mut Stage<'_>,
    share: Range<f64>,
) -> Result<Vec<f64>, Failure> {
    let defaults = FitJob {
        params: family.default_params(),
        ..job.clone()
    };
    let step = (share.end - share.start) / job.split.folds.len() as f64;
    let mut losses = Vec::with_capacity(job.split.folds.len());
    for (index, fold) in job.split.folds.iter().enumerate() {
        stage.at(
            share.start + step * index as f64,
            &format!("baseline of fold {}", index + 1),
        )?;
        let model = fit_fold(&defaults, family, material, fold, &mut SilentProgress)?;
        losses.push(score(job, model.as_ref(), &material.rows(&fold.test)?)?);
    }
    Ok(losses)
}

fn fit_fold(
    job: &FitJob,
    family: &dyn Family,
    material: &Material<'_>,
    fold: &Fold,
    progress: &mut dyn Progress,
) -> Result<Box<dyn Fitted>, Failure> {
    let slices = Slices {
        inputs: &material.inputs,
        fit: material.rows(&fold.fit)?,
        early_stopping: material.rows(&fold.early_stopping)?,
        calibration: material.rows(&fold.calibration)?,
    };
    Ok(family.fit(&job.params, &slices, job.seed, progress)?)
}

fn score(job: &FitJob, model: &dyn Fitted, test: &Rows<'_>) -> Result<f64, Failure> {
    let width = model.output_names().len();
    let outputs = test
        .iter()
        .map(|row| Ok(predict(model, row, width)?[0]))
        .collect::<Result<Vec<f64>, Failure>>()?;
    Loss::of(job.schema.task).mean(&outputs, test.labels)
}

fn result(material: &Material<'_>, fold: &Fold, loss: f64, started: Instant) -> Result<FoldResult, Failure> {
    let mut rows = [0; 4];
    let mut effective = [0.0; 4];
    for (index, (_, range)) in fold.slices().iter().enumerate() {
        let slice = material.rows(range)?;
        rows[index] = slice.len();
        effective[index] = slice.weights.iter().sum();
    }
    Ok(FoldResult {
        rows,
        effective_fit_samples: effective[0],
        effective_test_samples: effective[3],
        loss,
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}
