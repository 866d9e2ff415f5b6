//! The threads that end a job from outside: one for signals, one for the clock.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::ending;
use crate::error::FailureCode;

/// Threads here only wait; the default 8 MiB of stack would count against the address space for nothing.
const STACK_BYTES: usize = 128 * 1024;

/// Ends the job with `CANCELLED` at the first SIGTERM or SIGINT.
///
/// # Errors
/// When the handler or its thread cannot be set up.
pub fn signals() -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    spawn("signals", move || {
        if signals.forever().next().is_some() {
            ending::abort(FailureCode::Cancelled);
        }
    })
}

/// Ends the job with `TIME_LIMIT` once `timeout` has passed since `started`.
///
/// # Errors
/// When the thread cannot be started.
pub fn clock(started: Instant, timeout: Duration) -> io::Result<()> {
    spawn("clock", move || {
        while let Some(left) = timeout
            .checked_sub(started.elapsed())
            .filter(|left| !left.is_zero())
        {
            thread::sleep(left);
        }
        ending::abort(FailureCode::TimeLimit);
    })
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // The thread lives as long as the process; nobody joins it.
    thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK_BYTES)
        .spawn(body)
        .map(drop)
}
