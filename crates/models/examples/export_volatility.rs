//! Writes each volatility model with rows and its own answers, for comparison in another runtime:
//!
//! ```text
//! cargo run --release -p tidemark-models --example export_volatility -- DIR
//! python tests/golden/generate/check_exports.py DIR
//! ```

#[allow(clippy::unwrap_used, reason = "shared with the tests")]
#[path = "../tests/common/mod.rs"]
mod common;

use common::Dataset;
use std::error::Error;
use std::fs;
use std::path::Path;
use tidemark_core::Bar;
use tidemark_models::{Family, ModelMetadata, SilentProgress, Task, families};
use tidemark_testkit::sp500;

/// Bars whose rows are compared: padded, full, crisis, last.
const BARS: [usize; 8] = [300, 510, 511, 700, 1260, 1261, 2200, 3199];

fn write(family: &dyn Family, bars: &[Bar], folder: &Path) -> Result<(), Box<dyn Error>> {
    let data = Dataset::new(family, bars, 300, 3200);
    let fitted = family.fit(
        &family.default_params(),
        &data.slices(2600),
        1,
        &mut SilentProgress,
    )?;
    let meta = ModelMetadata {
        family: family.name().to_owned(),
        signature: serde_json::json!({ "version": 1, "inputs": data.inputs }),
        training: serde_json::json!({ "seed": 1 }),
    };
    let mut rows: Vec<Vec<f64>> = BARS.iter().map(|&bar| data.row(bar).to_vec()).collect();
    rows.extend((2600..2860).map(|bar| data.row(bar).to_vec()));
    for (place, value) in [
        (data.width() - 5, f64::NAN),
        (data.width() - 5, f64::INFINITY),
        (data.width() - 1, 1e200),
    ] {
        let mut row = data.row(3000).to_vec();
        row[place] = value;
        rows.push(row);
    }
    rows.push(vec![0.0; data.width()]);
    let mut outputs = Vec::new();
    for row in &rows {
        let mut out = [f64::NAN; 2];
        if fitted.predict(row, &mut out).is_err() {
            out = [f64::NAN; 2];
        }
        outputs.extend(out);
    }
    let bytes =
        |values: &mut dyn Iterator<Item = f64>| values.flat_map(f64::to_le_bytes).collect::<Vec<u8>>();
    let name = family.name();
    fs::write(folder.join(format!("{name}.onnx")), fitted.to_onnx(&meta)?)?;
    fs::write(
        folder.join(format!("{name}-inputs.f64")),
        bytes(&mut rows.into_iter().flatten()),
    )?;
    fs::write(
        folder.join(format!("{name}-outputs.f64")),
        bytes(&mut outputs.into_iter()),
    )?;
    fs::write(
        folder.join(format!("{name}-report.json")),
        fitted.report().to_string(),
    )?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: export_volatility DIR")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let bars = sp500();
    for family in families()
        .iter()
        .filter(|family| family.task() == Task::Volatility)
    {
        write(family.as_ref(), &bars, folder)?;
    }
    Ok(())
}
