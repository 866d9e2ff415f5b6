//! The job document: what is asked, checked whole before anything is read or written.

mod fit;
mod prepare;
mod reader;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tidemark_indicators::LabelSpec;

pub use fit::{FitJob, Meta, Schema};
pub use prepare::PrepareJob;

use crate::error::{Failure, FailureCode};
use reader::{Fields, Problems};

/// Version of the contract spoken here.
pub const CONTRACT_VERSION: u64 = 1;

/// Rows the artifact was not fitted on that the parity gate replays, beside those at the edges.
pub const PARITY_ROWS: usize = 256;

/// What the job may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most memory held at once, MiB.
    pub memory_mib: u64,
    /// Longest run.
    pub timeout: Duration,
}

/// A checked job.
#[derive(Debug, Clone, PartialEq)]
pub enum Job {
    /// Bars to dataset.
    Prepare(PrepareJob),
    /// Dataset to model.
    Fit(FitJob),
}

impl Job {
    /// Where the artifacts go.
    #[must_use]
    pub const fn output_dir(&self) -> &PathBuf {
        match self {
            Self::Prepare(job) => &job.output_dir,
            Self::Fit(job) => &job.output_dir,
        }
    }

    /// What the job may use.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        match self {
            Self::Prepare(job) => job.limits,
            Self::Fit(job) => job.limits,
        }
    }
}

/// Reads a job document.
///
/// # Errors
/// `INVALID_JOB` with every problem found and its JSON pointer.
pub fn parse(text: &str) -> Result<Job, Failure> {
    let document: Value = serde_json::from_str(text)
        .map_err(|error| Failure::invalid_job(format!("the job is not valid JSON: {error}")))?;
    let problems = Problems::default();
    let job = Fields::of(&document, "", &problems).and_then(|fields| read(&fields));
    let problems = problems.into_vec();
    match job {
        Some(job) if problems.is_empty() => Ok(job),
        _ => Err(Failure::with_problems(
            FailureCode::InvalidJob,
            "the job",
            problems,
        )),
    }
}

fn read(fields: &Fields<'_>) -> Option<Job> {
    let version = fields.integer("contractVersion", CONTRACT_VERSION, CONTRACT_VERSION);
    let job = match fields.text("command")? {
        "prepare" => prepare::read(fields).map(Job::Prepare),
        "fit" => fit::read(fields).map(Job::Fit),
        other => {
            fields.problem("command", format!("expected prepare or fit, got {other:?}"));
            None
        }
    };
    version.and(job)
}

/// Upper bounds that only catch slips of the pen: a terabyte, a week.
const MOST_MEMORY_MIB: u64 = 1 << 20;
const LONGEST_TIMEOUT_S: f64 = 7.0 * 86_400.0;
/// Below this the trainer cannot even read a job.
const LEAST_MEMORY_MIB: u64 = 8;

/// A label rule that can be computed.
fn read_label(fields: &Fields<'_>) -> Option<LabelSpec> {
    let label: LabelSpec = fields.decoded("label")?;
    match label.check() {
        Ok(()) => Some(label),
        Err(error) => {
            fields.problem("label", error.to_string());
            None
        }
    }
}

fn read_limits(fields: &Fields<'_>) -> Option<Limits> {
    let limits = fields.object("limits")?;
    limits.only(&["memoryMiB", "timeoutS"]);
    let memory_mib = limits.integer("memoryMiB", LEAST_MEMORY_MIB, MOST_MEMORY_MIB);
    let timeout = limits
        .number_above("timeoutS", 0.0, LONGEST_TIMEOUT_S)
        .map(Duration::from_secs_f64);
    Some(Limits {
        memory_mib: memory_mib?,
        timeout: timeout?,
    })
}
