//! `prepare`: bars as known at an instant become the dataset and the plan of who may see which rows.

use std::fs;

use serde::Serialize;
use tidemark_indicators::{Bar, IndicatorError, Label, columns, labels, matured_label_rates, uniqueness};

use crate::artifacts::Artifacts;
use crate::bars;
use crate::dataset::{self, Dataset, LABEL_RATE};
use crate::error::{Failure, FailureCode};
use crate::events::{Event, Events};
use crate::hash::sha256_hex;
use crate::instant::format_instant;
use crate::job::{CONTRACT_VERSION, PrepareJob};
use crate::run::Outcome;
use crate::split::{PlannedRow, Split, SplitRule, plan};

const DATASET_FILE: &str = "dataset.parquet";
const REPORT_FILE: &str = "dataset.json";

/// The report of a `prepare` job, `dataset.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    contract_version: u64,
    rows: usize,
    columns: Vec<&'a str>,
    span: Option<Span>,
    sha256: String,
    bars_sha256: String,
    effective_samples: f64,
    split: Split,
}

/// Event times of the first and the last bar, both included.
#[derive(Debug, Serialize)]
struct Span {
    from: String,
    to: String,
}

/// Runs a `prepare` job.
///
/// # Errors
/// `INVALID_DATA` for a broken bars file, `INSUFFICIENT_DATA` or `INVALID_JOB` from the planner.
pub fn prepare(job: &PrepareJob, events: &Events) -> Result<Outcome, Failure> {
    let progress = |fraction, message| events.emit(&Event::Progress { fraction, message });
    progress(0.0, "reading bars")?;
    let file = fs::read(&job.bars)
        .map_err(|error| Failure::invalid_data(format!("cannot read {}: {error}", job.bars.display())))?;
    let text =
        std::str::from_utf8(&file).map_err(|_| Failure::invalid_data("the bars file must be UTF-8 text"))?;
    let bars = bars::parse(text, job.as_of)?;
    progress(0.2, "computing features and labels")?;
    let dataset = tabulate(&bars, job)?;
    progress(0.8, "planning the split")?;
    let usable = before(&usable_rows(&dataset), job.split.until.min(job.as_of));
    let split = plan_split(&bars, &usable, &job.split)?;
    progress(0.9, "writing the dataset")?;
    let parquet = dataset::write(&dataset)?;
    let report = Report {
        contract_version: CONTRACT_VERSION,
        rows: dataset.len(),
        columns: dataset.columns.iter().map(|(name, _)| name.as_str()).collect(),
        span: span(&dataset),
        sha256: sha256_hex(&parquet),
        bars_sha256: sha256_hex(&file),
        effective_samples: usable.iter().map(|row| row.weight).sum(),
        split,
    };
    let json = serde_json::to_vec_pretty(&report)
        .map_err(|error| Failure::internal(format!("cannot write the report: {error}")))?;
    let mut artifacts = Artifacts::default();
    artifacts.add(DATASET_FILE, parquet);
    artifacts.add(REPORT_FILE, json);
    Ok(Outcome {
        artifacts,
        report: REPORT_FILE,
    })
}

fn span(dataset: &Dataset) -> Option<Span> {
    let (first, last) = (dataset.event_time.first()?, dataset.event_time.last()?);
    Some(Span {
        from: format_instant(*first),
        to: format_instant(*last),
    })
}

/// Computes every column of the dataset.
///
/// # Errors
/// `INVALID_DATA` or `INVALID_JOB` when the feature code refuses the bars or the label.
pub fn tabulate(bars: &[Bar], job: &PrepareJob) -> Result<Dataset, Failure> {
    let values = columns(bars, &job.columns)?;
    let mut named: Vec<(String, Vec<f64>)> =
        job.columns.iter().map(ToString::to_string).zip(values).collect();
    if job.label_rate {
        let rates = matured_label_rates(bars, 0..bars.len(), &job.label)?;
        named.push((LABEL_RATE.to_owned(), rates));
    }
    let labels = labels(bars, &job.label)?;
    let time_of = |pick: fn(&Label) -> usize| {
        labels
            .iter()
            .map(|label| label.as_ref().map(|label| bars[pick(label)].event_time))
            .collect()
    };
    Ok(Dataset {
        event_time: bars.iter().map(|bar| bar.event_time).collect(),
        label: labels
            .iter()
            .map(|label| label.as_ref().map_or(f64::NAN, |label| label.value))
            .collect(),
        label_start: time_of(|label| label.start),
        label_end: time_of(|label| label.end),
        weight: uniqueness(&labels),
        columns: named,
    })
}

impl From<IndicatorError> for Failure {
    fn from(error: IndicatorError) -> Self {
        let code = match &error {
            IndicatorError::LabelSpec { .. } | IndicatorError::InputSpec { .. } => FailureCode::InvalidJob,
            IndicatorError::InsufficientHistory { .. } | IndicatorError::InsufficientLabels { .. } => {
                FailureCode::InsufficientData
            }
            _ => FailureCode::InvalidData,
        };
        Self::new(code, error.to_string())
    }
}

/// Rows with a matured label and no missing feature.
#[must_use]
pub fn usable_rows(dataset: &Dataset) -> Vec<PlannedRow> {
    let complete = |row: usize| dataset.columns.iter().all(|(_, values)| !values[row].is_nan());
    let planned = |row: usize| {
        let label_end_time = dataset.label_end[row].filter(|_| !dataset.label[row].is_nan())?;
        let (event_time, weight) = (dataset.event_time[row], dataset.weight[row]);
        complete(row).then_some(PlannedRow {
            event_time,
            label_end_time,
            weight,
        })
    };
    (0..dataset.len()).filter_map(planned).collect()
}

/// Rows whose label was known strictly before an instant.
fn before(rows: &[PlannedRow], until: i64) -> Vec<PlannedRow> {
    rows.iter()
        .copied()
        .filter(|row| row.label_end_time < until)
        .collect()
}

fn plan_split(bars: &[Bar], usable: &[PlannedRow], rule: &SplitRule) -> Result<Split, Failure> {
    let bars_before_until = bars.partition_point(|bar| bar.event_time < rule.until);
    plan(usable, rule, bars_before_until)
}
