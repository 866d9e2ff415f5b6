//! The operating system's own limit, behind the counting allocator.

use std::io;

/// What a process needs beside what it allocates: code, stacks, allocator arenas reserved ahead (about 128 MiB each).
const HEADROOM_BYTES: u64 = 512 * 1024 * 1024;

/// Limits the address space to `bytes` plus headroom, for what bypasses the allocator and for fragmentation.
///
/// # Errors
/// When the system refuses, for instance because a lower hard limit stands.
pub fn limit(bytes: u64) -> io::Result<()> {
    let most = bytes.saturating_add(HEADROOM_BYTES);
    let mut current = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `current` is a valid rlimit to write to.
    if unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut current) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let wanted = libc::rlimit {
        rlim_cur: most.min(current.rlim_max),
        rlim_max: current.rlim_max,
    };
    // SAFETY: `wanted` is a valid rlimit, not above the hard limit.
    if unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const wanted) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
