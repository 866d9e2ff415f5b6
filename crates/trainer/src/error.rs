//! How a job ends when it does not end well: a stable code, an exit status and a message for a person.

use serde::Serialize;

/// Stable failure codes of the trainer contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureCode {
    /// The job document is malformed or asks for something that does not exist.
    InvalidJob,
    /// An input file does not hold what the contract says it holds.
    InvalidData,
    /// The data is sound but too short for what the job asks.
    InsufficientData,
    /// Asked to stop by a signal, or nobody reads the events any more.
    Cancelled,
    /// The job ran past `limits.timeoutS`.
    TimeLimit,
    /// The job needed more than `limits.memoryMiB`.
    MemoryLimit,
    /// A defect of the trainer or of the machine it runs on.
    Internal,
}

impl FailureCode {
    /// The code as it stands in events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJob => "INVALID_JOB",
            Self::InvalidData => "INVALID_DATA",
            Self::InsufficientData => "INSUFFICIENT_DATA",
            Self::Cancelled => "CANCELLED",
            Self::TimeLimit => "TIME_LIMIT",
            Self::MemoryLimit => "MEMORY_LIMIT",
            Self::Internal => "INTERNAL",
        }
    }

    /// The exit status of the process.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::InvalidJob | Self::InvalidData => 2,
            Self::InsufficientData => 3,
            Self::Cancelled => 4,
            Self::TimeLimit => 5,
            Self::MemoryLimit => 6,
            Self::Internal => 70,
        }
    }
}

/// One thing wrong with a document or a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// JSON pointer in a job, `row R, column C` in a bars file.
    pub at: String,
    /// What was expected and what came.
    pub message: String,
}

/// The end of a job that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable code.
    pub code: FailureCode,
    /// What was expected, what came, what to do.
    pub message: String,
    /// Every problem found, when there is a list of them.
    pub problems: Vec<Problem>,
}

impl Failure {
    /// A failure with one message.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            problems: Vec::new(),
        }
    }

    /// The job asks for something impossible.
    pub fn invalid_job(message: impl Into<String>) -> Self {
        Self::new(FailureCode::InvalidJob, message)
    }

    /// An input file is not what the contract says.
    pub fn invalid_data(message: impl Into<String>) -> Self {
        Self::new(FailureCode::InvalidData, message)
    }

    /// Too few bars or rows.
    pub fn insufficient(message: impl Into<String>) -> Self {
        Self::new(FailureCode::InsufficientData, message)
    }

    /// A defect, or the machine failing us.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(FailureCode::Internal, message)
    }

    /// A failure that lists all of its problems; the message repeats the first.
    #[must_use]
    pub fn with_problems(code: FailureCode, subject: &str, problems: Vec<Problem>) -> Self {
        let first = problems.first().map_or_else(
            || "unknown".to_owned(),
            |problem| format!("{}: {}", problem.at, problem.message),
        );
        let message = match problems.len() {
            0 | 1 => format!("{subject} has a problem at {first}"),
            count => format!("{subject} has {count} problems, the first at {first}"),
        };
        Self {
            code,
            message,
            problems,
        }
    }
}
