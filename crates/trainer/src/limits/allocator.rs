//! An allocator that counts what the job holds and ends it at the limit.
//!
//! Counting what was asked for makes the limit mean the same on every machine; the address-space limit of
//! [`super::address_space`] stands behind it for memory that does not come through here.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::ending;
use crate::error::FailureCode;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// The system allocator with a running total; the binary installs it.
#[derive(Debug, Default)]
pub struct CountingAllocator;

/// Ends the job with `MEMORY_LIMIT` as soon as it holds more than `bytes`.
pub fn set_limit(bytes: usize) {
    LIMIT.store(bytes, Ordering::SeqCst);
}

/// The most bytes held at once so far; 0 where [`CountingAllocator`] is not installed.
#[must_use]
pub fn peak_bytes() -> usize {
    PEAK.load(Ordering::Relaxed)
}

fn grow(bytes: usize) {
    let held = HELD.fetch_add(bytes, Ordering::Relaxed) + bytes;
    if held > PEAK.load(Ordering::Relaxed) {
        PEAK.fetch_max(held, Ordering::Relaxed);
        if held > LIMIT.load(Ordering::Relaxed) {
            ending::abort(FailureCode::MemoryLimit);
        }
    }
}

fn shrink(bytes: usize) {
    HELD.fetch_sub(bytes, Ordering::Relaxed);
}

/// A refused allocation is the address-space limit speaking.
fn checked(pointer: *mut u8) -> *mut u8 {
    if pointer.is_null() {
        ending::abort(FailureCode::MemoryLimit);
    }
    pointer
}

// SAFETY: every call is passed on unchanged to the system allocator; the counters never influence a pointer.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's guarantees are those of the system allocator.
        checked(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: as above.
        checked(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        shrink(layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        grow(size);
        shrink(layout.size());
        // SAFETY: as above.
        checked(unsafe { System.realloc(pointer, layout, size) })
    }
}
