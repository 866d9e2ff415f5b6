//! Jobs on the S&P 500 file, as the worker would write them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidemark_indicators::{Bar, Column};
use tidemark_testkit::{GarchT, PlantedSignal, bars_from_returns, garch_t_returns, planted_signal_bars};
use tidemark_trainer::instant::format_instant;

use super::process::{Ended, run};
use super::schema::assert_valid;

const MS_PER_DAY: i64 = 86_400_000;

/// Bars in the worker's format: a daily bar is known at the end of its day.
pub(crate) fn bars_csv(bars: &[Bar]) -> String {
    let mut text = String::from("event_time,known_at,open,high,low,close,volume\n");
    for bar in bars {
        let known_at = bar.event_time + MS_PER_DAY;
        let Bar {
            event_time,
            open,
            high,
            low,
            close,
            volume,
        } = bar;
        writeln!(
            text,
            "{event_time},{known_at},{open},{high},{low},{close},{volume}"
        )
        .unwrap();
    }
    text
}

/// The label of the direction agent.
pub(crate) fn direction_label() -> Value {
    json!({ "kind": "forward_return_sign", "lag": 1, "horizon": 5 })
}

/// The label of the volatility agent.
pub(crate) fn volatility_label() -> Value {
    json!({ "kind": "next_squared_return" })
}

/// Writes the S&P 500 bars into `folder` and gives the prepare job on data before 2017.
pub(crate) fn prepare_job(folder: &Path, task: &str) -> Value {
    let bars = folder.join("bars.csv");
    std::fs::write(&bars, bars_csv(&tidemark_testkit::sp500())).unwrap();
    let (label, columns): (Value, Vec<Column>) = match task {
        "direction" => (direction_label(), Column::FEATURES.to_vec()),
        _ => (volatility_label(), Column::all().to_vec()),
    };
    let columns: Vec<&str> = columns.into_iter().map(Column::as_str).collect();
    json!({
        "contractVersion": 1,
        "command": "prepare",
        "bars": bars,
        "label": label,
        "columns": columns,
        "labelRate": task == "direction",
        "split": {
            "scheme": "walk_forward", "folds": 4, "testBars": 250, "earlyStoppingBars": 250, "calibrationBars": 250,
            "gateBars": 500, "embargoBars": 5, "minEffectiveSamples": 100, "until": "2017-01-01T00:00:00Z",
        },
        "asOf": "2020-04-18T00:00:00Z",
        "seed": 1,
        "limits": { "memoryMiB": 2048, "timeoutS": 300 },
        "outputDir": folder.join("dataset"),
    })
}

/// Writes bars with something to learn into `folder` and gives the prepare job of a refit as of their last: momentum for
/// direction, GARCH for volatility.
pub(crate) fn refit_job(folder: &Path, task: &str, gate_bars: usize) -> Value {
    let mut job = prepare_job(folder, task);
    let bars = planted_bars(task);
    std::fs::write(folder.join("bars.csv"), bars_csv(&bars)).unwrap();
    let as_of = format_instant(bars.last().unwrap().event_time + MS_PER_DAY);
    job["asOf"] = json!(as_of);
    job["split"] = json!({
        "scheme": "refit", "earlyStoppingBars": 125, "calibrationBars": 125, "gateBars": gate_bars,
        "embargoBars": 5, "minEffectiveSamples": 100, "until": as_of,
    });
    job
}

/// The bars of [`refit_job`].
pub(crate) fn planted_bars(task: &str) -> Vec<Bar> {
    if task == "direction" {
        let signal = PlantedSignal {
            bars: 2_000,
            ..PlantedSignal::default()
        };
        return planted_signal_bars(&signal, 5);
    }
    bars_from_returns(&garch_t_returns(&GarchT::default(), 2_000, 5), 0.01, 5)
}

/// Runs a prepare job and returns its report.
pub(crate) fn prepared(job: &Value, folder: &Path) -> Value {
    let ended = run(job, folder);
    assert_eq!(ended.status, 0, "{ended:?}");
    let report = read_json(&output(job).join("dataset.json"));
    assert_valid("trainer-dataset.v1.schema.json", &report);
    report
}

/// The fit job that follows a prepare job.
pub(crate) fn fit_job(folder: &Path, prepare: &Value, dataset: &Value, family: &str) -> Value {
    let task = if prepare["label"] == volatility_label() {
        "volatility"
    } else {
        "direction"
    };
    let features: Vec<&str> = Column::FEATURES.iter().map(|column| column.as_str()).collect();
    json!({
        "contractVersion": 1,
        "command": "fit",
        "dataset": output(prepare).join("dataset.parquet"),
        "schema": { "label": prepare["label"], "features": features, "task": task },
        "split": dataset["split"],
        "family": family,
        "params": {},
        "seed": 7,
        "meta": { "agent": "test", "asOf": "2020-04-18T00:00:00Z", "dataHash": "d".repeat(64), "codeVersion": "0.1.0" },
        "limits": { "memoryMiB": 2048, "timeoutS": 300 },
        "outputDir": folder.join(family),
    })
}

/// Runs a fit job and returns its report.
pub(crate) fn fitted(job: &Value, folder: &Path) -> (Ended, Value) {
    let ended = run(job, folder);
    assert_eq!(ended.status, 0, "{ended:?}");
    let report = read_json(&output(job).join("report.json"));
    assert_valid("trainer-report.v1.schema.json", &report);
    (ended, report)
}

/// The output folder of a job.
pub(crate) fn output(job: &Value) -> PathBuf {
    PathBuf::from(job["outputDir"].as_str().unwrap())
}

/// Reads a JSON file.
pub(crate) fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
