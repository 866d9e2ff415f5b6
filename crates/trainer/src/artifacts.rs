//! What a job leaves behind: all of it or nothing.
//!
//! Files are kept in memory until the job has succeeded, then written under temporary names, synced and renamed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::Failure;

/// Every name a job may leave in its output folder, in the order in which they appear there.
pub const NAMES: [&str; 6] = [
    "dataset.parquet",
    "dataset.json",
    "parity-inputs.f64",
    "parity-outputs.f64",
    "report.json",
    "model.onnx",
];

const TEMPORARY_SUFFIX: &str = ".tmp";

/// The files of one job, in memory.
#[derive(Debug, Default)]
pub struct Artifacts {
    files: Vec<(&'static str, Vec<u8>)>,
}

impl Artifacts {
    /// Adds a file; `name` is one of [`NAMES`].
    pub fn add(&mut self, name: &'static str, bytes: Vec<u8>) {
        debug_assert!(NAMES.contains(&name), "{name} would survive a failed job");
        self.files.push((name, bytes));
    }

    /// The names of the files, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.files.iter().map(|(name, _)| *name)
    }

    /// Writes all files into `folder`.
    ///
    /// # Errors
    /// `INTERNAL` when the disk refuses; then none of the files is left.
    pub fn commit(&self, folder: &Path) -> Result<(), Failure> {
        self.write_all(folder).map_err(|error| {
            let kept = remove(folder);
            let rest = kept
                .err()
                .map(|error| format!("; cleaning up failed too: {error}"))
                .unwrap_or_default();
            Failure::internal(format!("cannot write into {}: {error}{rest}", folder.display()))
        })
    }

    fn write_all(&self, folder: &Path) -> io::Result<()> {
        for (name, bytes) in &self.files {
            let mut file = File::create(temporary(folder, name))?;
            file.write_all(bytes)?;
            file.sync_all()?;
        }
        for (name, _) in &self.files {
            fs::rename(temporary(folder, name), folder.join(name))?;
        }
        File::open(folder)?.sync_all()
    }
}

fn temporary(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{TEMPORARY_SUFFIX}"))
}

/// Every path a job may leave in `folder`, temporary names included.
#[must_use]
pub fn paths(folder: &Path) -> Vec<PathBuf> {
    NAMES
        .iter()
        .flat_map(|name| [folder.join(name), temporary(folder, name)])
        .collect()
}

/// Removes what an earlier job left in `folder`.
///
/// # Errors
/// When a file stands there that cannot be removed.
pub fn remove(folder: &Path) -> io::Result<()> {
    for path in paths(folder) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn commit_leaves_the_files_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let mut artifacts = Artifacts::default();
        artifacts.add("report.json", b"{}".to_vec());
        artifacts.add("model.onnx", vec![1, 2, 3]);
        artifacts.commit(folder.path()).unwrap();
        assert_eq!(listing(folder.path()), ["model.onnx", "report.json"]);
        assert_eq!(fs::read(folder.path().join("model.onnx")).unwrap(), [1, 2, 3]);
    }

    #[test]
    fn a_failed_commit_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut artifacts = Artifacts::default();
        artifacts.add("report.json", b"{}".to_vec());
        artifacts.add("model.onnx", vec![1, 2, 3]);
        // A folder where the temporary file should go makes the second write fail.
        let obstacle = folder.path().join("model.onnx.tmp");
        fs::create_dir(&obstacle).unwrap();
        let failure = artifacts.commit(folder.path()).unwrap_err();
        assert_eq!(failure.code, crate::error::FailureCode::Internal);
        assert_eq!(listing(folder.path()), ["model.onnx.tmp"]);
    }

    #[test]
    fn remove_takes_old_artifacts_and_leaves_strangers() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["model.onnx", "model.onnx.tmp", "bars.csv"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        remove(folder.path()).unwrap();
        assert_eq!(listing(folder.path()), ["bars.csv"]);
    }
}
