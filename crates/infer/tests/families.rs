//! Every family's exported graph against its in-memory model, on market data through ONNX Runtime.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::init;
use tidemark_core::Bar;
use tidemark_indicators::{InputSpec, LabelSpec, input_rows, labels, row_width};
use tidemark_infer::{LoadOptions, Model, RowRunner};
use tidemark_models::{
    Family, Fitted, ModelMetadata, Rows, SilentProgress, Slices, Task, WindowParams, families,
};
use tidemark_testkit::sp500;

/// First bars of the slices: fit, early stopping, calibration, held out, end.
const CUTS: [usize; 5] = [1_500, 2_300, 2_500, 2_700, 2_800];
const FEATURES: [&str; 5] = ["ret_1", "rsi_14", "macd_atr", "adx_14", "volume_ratio_20"];

/// Rows of one family over all slices.
struct Data {
    inputs: Vec<InputSpec>,
    values: Vec<f64>,
    labels: Vec<f64>,
    weights: Vec<f64>,
    times: Vec<i64>,
}

impl Data {
    fn of(family: &dyn Family, bars: &[Bar]) -> Self {
        let label = match family.task() {
            Task::Direction => LabelSpec::ForwardReturnSign { lag: 1, horizon: 5 },
            Task::Volatility => LabelSpec::NextSquaredReturn,
        };
        let span = CUTS[0]..CUTS[4];
        let inputs = family.inputs(&FEATURES.map(str::to_owned), &WindowParams::default());
        Self {
            values: input_rows(bars, span.clone(), &inputs, &label).unwrap(),
            labels: labels(bars, &label).unwrap()[span.clone()]
                .iter()
                .map(|label| label.unwrap().value)
                .collect(),
            weights: vec![1.0; span.len()],
            times: bars[span].iter().map(|bar| bar.event_time).collect(),
            inputs,
        }
    }

    fn rows(&self, slice: usize) -> Rows<'_> {
        let width = row_width(&self.inputs);
        let (from, to) = (CUTS[slice] - CUTS[0], CUTS[slice + 1] - CUTS[0]);
        let values = &self.values[from * width..to * width];
        Rows::new(
            width,
            values,
            &self.labels[from..to],
            &self.weights[from..to],
            &self.times[from..to],
        )
        .unwrap()
    }

    fn fit(&self, family: &dyn Family) -> Box<dyn Fitted> {
        let slices = Slices {
            inputs: &self.inputs,
            fit: self.rows(0),
            early_stopping: self.rows(1),
            calibration: self.rows(2),
        };
        family
            .fit(&family.default_params(), &slices, 1, &mut SilentProgress)
            .unwrap()
    }
}

/// The signature as the trainer writes it, without the facts that loading does not read.
fn signature(inputs: &[InputSpec], outputs: usize) -> serde_json::Value {
    let inputs: Vec<serde_json::Value> = inputs
        .iter()
        .map(|input| {
            let mut described = serde_json::to_value(input).unwrap();
            described["width"] = row_width(std::slice::from_ref(input)).into();
            described
        })
        .collect();
    serde_json::json!({ "version": 1, "inputs": inputs, "outputs": vec![serde_json::json!({}); outputs] })
}

fn assert_parity(name: &str, fitted: &dyn Fitted, runner: &mut RowRunner, row: &[f64]) {
    let width = fitted.output_names().len();
    let (mut expected, mut actual) = (vec![0.0; width], vec![0.0; width]);
    fitted.predict(row, &mut expected).unwrap();
    runner.predict_into(row, &mut actual).unwrap();
    for (actual, expected) in actual.iter().zip(&expected) {
        let difference = (actual - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
        assert!(
            difference <= 1e-12,
            "{name}: {actual} and {expected} differ by {difference}"
        );
    }
}

#[test]
fn every_family_gives_its_own_outputs_through_onnx_runtime() {
    init();
    let bars = sp500();
    for family in families() {
        let name = family.name();
        let data = Data::of(family.as_ref(), &bars);
        let fitted = data.fit(family.as_ref());
        let metadata = ModelMetadata {
            family: name.to_owned(),
            signature: signature(&data.inputs, fitted.output_names().len()),
            training: serde_json::json!({}),
        };
        let bytes = fitted.to_onnx(&metadata).unwrap();
        let mut runner = RowRunner::new(Model::from_bytes(&bytes, &LoadOptions::default()).unwrap()).unwrap();
        let held_out = data.rows(3);
        for row in held_out.iter() {
            assert_parity(name, fitted.as_ref(), &mut runner, row);
        }
        if family.task() == Task::Volatility {
            let mut young = held_out.row(0).to_vec();
            pad(&mut young, &data.inputs, 300);
            assert_parity(name, fitted.as_ref(), &mut runner, &young);
        }
    }
}

/// Makes the history look younger: the first `missing` bars of every window are not there.
fn pad(row: &mut [f64], inputs: &[InputSpec], missing: usize) {
    let mut start = 0;
    for input in inputs {
        let width = row_width(std::slice::from_ref(input));
        if width > missing {
            row[start..start + missing].fill(f64::NAN);
        }
        start += width;
    }
}
