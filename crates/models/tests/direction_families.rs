//! What every direction family promises, run over all of them.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]
#![allow(clippy::unwrap_used, reason = "a test has no better way to fail")]

use serde_json::{Value, json};
use tidemark_core::{Code, Rng};
use tidemark_indicators::InputSpec;
use tidemark_models::{
    Family, Fitted, ModelError, ModelMetadata, Progress, Rows, SilentProgress, SliceNeeds, Slices, Task,
    WindowParams, families, family,
};
use tidemark_onnx::{Limits, inspect};

const FEATURES: [&str; 3] = ["ret_1", "rsi_14", "adx_14"];

/// One slice's rows, owned.
#[derive(Clone)]
struct Data {
    width: usize,
    inputs: Vec<f64>,
    labels: Vec<f64>,
    weights: Vec<f64>,
    times: Vec<i64>,
}

impl Data {
    /// `n` rows from `start` whose first input raises the odds of a positive label.
    fn new(width: usize, n: usize, start: usize) -> Self {
        let mut rng = Rng::stream(9, start as u64);
        let inputs: Vec<f64> = (0..n * width)
            .map(|_| {
                if width == 1 {
                    0.3 + 0.4 * rng.uniform()
                } else {
                    rng.normal()
                }
            })
            .collect();
        let labels = inputs
            .chunks(width)
            .map(|row| f64::from(u8::from(rng.uniform() < 1.0 / (1.0 + (-1.5 * row[0]).exp()))))
            .collect();
        let weights = (0..n).map(|_| 0.2 + 0.5 * rng.uniform()).collect();
        Self {
            width,
            inputs,
            labels,
            weights,
            times: (start..start + n).map(|t| i64::try_from(t).unwrap()).collect(),
        }
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new(self.width, &self.inputs, &self.labels, &self.weights, &self.times).unwrap()
    }
}

/// The three slices of a fold for one family.
#[derive(Clone)]
struct Fold {
    specs: Vec<InputSpec>,
    fit: Data,
    early_stopping: Data,
    calibration: Data,
}

impl Fold {
    fn of(family: &dyn Family) -> Self {
        let names: Vec<String> = FEATURES.map(str::to_owned).to_vec();
        let specs = family.inputs(&names, &WindowParams::default());
        let width = specs.len();
        Self {
            specs,
            fit: Data::new(width, 1_500, 0),
            early_stopping: Data::new(width, 250, 2_000),
            calibration: Data::new(width, 250, 3_000),
        }
    }

    fn try_fit(&self, family: &dyn Family, params: &Value) -> Result<Box<dyn Fitted>, ModelError> {
        let slices = Slices {
            inputs: &self.specs,
            fit: self.fit.rows(),
            early_stopping: self.early_stopping.rows(),
            calibration: self.calibration.rows(),
        };
        family.fit(params, &slices, 7, &mut SilentProgress)
    }

    fn code(&self, family: &dyn Family) -> &'static str {
        self.try_fit(family, &Value::Null)
            .map_or_else(|error| error.code(), |_| "ok")
    }
}

fn direction_families() -> Vec<Box<dyn Family>> {
    families()
        .into_iter()
        .filter(|family| family.task() == Task::Direction)
        .collect()
}

/// The families that learn from features.
fn learners() -> [Box<dyn Family>; 2] {
    ["logistic", "gbdt"].map(|name| family(name).unwrap())
}

fn metadata() -> ModelMetadata {
    ModelMetadata {
        family: "any".to_owned(),
        signature: json!({ "version": 1 }),
        training: json!({ "seed": 7 }),
    }
}

fn predict(model: &dyn Fitted, row: &[f64]) -> f64 {
    let mut out = [f64::NAN];
    model.predict(row, &mut out).unwrap();
    out[0]
}

#[test]
fn the_direction_families_are_known_by_name() {
    let names: Vec<&str> = direction_families().iter().map(|family| family.name()).collect();
    assert_eq!(names, ["base_rate", "logistic", "gbdt"]);
}

#[test]
fn predictions_are_probabilities_of_the_declared_shape() {
    for family in direction_families() {
        let fold = Fold::of(family.as_ref());
        let model = fold.try_fit(family.as_ref(), &Value::Null).unwrap();
        let outputs = model.output_names();
        assert_eq!(outputs.len(), 1);
        assert_eq!(
            (outputs[0].name.as_str(), outputs[0].min, outputs[0].max),
            ("probability", Some(0.0), Some(1.0))
        );
        for row in fold.calibration.rows().iter() {
            assert!(
                (0.0..=1.0).contains(&predict(model.as_ref(), row)),
                "{}",
                family.name()
            );
        }
        let mut out = [0.0];
        let wide = vec![0.5; fold.specs.len() + 1];
        assert_eq!(
            model.predict(&wide, &mut out).unwrap_err().code(),
            "MODELS_INVALID_ROWS"
        );
        assert_eq!(
            model.predict(&wide[1..], &mut []).unwrap_err().code(),
            "MODELS_INVALID_ROWS"
        );
    }
}

