//! What every volatility family must do, and its forecasts against independent programs.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::Dataset;
use std::sync::LazyLock;
use tidemark_core::{Bar, Code};
use tidemark_indicators::{InputSpec, LabelSpec, input_rows};
use tidemark_models::{
    Family, Fitted, ModelMetadata, Progress, Rows, SilentProgress, SliceNeeds, Slices, Task, WindowParams,
    families, family,
};
use tidemark_onnx::{DataType, Limits, inspect};
use tidemark_testkit::{Golden, assert_close, sp500};

static BARS: LazyLock<Vec<Bar>> = LazyLock::new(sp500);

fn volatility_families() -> Vec<Box<dyn Family>> {
    families()
        .into_iter()
        .filter(|family| family.task() == Task::Volatility)
        .collect()
}

fn fit(family: &dyn Family, slices: &Slices<'_>) -> Box<dyn Fitted> {
    family
        .fit(&family.default_params(), slices, 1, &mut SilentProgress)
        .unwrap()
}

fn fit_code(family: &dyn Family, params: &serde_json::Value, slices: &Slices<'_>) -> &'static str {
    family
        .fit(params, slices, 1, &mut SilentProgress)
        .err()
        .map_or("fitted", |error| error.code())
}

fn predict(model: &dyn Fitted, row: &[f64]) -> [f64; 2] {
    let mut out = [0.0; 2];
    model.predict(row, &mut out).unwrap();
    out
}

fn predict_code(model: &dyn Fitted, row: &[f64]) -> &'static str {
    model
        .predict(row, &mut [0.0; 2])
        .err()
        .map_or("predicted", |error| error.code())
}

fn metadata(family: &dyn Family) -> ModelMetadata {
    ModelMetadata {
        family: family.name().to_owned(),
        signature: serde_json::json!({ "version": 1 }),
        training: serde_json::json!({ "seed": 1 }),
    }
}

#[test]
fn families_are_found_by_name() {
    let names: Vec<_> = volatility_families().iter().map(|family| family.name()).collect();
    assert_eq!(names, ["ewma", "log_har", "gjr_garch_t"]);
    assert!(family("ewma").is_some() && family("harx").is_none());
}

#[test]
fn the_same_fit_gives_the_same_bytes_and_an_artifact_of_the_declared_shape() {
    for family in volatility_families() {
        let data = Dataset::new(family.as_ref(), &BARS, 400, 1700);
        let model = fit(family.as_ref(), &data.slices(1500));
        let bytes = model.to_onnx(&metadata(family.as_ref())).unwrap();
        let again = family
            .fit(&model.params(), &data.slices(1500), 99, &mut SilentProgress)
            .unwrap();
        assert_eq!(
            bytes,
            again.to_onnx(&metadata(family.as_ref())).unwrap(),
            "{}",
            family.name()
        );

        let info = inspect(&bytes, &Limits::default()).unwrap();
        assert_eq!((info.inputs.len(), info.outputs.len()), (1, 1));
        assert_eq!(
            (info.inputs[0].name.as_str(), info.inputs[0].data_type),
            ("row", DataType::F64)
        );
        assert_eq!(info.inputs[0].dims, [None, Some(data.width())]);
        assert_eq!(
            (info.outputs[0].name.as_str(), &info.outputs[0].dims[..]),
            ("output", &[None, Some(2)][..])
        );
        assert_eq!(info.metadata["tidemark.family"], family.name());
        let names: Vec<_> = model
            .output_names()
            .into_iter()
            .map(|output| output.name)
            .collect();
        assert_eq!(names, ["volatility", "var_99"]);
    }
}

#[test]
fn forecasts_are_positive_and_losses_reported() {
    for family in volatility_families() {
        let data = Dataset::new(family.as_ref(), &BARS, 400, 1700);
        let model = fit(family.as_ref(), &data.slices(1500));
        for bar in (510..1700).step_by(90) {
            let [volatility, var_99] = predict(model.as_ref(), data.row(bar));
            assert!(
                (0.002..0.05).contains(&volatility),
                "{} {bar}: {volatility}",
                family.name()
            );
            assert!(
                (1.8..4.5).contains(&(var_99 / volatility)),
                "{} {bar}: {var_99}",
                family.name()
            );
        }
        let report = model.report();
        // Rows of bars 400 to 509 have less history than a value at risk needs.
        assert_eq!(report["slices"]["fit"]["rows"], 1100);
        assert_eq!(report["slices"]["fit"]["scored"], 990);
        assert_eq!(
            report["slices"]["earlyStopping"]["qlike"],
            serde_json::Value::Null
        );
        let loss = report["slices"]["calibration"]["qlike"].as_f64().unwrap();
        assert!((-10.0..-8.0).contains(&loss), "{}: {loss}", family.name());
    }
}

