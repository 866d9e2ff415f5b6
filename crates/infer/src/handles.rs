//! Integer handles for things that cross a language boundary.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{InferError, Result};

/// Shared by all tables, so that a handle of one thread's table is never valid in another's.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// Values of one thread by handle.
///
/// Handles are unique in the process and never reused: a stale or foreign handle is always refused, and needs no
/// generation counter. Each thread keeps its own table, so lookups take no lock and a thread that ends frees what it
/// loaded. A map over the few models of a process costs a handful of comparisons per lookup.
#[derive(Debug)]
pub struct HandleTable<T> {
    values: BTreeMap<u32, T>,
}

impl<T> Default for HandleTable<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> HandleTable<T> {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            values: BTreeMap::new(),
        }
    }

    /// Keeps `value` and returns its handle.
    pub fn insert(&mut self, value: T) -> u32 {
        let handle = NEXT.fetch_add(1, Ordering::Relaxed);
        self.values.insert(handle, value);
        handle
    }

    /// The value of `handle`.
    ///
    /// # Errors
    /// `HANDLE_INVALID`.
    pub fn get(&self, handle: u32) -> Result<&T> {
        self.values
            .get(&handle)
            .ok_or(InferError::HandleInvalid { handle })
    }

    /// The value of `handle`, mutable.
    ///
    /// # Errors
    /// `HANDLE_INVALID`.
    pub fn get_mut(&mut self, handle: u32) -> Result<&mut T> {
        self.values
            .get_mut(&handle)
            .ok_or(InferError::HandleInvalid { handle })
    }

    /// Takes the value of `handle` out.
    ///
    /// # Errors
    /// `HANDLE_INVALID`.
    pub fn remove(&mut self, handle: u32) -> Result<T> {
        self.values
            .remove(&handle)
            .ok_or(InferError::HandleInvalid { handle })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_handle_is_never_valid_again() {
        let mut table = HandleTable::new();
        let first = table.insert("first");
        assert_eq!(table.remove(first), Ok("first"));
        let second = table.insert("second");
        assert_ne!(first, second);
        assert_eq!(table.get(first), Err(InferError::HandleInvalid { handle: first }));
        assert_eq!(table.get(second), Ok(&"second"));
    }

    #[test]
    fn a_handle_of_another_table_is_refused() {
        let mut mine = HandleTable::new();
        let mut theirs = HandleTable::new();
        let handle = mine.insert(1);
        theirs.insert(2);
        assert!(theirs.get_mut(handle).is_err());
        assert_eq!(mine.get_mut(handle), Ok(&mut 1));
    }
}
