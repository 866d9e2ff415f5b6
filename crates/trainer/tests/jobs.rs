//! Jobs that cannot run: the code, the exit status and where the problems are, through the real binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test has no better way to fail"
)]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::jobs::{fit_job, output, prepare_job, prepared};
use support::process::{Ended, listing, run, start_with};
use support::schema::{assert_valid, load, validate};

fn with(job: &Value, pointer: &str, value: Value) -> Value {
    let mut job = job.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = job.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        _ => parent[name] = value,
    }
    job
}

fn without(job: &Value, pointer: &str) -> Value {
    let mut job = job.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    job.pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove(name);
    job
}

fn assert_refused(ended: &Ended, code: &str, status: i32) {
    assert_eq!((ended.code(), ended.status), (code, status), "{ended:?}");
}

/// Pointers into a prepare job with values that are wrong there, and where the problem is reported.
fn bad_prepare_values() -> Vec<(&'static str, Value)> {
    vec![
        ("/contractVersion", json!(2)),
        ("/bars", json!("bars.csv")),
        ("/label", json!({ "kind": "tomorrow" })),
        (
            "/label",
            json!({ "kind": "forward_return_sign", "lag": 1, "horizon": 0 }),
        ),
        ("/columns", json!([])),
        ("/columns/0", json!("open")),
        ("/columns/1", json!("ret_1")),
        ("/labelRate", json!("yes")),
        ("/split/scheme", json!("k_fold")),
        ("/split/folds", json!(0)),
        ("/split/testBars", json!(-1)),
        ("/split/earlyStoppingBars", json!(1.5)),
        ("/split/calibrationBars", json!(0)),
        ("/split/gateBars", json!(null)),
        ("/split/embargoBars", json!("5")),
        ("/split/minEffectiveSamples", json!(0)),
        ("/split/until", json!("2017-02-30T00:00:00Z")),
        ("/asOf", json!("yesterday")),
        ("/seed", json!(9_007_199_254_740_992_u64)),
        ("/limits/memoryMiB", json!(0)),
        ("/limits/timeoutS", json!(0)),
        ("/outputDir", json!("relative")),
    ]
}

#[test]
fn every_wrong_field_of_a_prepare_job_is_named_and_breaks_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let good = prepare_job(folder.path(), "direction");
    let schema = load("trainer-job.v1.schema.json");
    assert_valid("trainer-job.v1.schema.json", &good);
    for (pointer, value) in bad_prepare_values() {
        let job = with(&good, pointer, value);
        let ended = run(&job, folder.path());
        assert_refused(&ended, "INVALID_JOB", 2);
        assert_eq!(ended.problems(), [pointer], "{ended:?}");
        // A schema cannot know the calendar; everything else it refuses as well.
        assert!(
            pointer == "/split/until" || !validate(&schema, &job).is_empty(),
            "{pointer}"
        );
    }
    for pointer in ["/bars", "/split/folds", "/limits", "/seed", "/command"] {
        let job = without(&good, pointer);
        let ended = run(&job, folder.path());
        assert_refused(&ended, "INVALID_JOB", 2);
        assert_eq!(ended.problems(), [pointer]);
        assert!(!validate(&schema, &job).is_empty(), "{pointer}");
    }
    for (pointer, job) in [
        ("/colums", with(&good, "/colums", json!([]))),
        ("/split/k", with(&good, "/split/k", json!(1))),
    ] {
        assert_eq!(run(&job, folder.path()).problems(), [pointer]);
        assert!(!validate(&schema, &job).is_empty(), "{pointer}");
    }
}

#[test]
fn all_problems_of_a_job_are_listed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = prepare_job(folder.path(), "direction");
    for (pointer, value) in [
        ("/bars", json!(1)),
        ("/split/folds", json!(0)),
        ("/asOf", json!(5)),
        ("/extra", json!(1)),
    ] {
        job = with(&job, pointer, value);
    }
    let ended = run(&job, folder.path());
    assert_refused(&ended, "INVALID_JOB", 2);
    assert_eq!(ended.problems(), ["/extra", "/bars", "/split/folds", "/asOf"]);
}