#[test]
fn fitting_twice_gives_the_same_bytes() {
    for family in direction_families() {
        let fold = Fold::of(family.as_ref());
        let bytes = || {
            fold.try_fit(family.as_ref(), &Value::Null)
                .unwrap()
                .to_onnx(&metadata())
                .unwrap()
        };
        assert!(bytes() == bytes(), "{}", family.name());
    }
}

#[test]
fn the_seed_decides_what_sampling_sees() {
    let gbdt = family("gbdt").unwrap();
    let fold = Fold::of(gbdt.as_ref());
    let slices = Slices {
        inputs: &fold.specs,
        fit: fold.fit.rows(),
        early_stopping: fold.early_stopping.rows(),
        calibration: fold.calibration.rows(),
    };
    let bytes = |seed| {
        let model = gbdt
            .fit(&Value::Null, &slices, seed, &mut SilentProgress)
            .unwrap();
        model.to_onnx(&metadata()).unwrap()
    };
    assert!(bytes(1) != bytes(2));
}

#[test]
fn reported_params_repeat_the_fit() {
    for family in direction_families() {
        let fold = Fold::of(family.as_ref());
        let model = fold.try_fit(family.as_ref(), &Value::Null).unwrap();
        assert_eq!(model.params(), family.default_params(), "{}", family.name());
        let again = fold.try_fit(family.as_ref(), &model.params()).unwrap();
        assert!(again.to_onnx(&metadata()).unwrap() == model.to_onnx(&metadata()).unwrap());
    }
}

#[test]
fn the_graph_has_the_common_shape_and_metadata() {
    for family in direction_families() {
        let fold = Fold::of(family.as_ref());
        let bytes = fold
            .try_fit(family.as_ref(), &Value::Null)
            .unwrap()
            .to_onnx(&metadata())
            .unwrap();
        let info = inspect(&bytes, &Limits::default()).unwrap();
        assert_eq!(
            (info.inputs[0].name.as_str(), info.outputs[0].name.as_str()),
            ("row", "output")
        );
        assert_eq!(info.inputs[0].dims, [None, Some(fold.specs.len())]);
        assert_eq!(info.outputs[0].dims, [None, Some(1)]);
    }
}

#[test]
fn learners_find_a_planted_signal_and_report_it() {
    for family in learners() {
        let fold = Fold::of(family.as_ref());
        let model = fold.try_fit(family.as_ref(), &Value::Null).unwrap();
        let report = model.report();
        for slice in ["fit", "earlyStopping", "calibration"] {
            let loss = report["losses"][slice]["logLoss"].as_f64().unwrap();
            assert!(loss < 0.62, "{} {slice} {loss}", family.name());
        }
        assert!(report["configurationsTried"].as_u64().unwrap() >= 1);
        assert_eq!(report["calibration"]["status"], "fitted");
        assert!(predict(model.as_ref(), &[2.0, 0.0, 0.0]) > 0.6 + predict(model.as_ref(), &[-2.0, 0.0, 0.0]));
    }
    let fold = Fold::of(family("gbdt").unwrap().as_ref());
    let report = fold
        .try_fit(family("gbdt").unwrap().as_ref(), &Value::Null)
        .unwrap()
        .report();
    assert_eq!(report["importance"][0]["input"], "ret_1");
    assert!(report["importance"][0]["share"].as_f64().unwrap() > 0.5);
    assert!(report["trees"].as_u64().unwrap() > 0);
    assert!(report["roundsRun"].as_u64().unwrap() >= report["bestIteration"].as_u64().unwrap());
}

