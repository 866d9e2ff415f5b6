//! Refits from bars to artifact on planted bars: which rows they use, what the report leaves out, what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test has no better way to fail"
)]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::jobs::{fit_job, fitted, output, planted_bars, prepared, refit_job};
use support::process::{Ended, listing, run};
use support::schema::{assert_valid, load, validate};
use tidemark_models::SliceNeeds;
use tidemark_onnx::{Limits, inspect};
use tidemark_trainer::instant::{format_instant, parse_instant};

const MS_PER_DAY: i64 = 86_400_000;
const ARTIFACTS: [&str; 4] = [
    "model.onnx",
    "parity-inputs.f64",
    "parity-outputs.f64",
    "report.json",
];
const TASKS: [(&str, [&str; 3]); 2] = [
    ("direction", ["base_rate", "logistic", "gbdt"]),
    ("volatility", ["ewma", "log_har", "gjr_garch_t"]),
];

/// The span of a slice in ms.
fn span(slice: &Value) -> (i64, i64) {
    let at = |name: &str| parse_instant(slice[name].as_str().unwrap()).unwrap();
    (at("from"), at("to"))
}

fn slice(from: i64, to: i64) -> Value {
    json!({ "from": format_instant(from), "to": format_instant(to) })
}

/// Event time of the last bar whose label has matured.
fn last_matured(task: &str) -> i64 {
    let bars = planted_bars(task);
    let reach = if task == "direction" { 6 } else { 1 };
    bars[bars.len() - 1 - reach].event_time
}

fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_refit_without_a_gate_reaches_the_last_matured_row() {
    for (task, families) in TASKS {
        let folder = tempfile::tempdir().unwrap();
        let prepare = refit_job(folder.path(), task, 0);
        assert_valid("trainer-job.v1.schema.json", &prepare);
        let dataset = prepared(&prepare, folder.path());
        assert_eq!(names(&dataset["split"]), ["folds"]);
        let planned = &dataset["split"]["folds"][0];
        assert_eq!(span(&planned["calibration"]).1, last_matured(task) + 1);
        for family in families {
            let job = fit_job(folder.path(), &prepare, &dataset, family);
            assert_valid("trainer-job.v1.schema.json", &job);
            let (ended, report) = fitted(&job, folder.path());
            assert_eq!(listing(&output(&job)), ARTIFACTS);
            assert_slices(family, planned, &report);
            assert_unscored(&ended, &report);
            assert_eq!(report["parity"]["heldOutRows"], 0);
            assert_eq!(report["parity"]["seenRows"], 256);
            assert_training_window(&job, &report);
        }
    }
}

/// A family that needs every slice has those of the plan; one that needs none is fitted on all of their rows.
fn assert_slices(family: &str, planned: &Value, report: &Value) {
    let used = &report["folds"][0]["slices"];
    let needs = tidemark_models::family(family).unwrap().needs();
    if needs == SliceNeeds::ALL {
        assert_eq!(names(used), ["calibration", "earlyStopping", "fit"]);
        for name in names(used) {
            assert_eq!(span(&used[name]), span(&planned[name]), "{family} {name}");
        }
        return;
    }
    assert_eq!(names(used), ["fit"], "{family}");
    let all = (span(&planned["fit"]).0, span(&planned["calibration"]).1);
    assert_eq!(span(&used["fit"]), all, "{family}");
    let days = (all.1 - 1 - all.0) / MS_PER_DAY + 1;
    assert_eq!(used["fit"]["rows"], days, "{family}");
}

fn assert_unscored(ended: &Ended, report: &Value) {
    assert_eq!(report["metrics"], json!({}));
    assert_eq!(report["configurationsTried"], 0);
    assert_eq!(names(&report["folds"][0]), ["effectiveFitSamples", "slices"]);
    let is_score = |event: &&Value| event["key"] == "fold.loss" || event["key"] == "choice.loss";
    assert_eq!(ended.events.iter().find(is_score), None);
}