#[test]
fn rules_between_fields_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let good = prepare_job(folder.path(), "direction");
    let few = with(
        &with(&good, "/split/testBars", json!(100)),
        "/split/gateBars",
        json!(155),
    );
    assert_eq!(run(&few, folder.path()).problems(), ["/split/testBars"]);
    let volatility = prepare_job(folder.path(), "volatility");
    assert_eq!(
        run(&with(&volatility, "/labelRate", json!(true)), folder.path()).problems(),
        ["/labelRate"]
    );
    let purged_away = with(&good, "/split/calibrationBars", json!(11));
    assert_refused(&run(&purged_away, folder.path()), "INVALID_JOB", 2);
}

#[test]
fn a_job_that_is_no_job_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [vec![], vec!["a", "b"], vec!["/nowhere/job.json"]] {
        assert_refused(&start_with(&arguments).wait(), "INVALID_JOB", 2);
    }
    let path = folder.path().join("job.json");
    for text in ["", "{", "[]", "null", "\"prepare\"", "{\"command\":\"train\"}"] {
        std::fs::write(&path, text).unwrap();
        assert_refused(&start_with(&[path.to_str().unwrap()]).wait(), "INVALID_JOB", 2);
    }
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert_refused(&start_with(&[path.to_str().unwrap()]).wait(), "INVALID_JOB", 2);
}

#[test]
fn an_output_folder_that_is_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let job = prepare_job(folder.path(), "direction");
    std::fs::write(output(&job), "occupied").unwrap();
    assert_refused(&run(&job, folder.path()), "INVALID_JOB", 2);
    assert_eq!(std::fs::read(output(&job)).unwrap(), b"occupied");
}

#[test]
fn broken_bars_are_named_by_row_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let job = prepare_job(folder.path(), "direction");
    let bars = folder.path().join("bars.csv");
    let good = std::fs::read_to_string(&bars).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let replaced = |row: usize, line: &str| {
        let mut lines = lines.clone();
        lines[row] = line;
        lines.join("\n")
    };
    let cases = [
        (good.replacen("volume", "vol", 1), vec![]),
        (String::new(), vec![]),
        (replaced(7, "1,2,3"), vec!["row 7, column *"]),
        (replaced(7, lines[6]), vec!["row 7, column event_time"]),
        (
            replaced(7, &lines[7].replacen(",1", ",-1", 1)),
            vec!["row 7, column open"],
        ),
    ];
    for (text, problems) in cases {
        std::fs::write(&bars, text).unwrap();
        let ended = run(&job, folder.path());
        assert_refused(&ended, "INVALID_DATA", 2);
        assert_eq!(ended.problems(), problems);
        assert!(listing(&output(&job)).is_empty());
    }
    std::fs::write(&bars, [0xff, 0xfe]).unwrap();
    assert_refused(&run(&job, folder.path()), "INVALID_DATA", 2);
    std::fs::remove_file(&bars).unwrap();
    assert_refused(&run(&job, folder.path()), "INVALID_DATA", 2);
    std::fs::write(&bars, &good).unwrap();
    let early = with(&job, "/asOf", json!("2020-04-17T00:00:00Z"));
    assert_refused(&run(&early, folder.path()), "INVALID_DATA", 2);
}