#[test]
fn early_stopping_and_calibration_may_be_absent() {
    for family in learners() {
        let mut fold = Fold::of(family.as_ref());
        for slice in [&mut fold.early_stopping, &mut fold.calibration] {
            *slice = Data {
                width: 3,
                inputs: vec![],
                labels: vec![],
                weights: vec![],
                times: vec![],
            };
        }
        let report = fold.try_fit(family.as_ref(), &Value::Null).unwrap().report();
        assert_eq!(report["calibration"]["status"], "absent");
        assert_eq!(report["losses"]["calibration"]["logLoss"], Value::Null);
    }
    let logistic = family("logistic").unwrap();
    let mut fold = Fold::of(logistic.as_ref());
    fold.early_stopping = Data {
        width: 3,
        inputs: vec![],
        labels: vec![],
        weights: vec![],
        times: vec![],
    };
    let report = fold.try_fit(logistic.as_ref(), &Value::Null).unwrap().report();
    assert_eq!(report["l2"], 1000.0);
    assert_eq!(report["configurationsTried"], 4);
}

#[test]
fn a_family_depends_on_the_slices_it_says_it_needs_and_on_no_other() {
    for family in direction_families() {
        let fold = Fold::of(family.as_ref());
        let bytes = |early_stopping: &Data, calibration: &Data| {
            let fold = Fold {
                early_stopping: early_stopping.clone(),
                calibration: calibration.clone(),
                ..fold.clone()
            };
            let model = fold.try_fit(family.as_ref(), &Value::Null).unwrap();
            model.to_onnx(&metadata()).unwrap()
        };
        let whole = bytes(&fold.early_stopping, &fold.calibration);
        let width = fold.fit.width;
        let depends = SliceNeeds {
            early_stopping: bytes(&Data::new(width, 0, 2_000), &fold.calibration) != whole,
            calibration: bytes(&fold.early_stopping, &Data::new(width, 0, 3_000)) != whole,
        };
        assert_eq!(family.needs(), depends, "{}", family.name());
    }
}

#[test]
fn trees_that_do_not_help_are_not_kept() {
    let gbdt = family("gbdt").unwrap();
    let mut fold = Fold::of(gbdt.as_ref());
    // The early-stopping slice says the opposite of the fit slice, so the constant score is best.
    fold.early_stopping
        .labels
        .iter_mut()
        .for_each(|label| *label = 1.0 - *label);
    let model = fold.try_fit(gbdt.as_ref(), &Value::Null).unwrap();
    assert_eq!(model.report()["trees"], 0);
    assert_eq!(
        predict(model.as_ref(), &[2.0, 0.0, 0.0]),
        predict(model.as_ref(), &[-2.0, 1.0, 0.5])
    );
    assert!(inspect(&model.to_onnx(&metadata()).unwrap(), &Limits::default()).is_ok());
}

#[test]
fn a_slice_that_inverts_the_ranking_gives_a_constant_and_says_so() {
    for family in learners() {
        let mut fold = Fold::of(family.as_ref());
        fold.calibration
            .labels
            .iter_mut()
            .for_each(|label| *label = 1.0 - *label);
        let model = fold.try_fit(family.as_ref(), &Value::Null).unwrap();
        let report = model.report();
        assert_eq!(
            report["calibration"]["status"],
            "slope_floored",
            "{}",
            family.name()
        );
        assert!(report["calibration"]["unconstrainedSlope"].as_f64().unwrap() < 0.0);
        assert_eq!(
            predict(model.as_ref(), &[2.0, 0.0, 0.0]),
            predict(model.as_ref(), &[-2.0, 1.0, 0.5])
        );
    }
}

/// What is spoiled, the code expected, and how.
type Case = (&'static str, &'static str, fn(&mut Fold));

/// Cases every learner refuses with the same code.
#[test]
fn degenerate_data_give_coded_errors() {
    let cases: [Case; 8] = [
        ("one class", "MODELS_DEGENERATE_DATA", |fold| {
            fold.fit.labels.fill(1.0);
        }),
        ("constant features", "MODELS_DEGENERATE_DATA", |fold| {
            fold.fit.inputs.fill(2.0);
        }),
        ("infinite feature", "MODELS_INVALID_ROWS", |fold| {
            fold.fit.inputs[4] = f64::INFINITY;
        }),
        ("label of another task", "MODELS_INVALID_ROWS", |fold| {
            fold.fit.labels[3] = 0.5;
        }),
        ("missing label", "MODELS_INVALID_ROWS", |fold| {
            fold.calibration.labels[3] = f64::NAN;
        }),
        ("weightless row", "MODELS_INVALID_ROWS", |fold| {
            fold.fit.weights[3] = 0.0;
        }),
        ("too few rows", "MODELS_INSUFFICIENT_DATA", |fold| {
            fold.fit = Data::new(3, 40, 0);
        }),
        ("slices out of order", "MODELS_INVALID_ROWS", |fold| {
            fold.calibration = Data::new(3, 250, 2_100);
        }),
    ];
    for family in learners() {
        for (what, code, spoil) in cases {
            let mut fold = Fold::of(family.as_ref());
            spoil(&mut fold);
            assert_eq!(fold.code(family.as_ref()), code, "{}: {what}", family.name());
        }
    }
}