#[test]
fn nothing_after_the_fit_slice_is_used_and_labels_are_not() {
    for family in volatility_families() {
        let data = Dataset::new(family.as_ref(), &BARS, 400, 1700);
        let whole = fit(family.as_ref(), &data.slices(1500));
        let (fit_rows, blank) = (data.rows(400, 1500), vec![0.5; 1100]);
        let fit_rows = Rows {
            labels: &blank,
            ..fit_rows
        };
        let empty = Rows::default();
        let slices = Slices {
            inputs: &data.inputs,
            fit: fit_rows,
            early_stopping: empty,
            calibration: empty,
        };
        let alone = fit(family.as_ref(), &slices);
        let meta = metadata(family.as_ref());
        assert_eq!(
            whole.to_onnx(&meta).unwrap(),
            alone.to_onnx(&meta).unwrap(),
            "{}",
            family.name()
        );
        assert_eq!(family.needs(), SliceNeeds::FIT_ONLY);
    }
}

#[test]
fn padding_shortens_history_without_changing_what_is_known() {
    let ewma = family("ewma").unwrap();
    let data = Dataset::new(ewma.as_ref(), &BARS, 300, 2000);
    let model = fit(ewma.as_ref(), &data.slices(1900));
    let full = data.row(1900).to_vec();
    let mut padded = full.clone();
    padded[..500].fill(f64::NAN);
    let (long, short) = (predict(model.as_ref(), &full), predict(model.as_ref(), &padded));
    assert_close("volatility", short[0], long[0], 1e-12);
    assert_ne!(short[1], long[1]);
}

#[test]
fn short_broken_and_still_rows_are_coded() {
    for family in volatility_families() {
        let data = Dataset::new(family.as_ref(), &BARS, 400, 1700);
        let model = fit(family.as_ref(), &data.slices(1500));
        let code = |row: &[f64]| predict_code(model.as_ref(), row);
        assert_eq!(
            code(data.row(509)),
            "MODELS_INSUFFICIENT_DATA",
            "{}",
            family.name()
        );
        assert_eq!(code(data.row(510)), "predicted", "{}", family.name());
        assert_eq!(code(&vec![f64::NAN; data.width()]), "MODELS_INSUFFICIENT_DATA");
        assert_eq!(code(&vec![0.0; data.width()]), "MODELS_DEGENERATE_DATA");
        assert_eq!(code(&data.row(600)[1..]), "MODELS_INVALID_ROWS");
        let last = data.width() - 1;
        for (place, value) in [
            (last - 3, f64::NAN),
            (last, f64::INFINITY),
            (last, f64::NEG_INFINITY),
        ] {
            let mut row = data.row(1699).to_vec();
            row[place] = value;
            assert_eq!(code(&row), "MODELS_INVALID_ROWS", "{}", family.name());
        }
        assert_eq!(
            model.predict(data.row(600), &mut [0.0; 3]).unwrap_err().code(),
            "MODELS_INVALID_ROWS",
            "{}",
            family.name()
        );
    }
}

#[test]
fn data_that_cannot_be_fitted_are_coded() {
    let still: Vec<Bar> = BARS
        .iter()
        .map(|bar| Bar {
            open: 9.0,
            high: 9.0,
            low: 9.0,
            close: 9.0,
            ..*bar
        })
        .collect();
    for family in volatility_families() {
        let family = family.as_ref();
        let defaults = family.default_params();
        let few = Dataset::new(family, &BARS, 300, 500);
        assert_eq!(
            fit_code(family, &defaults, &few.slices(490)),
            "MODELS_INSUFFICIENT_DATA"
        );
        let calm = Dataset::new(family, &still, 300, 1000);
        assert_eq!(
            fit_code(family, &defaults, &calm.slices(990)),
            "MODELS_DEGENERATE_DATA"
        );
        let data = Dataset::new(family, &BARS, 400, 1700);
        let slices = data.slices(1500);
        assert_eq!(
            fit_code(family, &serde_json::json!({ "lamda": 0.9 }), &slices),
            "MODELS_INVALID_PARAMS"
        );
        assert_eq!(
            fit_code(family, &serde_json::json!([1]), &slices),
            "MODELS_INVALID_PARAMS"
        );
        let missing = Slices {
            inputs: &data.inputs[1..],
            ..slices
        };
        assert_eq!(fit_code(family, &defaults, &missing), "MODELS_INVALID_ROWS");
        let gap = Slices {
            fit: Rows::default(),
            ..slices
        };
        assert_eq!(fit_code(family, &defaults, &gap), "MODELS_INSUFFICIENT_DATA");
    }
}