fn assert_training_window(job: &Value, report: &Value) {
    let model = std::fs::read(output(job).join("model.onnx")).unwrap();
    let metadata = inspect(&model, &Limits::default()).unwrap().metadata;
    let training: Value = serde_json::from_str(&metadata["tidemark.training"]).unwrap();
    let fit = &report["folds"][0]["slices"]["fit"];
    assert_eq!(span(&training["trainingWindow"]), span(fit));
    let signature: Value = serde_json::from_str(&metadata["tidemark.signature"]).unwrap();
    assert_eq!(signature, report["signature"]);
}

#[test]
fn a_refit_with_a_gate_leaves_its_rows_and_those_that_reach_them() {
    for (task, families) in TASKS {
        let folder = tempfile::tempdir().unwrap();
        let prepare = refit_job(folder.path(), task, 63);
        let dataset = prepared(&prepare, folder.path());
        let gate = span(&dataset["split"]["gate"]);
        assert_eq!(gate.1, last_matured(task) + 1);
        assert_eq!((gate.1 - 1 - gate.0) / MS_PER_DAY + 1, 63);
        // Five embargo rows and those whose label reaches the gate.
        let dropped = if task == "direction" { 5 + 6 } else { 5 + 1 };
        let planned = &dataset["split"]["folds"][0];
        assert_eq!(span(&planned["calibration"]).1, gate.0 - dropped * MS_PER_DAY);
        for family in families {
            let job = fit_job(folder.path(), &prepare, &dataset, family);
            let (ended, report) = fitted(&job, folder.path());
            assert_slices(family, planned, &report);
            assert_unscored(&ended, &report);
            assert_eq!(report["parity"]["heldOutRows"], 63 + dropped);
            assert_eq!(report["parity"]["seenRows"], 256 - 63 - dropped);
        }
    }
}

/// The model a walk forward makes from these slices, with everything after `end` for the slices it must have besides.
fn walked(job: &Value, family: &str, planned: &Value, end: i64, gate: (i64, i64)) -> Vec<u8> {
    let at = |day: i64| gate.0 + day * MS_PER_DAY;
    let after = |from: i64| {
        [
            slice(at(from), at(from + 40)),
            slice(at(from + 50), at(from + 90)),
        ]
    };
    let needs_all = tidemark_models::family(family).unwrap().needs() == SliceNeeds::ALL;
    let [early_stopping, calibration] = if needs_all {
        ["earlyStopping", "calibration"].map(|name| planned[name].clone())
    } else {
        after(0)
    };
    let fit = if needs_all {
        planned["fit"].clone()
    } else {
        slice(span(&planned["fit"]).0, end)
    };
    let [test, _] = after(100);
    let mut job = job.clone();
    job["split"] = json!({
        "folds": [{ "fit": fit, "earlyStopping": early_stopping, "calibration": calibration, "test": test }],
        "gate": slice(at(150), gate.1),
    });
    let folder = output(&job).join("walked");
    job["outputDir"] = json!(folder);
    std::fs::create_dir_all(&folder).unwrap();
    fitted(&job, &folder);
    std::fs::read(folder.join("model.onnx")).unwrap()
}

#[test]
fn a_refit_makes_the_model_a_walk_forward_makes_from_the_same_rows() {
    for (task, families) in TASKS {
        let folder = tempfile::tempdir().unwrap();
        let prepare = refit_job(folder.path(), task, 450);
        let dataset = prepared(&prepare, folder.path());
        let planned = &dataset["split"]["folds"][0];
        let (end, gate) = (span(&planned["calibration"]).1, span(&dataset["split"]["gate"]));
        for family in families {
            let job = fit_job(folder.path(), &prepare, &dataset, family);
            fitted(&job, folder.path());
            let model = std::fs::read(output(&job).join("model.onnx")).unwrap();
            assert!(model == walked(&job, family, planned, end, gate), "{family}");
        }
    }
}

