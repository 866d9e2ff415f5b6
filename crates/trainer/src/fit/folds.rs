//! Fold by fold: fit it, score its test block if it has one.

use std::ops::Range;

use tidemark_models::{Family, Fitted, Progress, Rows, SilentProgress, Slices};

use super::loss::Loss;
use super::material::Material;
use super::predict;
use super::progress::Stage;
use crate::error::Failure;
use crate::job::FitJob;
use crate::split::{Fold, TimeRange};

/// How one fold went.
pub(super) struct FoldResult {
    /// Rows of each slice the fold has, in order.
    pub(super) rows: Vec<usize>,
    /// Sum of the uniqueness weights of the fit slice.
    pub(super) effective_fit_samples: f64,
    /// What the model scored, where the fold has a test block.
    pub(super) test: Option<TestResult>,
}

/// How a model did on a test block.
pub(super) struct TestResult {
    /// Rows of the block.
    pub(super) rows: usize,
    /// Sum of their uniqueness weights.
    pub(super) effective_samples: f64,
    /// Mean loss.
    pub(super) loss: f64,
}

/// All folds, and the model of the last one.
pub(super) struct Walk {
    pub(super) results: Vec<FoldResult>,
    pub(super) model: Box<dyn Fitted>,
}

/// Fits fold after fold and scores those that have a test block.
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
        let from = share.start + step * index as f64;
        let mut part = stage.part(index, from..from + step);
        let fitted = fit_fold(job, family, material, fold, &mut part);
        part.into_result()?;
        let model = fitted?;
        let result = result(job, material, fold, model.as_ref())?;
        let done = if result.test.is_some() { "scored" } else { "fitted" };
        stage.at(from + step, &format!("fold {} of {count} {done}", index + 1))?;
        if let Some(test) = &result.test {
            stage.metric("fold.loss", test.loss, index as u64 + 1)?;
        }
        results.push(result);
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
        if let Some(test) = &fold.test {
            losses.push(score(job, model.as_ref(), &material.rows(test)?)?);
        }
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
    let optional = |range: &Option<TimeRange>| {
        range
            .as_ref()
            .map_or_else(|| Ok(Rows::default()), |range| material.rows(range))
    };
    let slices = Slices {
        inputs: &material.inputs,
        fit: material.rows(&fold.fit)?,
        early_stopping: optional(&fold.early_stopping)?,
        calibration: optional(&fold.calibration)?,
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

fn result(
    job: &FitJob,
    material: &Material<'_>,
    fold: &Fold,
    model: &dyn Fitted,
) -> Result<FoldResult, Failure> {
    let effective = |slice: &Rows<'_>| slice.weights.iter().sum();
    let test = fold.test.map(|range| material.rows(&range)).transpose()?;
    let scored = |block: Rows<'_>| {
        score(job, model, &block).map(|loss| TestResult {
            rows: block.len(),
            effective_samples: effective(&block),
            loss,
        })
    };
    Ok(FoldResult {
        rows: fold
            .slices()
            .map(|(_, range)| Ok(material.rows(&range)?.len()))
            .collect::<Result<_, Failure>>()?,
        effective_fit_samples: effective(&material.rows(&fold.fit)?),
        test: test.map(scored).transpose()?,
    })
}