#[test]
fn parameters_out_of_range_are_refused() {
    let cases = [
        ("ewma", serde_json::json!({ "lambda": 1.0 })),
        ("ewma", serde_json::json!({ "lambda": "0.9" })),
        ("log_har", serde_json::json!({ "floor_ratio": 0.0 })),
        ("gjr_garch_t", serde_json::json!({ "starts": 4 })),
        ("gjr_garch_t", serde_json::json!({ "presample": "zero" })),
    ];
    for (name, params) in cases {
        let family = family(name).unwrap();
        let data = Dataset::new(family.as_ref(), &BARS, 400, 1000);
        assert_eq!(
            fit_code(family.as_ref(), &params, &data.slices(900)),
            "MODELS_INVALID_PARAMS",
            "{params}"
        );
    }
}

#[derive(Default)]
struct Cancelling(Vec<f64>);

impl Progress for Cancelling {
    fn report(&mut self, fraction: f64, _message: &str) {
        self.0.push(fraction);
    }
    fn metric(&mut self, _key: &str, _value: f64, _step: u64) {}
    fn cancelled(&self) -> bool {
        !self.0.is_empty()
    }
}

#[test]
fn a_fit_ends_when_it_is_cancelled() {
    for family in volatility_families() {
        let data = Dataset::new(family.as_ref(), &BARS, 400, 1700);
        let mut progress = Cancelling::default();
        let result = family.fit(&family.default_params(), &data.slices(1500), 1, &mut progress);
        assert_eq!(
            result.err().unwrap().code(),
            "MODELS_CANCELLED",
            "{}",
            family.name()
        );
        assert_eq!(progress.0.len(), 1);
    }
}

#[test]
fn ewma_forecasts_match_numpy() {
    let golden = Golden::load("models_volatility", "windows");
    let ewma = family("ewma").unwrap();
    let data = Dataset::new(ewma.as_ref(), &BARS, 600, 5104);
    let model = fit(ewma.as_ref(), &data.slices(5000));
    // The last bar has a row but no label yet.
    let last = input_rows(&BARS, 5104..5105, &data.inputs, &LabelSpec::NextSquaredReturn).unwrap();
    for (bar, row) in [
        (600, data.row(600)),
        (1500, data.row(1500)),
        (2500, data.row(2500)),
        (5104, &last),
    ] {
        for (ours, theirs) in predict(model.as_ref(), row)
            .iter()
            .zip(golden.list(&format!("ewma_{bar}")))
        {
            assert_close("ewma", *ours, *theirs, 1e-12);
        }
    }
}

#[test]
fn log_har_matches_statsmodels() {
    let golden = Golden::load("models_volatility", "log_har");
    let har = family("log_har").unwrap();
    let data = Dataset::new(har.as_ref(), &BARS, 600, 3100);
    let model = fit(har.as_ref(), &data.slices(3000));
    let estimates = model.report()["estimates"].clone();
    assert_eq!(estimates["rows"].as_f64().unwrap(), golden.number("rows"));
    let coefficients = golden.list("coefficients");
    assert_close(
        "intercept",
        estimates["intercept"].as_f64().unwrap(),
        coefficients[0],
        1e-9,
    );
    for index in 0..3 {
        assert_close(
            "slope",
            estimates["slopes"][index].as_f64().unwrap(),
            coefficients[index + 1],
            1e-9,
        );
    }
    for (ours, theirs) in [
        ("smearing", "smearing"),
        ("rangeToClose", "range_to_close"),
        ("rSquared", "r_squared"),
    ] {
        assert_close(
            ours,
            estimates[ours].as_f64().unwrap(),
            golden.number(theirs),
            1e-10,
        );
    }
    for bar in [600, 1500, 2999] {
        let forecast = predict(model.as_ref(), data.row(bar));
        for (ours, theirs) in forecast.iter().zip(golden.list(&format!("forecast_{bar}"))) {
            assert_close("log_har", *ours, *theirs, 1e-10);
        }
    }
}

#[test]
fn windows_of_another_length_are_accepted_when_they_fit_each_other() {
    let har = family("log_har").unwrap();
    let window = WindowParams { residuals: 250 };
    let widths: Vec<_> = har.inputs(&[], &window).iter().map(InputSpec::width).collect();
    assert_eq!(widths, [251, 251, 251, 510]);
}