#[test]
fn missing_features_are_refused_by_the_line_and_used_by_the_trees() {
    let [logistic, gbdt] = learners();
    let mut fold = Fold::of(gbdt.as_ref());
    for row in (0..1_500).step_by(3) {
        fold.fit.inputs[row * 3] = f64::NAN;
    }
    assert_eq!(fold.code(logistic.as_ref()), "MODELS_INVALID_ROWS");
    let model = fold.try_fit(gbdt.as_ref(), &Value::Null).unwrap();
    assert!((0.0..1.0).contains(&predict(model.as_ref(), &[f64::NAN, 0.0, 0.0])));
    let line = Fold::of(logistic.as_ref())
        .try_fit(logistic.as_ref(), &Value::Null)
        .unwrap();
    assert_eq!(
        line.predict(&[f64::NAN, 0.0, 0.0], &mut [0.0])
            .unwrap_err()
            .code(),
        "MODELS_INVALID_ROWS"
    );
    fold.fit
        .inputs
        .iter_mut()
        .skip(1)
        .step_by(3)
        .for_each(|x| *x = f64::NAN);
    assert_eq!(fold.code(gbdt.as_ref()), "MODELS_DEGENERATE_DATA");
}

#[test]
fn one_constant_feature_is_carried_without_weight() {
    for family in learners() {
        let mut fold = Fold::of(family.as_ref());
        fold.fit
            .inputs
            .iter_mut()
            .skip(1)
            .step_by(3)
            .for_each(|x| *x = 4.0);
        let model = fold.try_fit(family.as_ref(), &Value::Null).unwrap();
        assert_eq!(
            predict(model.as_ref(), &[0.3, -9.0, 0.1]),
            predict(model.as_ref(), &[0.3, 9.0, 0.1])
        );
    }
    let logistic = family("logistic").unwrap();
    let mut fold = Fold::of(logistic.as_ref());
    fold.fit
        .inputs
        .iter_mut()
        .skip(1)
        .step_by(3)
        .for_each(|x| *x = 4.0);
    let report = fold.try_fit(logistic.as_ref(), &Value::Null).unwrap().report();
    assert_eq!(report["constantInputs"], json!(["rsi_14"]));
}

#[test]
fn the_baseline_limits_the_rate() {
    let baseline = family("base_rate").unwrap();
    let model = Fold::of(baseline.as_ref())
        .try_fit(baseline.as_ref(), &Value::Null)
        .unwrap();
    let answers = [0.0, 0.57, 1.0].map(|rate| predict(model.as_ref(), &[rate]));
    assert_eq!(answers, [0.01, 0.57, 0.99]);
    assert_eq!(
        model.predict(&[f64::NAN], &mut [0.0]).unwrap_err().code(),
        "MODELS_INVALID_ROWS"
    );
}

#[test]
fn unknown_or_absurd_params_are_refused() {
    for family in direction_families() {
        let fold = Fold::of(family.as_ref());
        let error = fold
            .try_fit(family.as_ref(), &json!({ "noSuchSetting": 1 }))
            .err()
            .unwrap();
        assert_eq!(error.code(), "MODELS_INVALID_PARAMS", "{}", family.name());
    }
    for (name, params) in [
        ("gbdt", json!({ "learningRate": 0.0 })),
        ("logistic", json!({ "l2Grid": [-1.0] })),
    ] {
        let family = family(name).unwrap();
        let error = Fold::of(family.as_ref())
            .try_fit(family.as_ref(), &params)
            .err()
            .unwrap();
        assert_eq!(error.code(), "MODELS_INVALID_PARAMS");
    }
}

struct Cancelling;

impl Progress for Cancelling {
    fn report(&mut self, _fraction: f64, _message: &str) {}
    fn metric(&mut self, _key: &str, _value: f64, _step: u64) {}
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn a_cancelled_fit_says_so() {
    for family in direction_families() {
        let fold = Fold::of(family.as_ref());
        let slices = Slices {
            inputs: &fold.specs,
            fit: fold.fit.rows(),
            early_stopping: fold.early_stopping.rows(),
            calibration: fold.calibration.rows(),
        };
        let error = family
            .fit(&Value::Null, &slices, 7, &mut Cancelling)
            .err()
            .unwrap();
        assert_eq!(error.code(), "MODELS_CANCELLED");
    }
}
