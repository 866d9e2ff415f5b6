/// CPU seconds this process has used, all threads together; unlike a wall clock it does not count other processes.
///
/// # Panics
/// When the system has no such clock.
#[must_use]
pub fn process_cpu_seconds() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid, writable timespec for the whole call.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(status, 0, "the process CPU clock is not available");
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