#[test]
fn the_same_refit_gives_the_same_bytes() {
    for (task, families) in TASKS {
        let folder = tempfile::tempdir().unwrap();
        let prepare = refit_job(folder.path(), task, 0);
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

/// Runs a job that must be refused: its code, and where the problems are.
fn refused(job: &Value, folder: &Path) -> (String, Vec<String>) {
    let ended = run(job, folder);
    assert_ne!(ended.status, 0, "{ended:?}");
    assert!(!output(job).exists() || listing(&output(job)).is_empty());
    let problems = ended.problems().into_iter().map(str::to_owned).collect();
    (ended.code().to_owned(), problems)
}

#[test]
fn rules_that_are_no_refit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let good = refit_job(folder.path(), "direction", 63);
    let schema = load("trainer-job.v1.schema.json");
    for (name, value) in [
        ("folds", json!(1)),
        ("testBars", json!(125)),
        ("gateBars", json!(-1)),
        ("gateBars", json!(null)),
        ("calibrationBars", json!(0)),
        ("earlyStoppingBars", json!(0)),
    ] {
        let mut job = good.clone();
        job["split"][name] = value;
        let at = format!("/split/{name}");
        assert_eq!(refused(&job, folder.path()), ("INVALID_JOB".to_owned(), vec![at]));
        assert!(!validate(&schema, &job).is_empty(), "{name}");
    }
    let mut job = good.clone();
    job["split"]["scheme"] = json!("walk_forward");
    let (_, problems) = refused(&job, folder.path());
    assert_eq!(problems, ["/split/folds", "/split/testBars"]);
    let mut job = good;
    job["split"]["gateBars"] = json!(1_700);
    assert_eq!(refused(&job, folder.path()).0, "INSUFFICIENT_DATA");
}

#[test]
fn splits_that_are_no_refit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let prepare = refit_job(folder.path(), "direction", 300);
    let dataset = prepared(&prepare, folder.path());
    let good = fit_job(folder.path(), &prepare, &dataset, "logistic");
    let (fold, gate) = (&dataset["split"]["folds"][0], &dataset["split"]["gate"]);
    let mut scored = fold.clone();
    scored["test"] = gate.clone();
    let mut late = fold.clone();
    late["calibration"]["to"] = gate["from"].clone();
    let split = |folds: &[&Value], gate: &Value| json!({ "folds": folds, "gate": gate });
    let schema = load("trainer-job.v1.schema.json");
    let cases = [
        (
            split(&[fold, fold], gate),
            vec!["/split/folds/0/test", "/split/folds/1/test"],
        ),
        (json!({ "folds": [scored] }), vec!["/split/gate"]),
        (split(&[fold], &Value::Null), vec!["/split/gate"]),
    ];
    for (split, problems) in cases {
        let mut job = good.clone();
        job["split"] = split;
        let (code, found) = refused(&job, folder.path());
        assert_eq!(
            (code.as_str(), found),
            ("INVALID_JOB", problems.into_iter().map(str::to_owned).collect())
        );
        assert!(!validate(&schema, &job).is_empty());
    }
    let mut leaking = good;
    leaking["split"] = split(&[&late], gate);
    let (code, problems) = refused(&leaking, folder.path());
    assert_eq!(
        (code.as_str(), problems),
        ("INVALID_JOB", vec!["/split/folds/0/calibration".to_owned()])
    );
}

#[test]
fn a_refit_on_less_than_the_parity_rows_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let prepare = refit_job(folder.path(), "direction", 0);
    let dataset = prepared(&prepare, folder.path());
    let mut job = fit_job(folder.path(), &prepare, &dataset, "base_rate");
    let (from, _) = span(&dataset["split"]["folds"][0]["fit"]);
    let at = |day: i64| from + day * MS_PER_DAY;
    job["split"] = json!({ "folds": [{
        "fit": slice(at(0), at(100)),
        "earlyStopping": slice(at(110), at(150)),
        "calibration": slice(at(160), at(255)),
    }] });
    assert_eq!(refused(&job, folder.path()).0, "INSUFFICIENT_DATA");
    job["split"]["folds"][0]["calibration"] = slice(at(160), at(256));
    let (_, report) = fitted(&job, folder.path());
    assert_eq!(report["folds"][0]["slices"]["fit"]["rows"], 256);
}