#[test]
fn too_few_bars_say_how_many_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let job = prepare_job(folder.path(), "direction");
    let bars = folder.path().join("bars.csv");
    let text = std::fs::read_to_string(&bars).unwrap();
    let mut count = 0;
    let needed = loop {
        let head: Vec<&str> = text.lines().take(count + 1).collect();
        std::fs::write(&bars, head.join("\n")).unwrap();
        let ended = run(&job, folder.path());
        if ended.status == 0 {
            break count;
        }
        assert_refused(&ended, "INSUFFICIENT_DATA", 3);
        let message = ended.last()["message"].as_str().unwrap();
        let (_, rest) = message.split_once("at least ").expect(message);
        count = rest
            .chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .unwrap();
    };
    // 259 bars of warm-up, 2,000 in slices, 6 not yet labelled, and 100 effective samples of five-bar labels.
    assert!((2700..2900).contains(&needed), "{needed}");
}

#[test]
fn every_wrong_field_of_a_fit_job_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let prepare = prepare_job(folder.path(), "direction");
    let dataset = prepared(&prepare, folder.path());
    let good = fit_job(folder.path(), &prepare, &dataset, "logistic");
    let schema = load("trainer-job.v1.schema.json");
    assert_valid("trainer-job.v1.schema.json", &good);
    let backwards = json!({ "from": "2010-01-01T00:00:00Z", "to": "2009-01-01T00:00:00Z" });
    // What only the trainer can know: which families exist, what fits together, whether a span is empty.
    let beyond_schema = ["/family", "/split/gate", "/schema/task"];
    for (pointer, value) in [
        ("/dataset", json!("dataset.parquet")),
        ("/schema/features/3", json!("close")),
        ("/schema/features/3", json!("ret_1")),
        ("/schema/task", json!("ranking")),
        ("/family", json!("oracle")),
        ("/family", json!("ewma")),
        ("/params", json!([])),
        ("/split/gate", backwards),
        ("/split/gate", json!({ "from": "2010-01-01T00:00:00Z" })),
        ("/split/folds/1/test", json!("soon")),
        ("/split/folds", json!([])),
        ("/meta/agent", json!("")),
        ("/meta/asOf", json!(0)),
        ("/limits", json!({})),
    ] {
        let job = with(&good, pointer, value);
        let ended = run(&job, folder.path());
        assert_refused(&ended, "INVALID_JOB", 2);
        assert!(
            ended.problems().iter().all(|at| at.starts_with(pointer)),
            "{pointer}: {ended:?}"
        );
        assert!(
            beyond_schema.contains(&pointer) || !validate(&schema, &job).is_empty(),
            "{pointer}"
        );
    }
    let task = with(&good, "/schema/task", json!("volatility"));
    assert_eq!(run(&task, folder.path()).problems(), ["/schema/task", "/family"]);
    let bare = with(&good, "/schema/features", json!([]));
    assert_eq!(run(&bare, folder.path()).problems(), ["/schema/features"]);
    let params = with(&good, "/params", json!({ "no_such_parameter": 1 }));
    assert_refused(&run(&params, folder.path()), "INVALID_JOB", 2);
}

#[test]
fn a_fit_refuses_data_and_splits_that_do_not_belong_together() {
    let folder = tempfile::tempdir().unwrap();
    let prepare = prepare_job(folder.path(), "direction");
    let dataset = prepared(&prepare, folder.path());
    let good = fit_job(folder.path(), &prepare, &dataset, "logistic");
    let leak = good.pointer("/split/folds/3/earlyStopping/from").unwrap().clone();
    let ended = run(&with(&good, "/split/folds/3/fit/to", leak), folder.path());
    assert_refused(&ended, "INVALID_JOB", 2);
    assert_eq!(ended.problems(), ["/split/folds/3/fit"]);
    let foreign = with(&good, "/schema/features/0", json!("parkinson_1"));
    assert_refused(&run(&foreign, folder.path()), "INVALID_DATA", 2);
    let file = Path::new(good["dataset"].as_str().unwrap());
    std::fs::write(file, b"PAR1 but not really PAR1").unwrap();
    assert_refused(&run(&good, folder.path()), "INVALID_DATA", 2);
    std::fs::remove_file(file).unwrap();
    assert_refused(&run(&good, folder.path()), "INVALID_DATA", 2);
}
