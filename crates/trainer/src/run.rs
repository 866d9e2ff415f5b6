//! One job from the command line to the exit status.

use std::ffi::OsString;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use crate::artifacts::{self, Artifacts};
use crate::error::{Failure, FailureCode};
use crate::events::{Event, Events, Level};
use crate::job::{self, Job};
use crate::limits::{address_space, allocator, ending, watch};
use crate::{fit, prepare};

const BYTES_PER_MIB: u64 = 1 << 20;

/// What a command hands back: its files, and which of them is the report.
#[derive(Debug)]
pub struct Outcome {
    /// The files of the job.
    pub artifacts: Artifacts,
    /// The name of the report among them.
    pub report: &'static str,
}

/// Runs the job named by the arguments and returns the exit status. Only the first job of a process can run.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let started = Instant::now();
    let events = Events::stdout();
    let job = load(arguments).and_then(|job| arm(job, started, &events));
    match job {
        Ok(job) => finish(&job, execute(&job, &events), started, &events),
        Err(failure) => {
            ending::take();
            fail(&failure, &events)
        }
    }
}

fn load(mut arguments: impl Iterator<Item = OsString>) -> Result<Job, Failure> {
    // Signals first: a cancel that arrives while the job is still being read is answered too.
    watch::signals().map_err(|error| Failure::internal(format!("cannot listen for signals: {error}")))?;
    let (Some(path), None) = (arguments.next(), arguments.next()) else {
        return Err(Failure::invalid_job("usage: tidemark-train <job.json>"));
    };
    let text = fs::read_to_string(&path).map_err(|error| {
        Failure::invalid_job(format!(
            "cannot read the job {}: {error}",
            Path::new(&path).display()
        ))
    })?;
    job::parse(&text)
}

/// Clears the output folder of what an earlier job left and puts the limits in force.
fn arm(job: Job, started: Instant, events: &Events) -> Result<Job, Failure> {
    let folder = job.output_dir();
    ending::remove_on_abort(&artifacts::paths(folder));
    fs::create_dir_all(folder)
        .and_then(|()| artifacts::remove(folder))
        .map_err(|error| {
            Failure::invalid_job(format!("cannot use outputDir {}: {error}", folder.display()))
        })?;
    let limits = job.limits();
    watch::clock(started, limits.timeout)
        .map_err(|error| Failure::internal(format!("cannot start the clock: {error}")))?;
    let bytes = limits.memory_mib * BYTES_PER_MIB;
    allocator::set_limit(usize::try_from(bytes).unwrap_or(usize::MAX));
    if let Err(error) = address_space::limit(bytes) {
        let message =
            format!("the system refuses an address-space limit ({error}); allocations are still counted");
        events.emit(&Event::Log {
            level: Level::Warn,
            message: &message,
        })?;
    }
    Ok(job)
}

fn execute(job: &Job, events: &Events) -> Result<Outcome, Failure> {
    // A panic is a defect and must still end as an event; nothing is used again after it.
    let result = catch_unwind(AssertUnwindSafe(|| match job {
        Job::Prepare(job) => prepare::prepare(job, events),
        Job::Fit(job) => fit::fit(job, events),
    }));
    result.unwrap_or_else(|_| {
        Err(Failure::internal(
            "the trainer panicked; its standard error says where",
        ))
    })
}

fn finish(job: &Job, result: Result<Outcome, Failure>, started: Instant, events: &Events) -> ExitCode {
    // From here on the end is decided: neither a signal nor a limit can come between the files and the last event.
    ending::take();
    let folder = job.output_dir();
    let announced = result.and_then(|outcome| {
        outcome.artifacts.commit(folder)?;
        for path in outcome.artifacts.names() {
            events.emit(&Event::Checkpoint { path })?;
        }
        events.emit(&Event::Done {
            report: outcome.report,
            duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            peak_memory_bytes: allocator::peak_bytes() as u64,
        })
    });
    match announced {
        Ok(()) => ExitCode::SUCCESS,
        Err(mut failure) => {
            if let Err(error) = artifacts::remove(folder) {
                failure.message = format!("{}; cannot remove the artifacts: {error}", failure.message);
            }
            fail(&failure, events)
        }
    }
}

fn fail(failure: &Failure, events: &Events) -> ExitCode {
    // With nobody reading, the exit status alone tells how it ended.
    let unread = events.failed(failure).is_err();
    ExitCode::from(if unread {
        FailureCode::Cancelled.exit_code()
    } else {
        failure.code.exit_code()
    })
}
