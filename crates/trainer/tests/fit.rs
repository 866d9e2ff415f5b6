//! Every family from bars to artifact on the S&P 500 file, before 2017.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test has no better way to fail"
)]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::jobs::{fit_job, fitted, output, prepare_job, prepared};
use support::process::listing;
use tidemark_onnx::{Limits, inspect};
use tidemark_trainer::hash::sha256_hex;

const ARTIFACTS: [&str; 4] = [
    "model.onnx",
    "parity-inputs.f64",
    "parity-outputs.f64",
    "report.json",
];

fn numbers(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap();
    let (chunks, rest) = bytes.as_chunks::<8>();
    assert!(rest.is_empty());
    chunks.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect()
}

fn number(report: &Value, pointer: &str) -> f64 {
    report
        .pointer(pointer)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("{pointer} in {report}"))
}

/// Prepares the data of a task once and fits these families, checking what holds for every one of them.
fn fit_families(task: &str, families: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let prepare = prepare_job(folder.path(), task);
    let dataset = prepared(&prepare, folder.path());
    let fit = |family: &&str| {
        let job = fit_job(folder.path(), &prepare, &dataset, family);
        let (ended, report) = fitted(&job, folder.path());
        assert_eq!(listing(&output(&job)), ARTIFACTS);
        assert!(
            ended
                .events
                .iter()
                .filter(|event| event["key"] == "fold.loss")
                .count()
                == 4
        );
        assert!(ended.last()["peakMemoryBytes"].as_u64().unwrap() > 0 && ended.last()["durationMs"].is_u64());
        assert_sound(&job, &report);
        report
    };
    families.iter().map(fit).collect()
}

fn assert_sound(job: &Value, report: &Value) {
    let folder = output(job);
    let model = std::fs::read(folder.join("model.onnx")).unwrap();
    assert_eq!(report["modelSha256"], sha256_hex(&model));
    let info = inspect(&model, &Limits::default()).unwrap();
    let (width, outputs) = (
        number(report, "/parity/inputWidth"),
        number(report, "/parity/outputWidth"),
    );
    assert_eq!(info.inputs[0].dims, [None, Some(width as usize)]);
    assert_eq!(info.outputs[0].dims, [None, Some(outputs as usize)]);
    let signature: Value = serde_json::from_str(&info.metadata["tidemark.signature"]).unwrap();
    assert_eq!(signature, report["signature"]);
    let training: Value = serde_json::from_str(&info.metadata["tidemark.training"]).unwrap();
    assert_eq!(training["dataHash"], job["meta"]["dataHash"]);
    assert_eq!(info.metadata["tidemark.family"], job["family"].as_str().unwrap());
    assert_parity_files(&folder, report, width as usize, outputs as usize);
    let rows: f64 = (0..4)
        .map(|fold| number(report, &format!("/folds/{fold}/slices/test/rows")))
        .sum();
    assert_eq!(number(report, "/metrics/choice.rows"), rows);
}

fn assert_parity_files(folder: &Path, report: &Value, width: usize, outputs: usize) {
    let rows = number(report, "/parity/rows") as usize;
    assert_eq!(number(report, "/parity/heldOutRows"), 256.0);
    assert!(rows > 256, "edge rows");
    let (inputs, answers) = (
        numbers(&folder.join("parity-inputs.f64")),
        numbers(&folder.join("parity-outputs.f64")),
    );
    assert_eq!((inputs.len(), answers.len()), (rows * width, rows * outputs));
    assert!(answers.iter().all(|answer| answer.is_finite()));
    for (index, output) in report["signature"]["outputs"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
    {
        let (low, high) = (output["min"].as_f64(), output["max"].as_f64());
        for answer in answers.iter().skip(index).step_by(outputs) {
            assert!(
                low.is_none_or(|low| *answer >= low) && high.is_none_or(|high| *answer <= high),
                "{answer}"
            );
        }
    }
}

#[test]
fn direction_families_reach_an_artifact() {
    let reports = fit_families("direction", &["base_rate", "logistic", "gbdt"]);
    for report in &reports {
        let loss = number(report, "/metrics/choice.loss");
        // ln 2 is a coin; nothing on this file is far from it in either direction.
        assert!((0.6..0.8).contains(&loss), "{} {loss}", report["family"]);
    }
    assert!(reports[0]["metrics"].get("choice.baselineLoss").is_none());
    let base = number(&reports[0], "/metrics/choice.loss");
    for report in &reports[1..] {
        assert_eq!(number(report, "/metrics/choice.baselineLoss"), base);
        assert_eq!(report["signature"]["inputs"].as_array().unwrap().len(), 12);
    }
}

#[test]
fn volatility_families_reach_an_artifact() {
    let reports = fit_families("volatility", &["ewma", "log_har", "gjr_garch_t"]);
    let losses: Vec<f64> = reports
        .iter()
        .map(|report| number(report, "/metrics/choice.loss"))
        .collect();
    assert_eq!(number(&reports[1], "/metrics/choice.baselineLoss"), losses[0]);
    // Both families know more than a fixed exponential average on this file.
    assert!(losses[1] < losses[0] && losses[2] < losses[0], "{losses:?}");
}

#[test]
fn the_same_job_gives_the_same_bytes() {
    for (task, families) in [
        ("direction", ["logistic", "gbdt"]),
        ("volatility", ["log_har", "gjr_garch_t"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let prepare = prepare_job(folder.path(), task);
        let dataset = prepared(&prepare, folder.path());
        for family in families {
            let mut job = fit_job(folder.path(), &prepare, &dataset, family);
            let [first, second] = ["first", "second"].map(|name| {
                job["outputDir"] = json!(folder.path().join(name));
                fitted(&job, folder.path());
                ARTIFACTS.map(|file| std::fs::read(output(&job).join(file)).unwrap())
            });
            assert!(first == second, "{family}");
        }
    }
}

#[test]
fn the_rows_of_a_fit_are_those_that_serving_computes_from_bars() {
    let folder = tempfile::tempdir().unwrap();
    for (task, family) in [("direction", "logistic"), ("volatility", "log_har")] {
        let prepare = prepare_job(folder.path(), task);
        let dataset = prepared(&prepare, folder.path());
        let job = fit_job(folder.path(), &prepare, &dataset, family);
        let (_, report) = fitted(&job, folder.path());
        let inputs: Vec<tidemark_indicators::InputSpec> = report["signature"]["inputs"]
            .as_array()
            .unwrap()
            .iter()
            .map(input_spec)
            .collect();
        let label = serde_json::from_value(prepare["label"].clone()).unwrap();
        let bars = tidemark_testkit::sp500();
        let width = number(&report, "/parity/inputWidth") as usize;
        let recorded = numbers(&output(&job).join("parity-inputs.f64"));
        // The first held-out row is the first row of the last test block.
        let from = report
            .pointer("/folds/3/slices/test/from")
            .and_then(Value::as_str)
            .unwrap();
        let from = tidemark_trainer::instant::parse_instant(from).unwrap();
        let bar = bars.iter().position(|bar| bar.event_time == from).unwrap();
        let mut served = vec![0.0; width];
        tidemark_indicators::input_row(&bars[..=bar], bar, &inputs, &label, &mut served).unwrap();
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&served), bits(&recorded[..width]), "{family}");
    }
}

/// An input as the feature code reads it: the signature's entry without its description.
fn input_spec(entry: &Value) -> tidemark_indicators::InputSpec {
    serde_json::from_value(entry.clone()).unwrap()
}
