//! What a dataset promises about time, on the S&P 500 file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test has no better way to fail"
)]

mod support;

use serde_json::json;
use support::jobs::{output, prepare_job, prepared};
use tidemark_indicators::Bar;
use tidemark_trainer::dataset::{self, Dataset};
use tidemark_trainer::hash::sha256_hex;
use tidemark_trainer::instant::parse_instant;
use tidemark_trainer::job::{self, Job, PrepareJob};
use tidemark_trainer::prepare::tabulate;

fn job(task: &str) -> PrepareJob {
    let folder = tempfile::tempdir().unwrap();
    match job::parse(&prepare_job(folder.path(), task).to_string()).unwrap() {
        Job::Prepare(job) => job,
        Job::Fit(_) => panic!("a prepare job"),
    }
}

fn same(left: f64, right: f64) -> bool {
    left.to_bits() == right.to_bits()
}

#[test]
fn a_dataset_as_of_t_is_the_prefix_of_a_later_one() {
    let bars = tidemark_testkit::sp500();
    for task in ["direction", "volatility"] {
        let job = job(task);
        let whole = tabulate(&bars, &job).unwrap();
        for known in [300, 1000, 2500, 4269] {
            assert_prefix(
                &tabulate(&bars[..known], &job).unwrap(),
                &whole,
                job.label.reach(),
            );
        }
    }
}

fn assert_prefix(early: &Dataset, whole: &Dataset, reach: usize) {
    let rows = early.len();
    for ((name, before), (_, after)) in early.columns.iter().zip(&whole.columns) {
        let differs = (0..rows).find(|&row| !same(before[row], after[row]));
        assert_eq!(differs, None, "{name} of {rows} rows");
    }
    for row in 0..rows - reach {
        assert!(same(early.label[row], whole.label[row]), "label {row}");
        assert_eq!(early.label_start[row], whole.label_start[row]);
        assert_eq!(early.label_end[row], whole.label_end[row]);
    }
    // A weight settles once every label that overlaps its own has matured.
    for row in 0..rows - 2 * reach {
        assert!(
            same(early.weight[row], whole.weight[row]),
            "weight {row} of {rows}"
        );
    }
}

#[test]
fn no_label_is_known_before_its_bar() {
    let bars = tidemark_testkit::sp500();
    for task in ["direction", "volatility"] {
        let job = job(task);
        let known: &[Bar] = &bars[..1000];
        let dataset = tabulate(known, &job).unwrap();
        let last = known[999].event_time;
        let reach = job.label.reach();
        for row in 0..dataset.len() {
            let is_labelled = row + reach < known.len();
            assert_eq!(dataset.label[row].is_nan(), !is_labelled);
            assert_eq!(
                dataset.label_end[row],
                is_labelled.then(|| bars[row + reach].event_time)
            );
            assert!(dataset.label_end[row].is_none_or(|end| end <= last));
            assert_eq!(dataset.weight[row] > 0.0, is_labelled);
        }
    }
}

#[test]
fn the_split_uses_no_label_that_ends_at_or_after_until() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = prepare_job(folder.path(), "direction");
    for until in [
        "2016-06-01T00:00:00Z",
        "2017-01-01T00:00:00Z",
        "2030-01-01T00:00:00Z",
    ] {
        job["split"]["until"] = json!(until);
        let report = prepared(&job, folder.path());
        let dataset = dataset::read(std::fs::read(output(&job).join("dataset.parquet")).unwrap()).unwrap();
        let (until, as_of) = (
            parse_instant(until).unwrap(),
            parse_instant("2020-04-18T00:00:00Z").unwrap(),
        );
        let gate_to = parse_instant(report["split"]["gate"]["to"].as_str().unwrap()).unwrap();
        let used = (0..dataset.len()).filter(|row| dataset.event_time[*row] < gate_to);
        let latest = used.filter_map(|row| dataset.label_end[row]).max().unwrap();
        assert!(latest < until.min(as_of));
        // Nothing usable is left lying: the next label would end too late or does not exist.
        let next = dataset.label_end[dataset.event_time.partition_point(|time| *time < gate_to)];
        assert!(next.is_none_or(|end| end >= until.min(as_of)));
    }
}

#[test]
fn prepare_leaves_a_dataset_and_its_report() {
    let folder = tempfile::tempdir().unwrap();
    let job = prepare_job(folder.path(), "direction");
    let report = prepared(&job, folder.path());
    let file = std::fs::read(output(&job).join("dataset.parquet")).unwrap();
    assert_eq!(report["sha256"], sha256_hex(&file));
    assert_eq!(
        report["barsSha256"],
        sha256_hex(&std::fs::read(folder.path().join("bars.csv")).unwrap())
    );
    assert_eq!(report["rows"], 5105);
    assert_eq!(report["columns"].as_array().unwrap().len(), 13);
    assert_eq!(
        report["span"],
        json!({"from": "2000-01-03T00:00:00.000Z", "to": "2020-04-17T00:00:00.000Z"})
    );
    assert_eq!(report["split"]["folds"].as_array().unwrap().len(), 4);
    // Five-bar labels overlap: about a fifth of the rows are independent.
    let effective = report["effectiveSamples"].as_f64().unwrap();
    assert!((700.0..900.0).contains(&effective), "{effective}");
}

#[test]
fn the_same_job_gives_the_same_dataset_bytes() {
    let [first, second] = [(); 2].map(|()| {
        let folder = tempfile::tempdir().unwrap();
        let job = prepare_job(folder.path(), "volatility");
        prepared(&job, folder.path());
        ["dataset.parquet", "dataset.json"].map(|name| std::fs::read(output(&job).join(name)).unwrap())
    });
    assert!(first == second);
}
