//! Limits and cancellation, through the real binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test has no better way to fail"
)]

mod support;

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::jobs::{fit_job, output, prepare_job, prepared};
use support::process::{listing, start};

/// A fit that takes long: the slowest family over many folds.
fn long_job(folder: &Path) -> Value {
    let mut prepare = prepare_job(folder, "volatility");
    prepare["split"]["folds"] = json!(60);
    prepare["split"]["testBars"] = json!(16);
    prepare["split"]["embargoBars"] = json!(1);
    let dataset = prepared(&prepare, folder);
    fit_job(folder, &prepare, &dataset, "gjr_garch_t")
}

/// Puts an artifact of an earlier run where the job will write.
fn leave_stale_model(job: &Value) {
    std::fs::create_dir_all(output(job)).unwrap();
    std::fs::write(output(job).join("model.onnx"), "stale").unwrap();
}

#[test]
fn a_signal_ends_the_job_within_a_second_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let job = long_job(folder.path());
    for signal in [libc::SIGTERM, libc::SIGINT] {
        leave_stale_model(&job);
        let mut running = start(&job, folder.path());
        running.until(|event| event["event"] == "metric");
        let asked = Instant::now();
        running.signal(signal);
        let ended = running.wait();
        let took = asked.elapsed();
        assert_eq!((ended.code(), ended.status), ("CANCELLED", 4), "{ended:?}");
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert!(listing(&output(&job)).is_empty());
    }
}

#[test]
fn the_clock_ends_the_job_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = long_job(folder.path());
    job["limits"]["timeoutS"] = json!(0.7);
    leave_stale_model(&job);
    let started = Instant::now();
    let ended = start(&job, folder.path()).wait();
    let took = started.elapsed();
    assert_eq!((ended.code(), ended.status), ("TIME_LIMIT", 5), "{ended:?}");
    assert!(took < Duration::from_secs_f64(1.7), "{took:?}");
    assert!(listing(&output(&job)).is_empty());
}

#[test]
fn the_memory_limit_ends_the_job_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = long_job(folder.path());
    // The windows of the family alone take about 40 MiB.
    job["limits"]["memoryMiB"] = json!(16);
    leave_stale_model(&job);
    let ended = start(&job, folder.path()).wait();
    assert_eq!((ended.code(), ended.status), ("MEMORY_LIMIT", 6), "{ended:?}");
    assert!(listing(&output(&job)).is_empty());
}

#[test]
fn a_job_whose_reader_has_gone_ends_itself() {
    let folder = tempfile::tempdir().unwrap();
    let job = long_job(folder.path());
    let path = folder.path().join("job.json");
    std::fs::write(&path, job.to_string()).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidemark-train"))
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 1]).unwrap();
    drop(stdout);
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(4));
    assert!(listing(&output(&job)).is_empty());
}
