//! Completeness of a shared library, decided from its headers before the loader maps it.
//!
//! `dlopen` maps a library lazily: a file cut short by a broken install loads, and the first touch of a missing page
//! ends the process with SIGBUS, which no error handling can catch. The ELF header tells how long the file must be.
//! Mach-O and PE loaders check segment bounds themselves, so other formats are only asked to be non-empty.
//!
//! Layout: Tool Interface Standard, "Executable and Linking Format" 1.2 (1995), with the 64-bit field offsets of the
//! System V ABI; only little-endian 64-bit files are parsed, which is what ONNX Runtime is published as.

const MAGIC: &[u8; 4] = b"\x7fELF";
const HEADER_BYTES: u64 = 64;
const CLASS_64: u8 = 2;
const LITTLE_ENDIAN: u8 = 1;

/// What the first bytes of a library say about its length.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LibraryLength {
    /// Long enough for all its headers name.
    Complete,
    /// Shorter than its headers need.
    Truncated {
        /// Bytes needed.
        expected: u64,
    },
    /// Not a library of this platform.
    NotALibrary(&'static str),
}

/// Checks `bytes` bytes of file against what its ELF `header` (the first 64 bytes, or all of a shorter file) needs.
pub(crate) fn check_length(header: &[u8], bytes: u64) -> LibraryLength {
    if !header.starts_with(MAGIC) {
        return LibraryLength::NotALibrary("it does not start like an ELF shared library");
    }
    if (header.len() as u64) < HEADER_BYTES {
        return LibraryLength::Truncated {
            expected: HEADER_BYTES,
        };
    }
    if header[4] != CLASS_64 || header[5] != LITTLE_ENDIAN {
        return LibraryLength::NotALibrary("it is not a 64-bit little-endian ELF file");
    }
    let segments = table_end(header, 32, 54, 56);
    let sections = table_end(header, 40, 58, 60);
    match (segments, sections) {
        (Some(segments), Some(sections)) => {
            let expected = segments.max(sections);
            if expected > bytes {
                LibraryLength::Truncated { expected }
            } else {
                LibraryLength::Complete
            }
        }
        _ => LibraryLength::NotALibrary("its ELF header tables lie outside any file"),
    }
}

/// End of a header table: offset (u64) at `offset_at`, entry size (u16) at `size_at`, entry count (u16) at `count_at`.
/// Linkers put the section table last, so its end is the length of a complete file.
fn table_end(header: &[u8], offset_at: usize, size_at: usize, count_at: usize) -> Option<u64> {
    let offset = header
        .get(offset_at..offset_at + 8)?
        .iter()
        .rev()
        .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let short = |at: usize| -> Option<u64> {
        let pair = header.get(at..at + 2)?;
        Some(u64::from(u16::from_le_bytes([pair[0], pair[1]])))
    };
    offset.checked_add(short(size_at)? * short(count_at)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(section_offset: u64, section_count: u16) -> [u8; 64] {
        let mut bytes = [0u8; 64];
        bytes[..4].copy_from_slice(MAGIC);
        bytes[4] = CLASS_64;
        bytes[5] = LITTLE_ENDIAN;
        bytes[32..40].copy_from_slice(&64u64.to_le_bytes());
        bytes[54..56].copy_from_slice(&56u16.to_le_bytes());
        bytes[56..58].copy_from_slice(&2u16.to_le_bytes());
        bytes[40..48].copy_from_slice(&section_offset.to_le_bytes());
        bytes[58..60].copy_from_slice(&64u16.to_le_bytes());
        bytes[60..62].copy_from_slice(&section_count.to_le_bytes());
        bytes
    }

    #[test]
    fn a_file_as_long_as_its_section_table_is_complete() {
        assert_eq!(check_length(&header(1000, 10), 1640), LibraryLength::Complete);
    }

    #[test]
    fn one_byte_less_is_truncated() {
        assert_eq!(
            check_length(&header(1000, 10), 1639),
            LibraryLength::Truncated { expected: 1640 }
        );
    }

    #[test]
    fn a_file_shorter_than_the_header_is_truncated() {
        assert_eq!(
            check_length(&header(1000, 10)[..20], 20),
            LibraryLength::Truncated { expected: 64 }
        );
    }

    #[test]
    fn text_and_other_classes_are_not_libraries() {
        assert!(matches!(
            check_length(b"#!/bin/sh\n", 10),
            LibraryLength::NotALibrary(_)
        ));
        let mut narrow = header(1000, 10);
        narrow[4] = 1;
        assert!(matches!(
            check_length(&narrow, 5000),
            LibraryLength::NotALibrary(_)
        ));
    }

    #[test]
    fn an_offset_that_overflows_is_not_a_library() {
        assert!(matches!(
            check_length(&header(u64::MAX, 10), 5000),
            LibraryLength::NotALibrary(_)
        ));
    }
}
