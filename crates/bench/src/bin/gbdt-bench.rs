//! Our side of the comparison with LightGBM; driven by scripts/bench/gbdt.mjs.
//!
//! `gbdt-bench write FOLDER [SHRINK]` writes every case as FOLDER/NAME.f64 (inputs row-major, then labels, little-endian)
//! and prints what they are as JSON. `gbdt-bench train FOLDER CASE-JSON` fits one and prints its CPU seconds, binning
//! included, and its held-out loss.

use std::io::{Error, Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use tidemark_bench::{GbdtCase, gbdt_cases, process_cpu_seconds, settings};
use tidemark_models::gbdt::{TrainingRows, train};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["write", folder] => write(Path::new(folder), 1),
        ["write", folder, shrink] => shrink
            .parse()
            .map_err(Error::other)
            .and_then(|shrink| write(Path::new(folder), shrink)),
        ["train", folder, case] => measure(Path::new(folder), case),
        _ => Err(Error::other(
            "use: gbdt-bench write FOLDER [SHRINK] | gbdt-bench train FOLDER CASE-JSON",
        )),
    };
    match result.and_then(|answer| writeln!(stdout(), "{answer}")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell when stderr is gone as well.
            let _ = writeln!(std::io::stderr(), "gbdt-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path, shrink: usize) -> Result<serde_json::Value, Error> {
    let cases = gbdt_cases(shrink.max(1));
    for case in &cases {
        let bytes: Vec<u8> = case
            .inputs
            .iter()
            .chain(&case.labels)
            .flat_map(|value| value.to_le_bytes())
            .collect();
        std::fs::write(folder.join(format!("{}.f64", case.name)), bytes)?;
    }
    Ok(json!({ "settings": settings(), "cases": cases }))
}

fn measure(folder: &Path, case: &str) -> Result<serde_json::Value, Error> {
    let mut case: GbdtCase = serde_json::from_str(case)?;
    let bytes = std::fs::read(folder.join(format!("{}.f64", case.name)))?;
    let mut values: Vec<f64> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|chunk| f64::from_le_bytes(*chunk))
        .collect();
    case.labels = values.split_off(values.len() / (case.width + 1) * case.width);
    case.inputs = values;
    let params = settings().params().check().map_err(Error::other)?;
    let weights = vec![1.0; case.labels.len()];
    let (inputs, held_out) = case.inputs.split_at(case.fit_rows * case.width);
    let (labels, held_out_labels) = case.labels.split_at(case.fit_rows);
    let rows = TrainingRows {
        width: case.width,
        inputs,
        labels,
        weights: &weights[..case.fit_rows],
    };
    let start = process_cpu_seconds();
    let booster = train(&params, case.objective(), &rows, None, 1, &mut |_| true).map_err(Error::other)?;
    let seconds = process_cpu_seconds() - start;
    let scores: Vec<f64> = held_out
        .chunks_exact(case.width)
        .map(|row| booster.score(row))
        .collect();
    let loss = case
        .objective()
        .mean_loss(&scores, held_out_labels, &weights[case.fit_rows..]);
    Ok(json!({ "cpuSeconds": seconds, "loss": loss }))
}
