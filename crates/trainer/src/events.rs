//! The event stream: one JSON object per line on standard output, nothing else there.

use std::io::{self, Write};
use std::sync::Mutex;

use serde::Serialize;

use crate::error::{Failure, FailureCode, Problem};

/// Severity of a `log` event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
}

/// One event of the trainer contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Event<'a> {
    /// How far the job is, 0 to 1, never falling.
    Progress {
        /// Share of the work done.
        fraction: f64,
        /// What is being done.
        message: &'a str,
    },
    /// One point of a curve.
    Metric {
        /// Name of the curve.
        key: &'a str,
        /// Finite value.
        value: f64,
        /// Position on the curve.
        step: u64,
    },
    /// A remark.
    Log {
        /// Severity.
        level: Level,
        /// Text.
        message: &'a str,
    },
    /// An artifact stands complete under its final name.
    Checkpoint {
        /// Path relative to `outputDir`.
        path: &'a str,
    },
    /// The job succeeded; the last event.
    Done {
        /// Path of the report relative to `outputDir`.
        report: &'a str,
        /// Time since the start of the process, ms. Here and not in the report, whose bytes depend on the job alone.
        duration_ms: u64,
        /// Most memory held at once.
        peak_memory_bytes: u64,
    },
    /// The job failed; the last event.
    Failed {
        /// Stable code.
        code: &'a str,
        /// What was expected, what came, what to do.
        message: &'a str,
        /// All problems, when there is a list of them.
        #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
        problems: &'a [Problem],
    },
}

/// Writes events, each as one whole line in one write, from any thread.
pub struct Events {
    sink: Mutex<Box<dyn Write + Send>>,
}

impl Events {
    /// A stream into any writer.
    #[must_use]
    pub fn new(sink: Box<dyn Write + Send>) -> Self {
        Self {
            sink: Mutex::new(sink),
        }
    }

    /// The stream of the process.
    #[must_use]
    pub fn stdout() -> Self {
        Self::new(Box::new(io::stdout()))
    }

    /// Writes one event.
    ///
    /// # Errors
    /// `CANCELLED` when nobody reads the stream any more: a job without a supervisor must not go on.
    pub fn emit(&self, event: &Event<'_>) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(event)
            .map_err(|error| Failure::internal(format!("cannot write an event: {error}")))?;
        line.push(b'\n');
        // A panic while the lock was held leaves at most a finished line behind, so the sink is still usable.
        let mut sink = self
            .sink
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        sink.write_all(&line)
            .and_then(|()| sink.flush())
            .map_err(|error| {
                Failure::new(
                    FailureCode::Cancelled,
                    format!("nobody reads the events any more: {error}"),
                )
            })
    }

    /// Writes the `failed` event that ends a stream.
    ///
    /// # Errors
    /// As [`Events::emit`].
    pub fn failed(&self, failure: &Failure) -> Result<(), Failure> {
        self.emit(&Event::Failed {
            code: failure.code.as_str(),
            message: &failure.message,
            problems: &failure.problems,
        })
    }
}
