//! The one decision of how the process ends.
//!
//! The job finishing, a signal, the clock and the allocator race for a single flag. Who takes it ends the process;
//! the others stand still until that has happened. An abrupt end uses only calls that are safe in a signal handler
//! (`unlink`, `poll`, `write`, `_exit`) and allocates nothing: it must work with no memory left and with any lock
//! held by a stopped thread.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::error::FailureCode;

/// How long an abrupt end waits for a reader of standard output that has fallen behind.
const WRITE_PATIENCE_MS: i32 = 500;

static TAKEN: AtomicBool = AtomicBool::new(false);
static REMOVE: OnceLock<Vec<CString>> = OnceLock::new();

/// Names the files that must not outlive a failed job. Only the first call counts.
pub fn remove_on_abort(paths: &[PathBuf]) {
    let paths = paths
        .iter()
        .filter_map(|path| CString::new(path.as_os_str().as_bytes()).ok())
        .collect();
    // A process runs one job; a second registration has nothing to add.
    let _ = REMOVE.set(paths);
}

/// Takes the decision for the caller, who then ends the process in its own way. When another thread has taken it
/// this never returns: the process is about to end.
pub fn take() {
    if TAKEN.swap(true, Ordering::SeqCst) {
        loop {
            thread::sleep(Duration::from_secs(1));
        }
    }
}

/// Whether somebody has taken the decision.
#[must_use]
pub fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

/// Removes the artifacts, writes one `failed` line and ends the process, unless its end is already decided.
pub fn abort(code: FailureCode) {
    if TAKEN.swap(true, Ordering::SeqCst) {
        return;
    }
    for path in REMOVE.get().into_iter().flatten() {
        // SAFETY: `path` is a NUL-terminated string that lives as long as the process.
        unsafe { libc::unlink(path.as_ptr()) };
    }
    write_line(failed_line(code));
    // SAFETY: `_exit` has no preconditions; destructors are skipped on purpose.
    unsafe { libc::_exit(i32::from(code.exit_code())) }
}

/// The event of an abrupt end, whole and ready, because formatting allocates.
const fn failed_line(code: FailureCode) -> &'static [u8] {
    match code {
        FailureCode::MemoryLimit => {
            b"{\"event\":\"failed\",\"code\":\"MEMORY_LIMIT\",\"message\":\"the job needed more than limits.memoryMiB; raise the limit or use fewer bars or a smaller family\"}\n"
        }
        FailureCode::TimeLimit => {
            b"{\"event\":\"failed\",\"code\":\"TIME_LIMIT\",\"message\":\"the job ran past limits.timeoutS; raise the limit or use fewer folds or a smaller family\"}\n"
        }
        FailureCode::Cancelled => {
            b"{\"event\":\"failed\",\"code\":\"CANCELLED\",\"message\":\"the job was asked to stop by a signal\"}\n"
        }
        _ => b"{\"event\":\"failed\",\"code\":\"INTERNAL\",\"message\":\"the trainer stopped itself\"}\n",
    }
}

/// One `write` of one short line: pipes take it whole, so it cannot land inside another thread's line.
fn write_line(line: &[u8]) {
    let mut poll = libc::pollfd {
        fd: libc::STDOUT_FILENO,
        events: libc::POLLOUT,
        revents: 0,
    };
    // SAFETY: `poll` points to one valid pollfd; `line` is valid for its length.
    unsafe {
        if libc::poll(&raw mut poll, 1, WRITE_PATIENCE_MS) == 1 {
            libc::write(libc::STDOUT_FILENO, line.as_ptr().cast(), line.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_lines_are_events_and_fit_in_one_pipe_write() {
        for code in [
            FailureCode::MemoryLimit,
            FailureCode::TimeLimit,
            FailureCode::Cancelled,
            FailureCode::Internal,
        ] {
            let line = failed_line(code);
            assert!(line.len() <= 512 && line.ends_with(b"}\n"));
            let event: serde_json::Value = serde_json::from_slice(line).expect("a JSON line");
            assert_eq!(event["event"], "failed");
            assert_eq!(event["code"], code.as_str());
        }
    }
}
