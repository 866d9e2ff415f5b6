//! Loading and running through the real ONNX Runtime, against the answers of another build of it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::thread;

use common::{fixture, init, root};
use serde::Deserialize;
use tidemark_core::Code;
use tidemark_infer::{ElementType, InferError, LoadOptions, Model, RowRunner};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    model: String,
    rows: Vec<Vec<Option<f64>>>,
    outputs: Vec<Vec<f64>>,
}

fn golden() -> Vec<Case> {
    let text = std::fs::read_to_string(root().join("tests/golden/inference.json")).unwrap();
    serde_json::from_str::<Golden>(&text).unwrap().cases
}

fn flat(rows: &[Vec<Option<f64>>]) -> Vec<f64> {
    rows.iter()
        .flatten()
        .map(|cell| cell.unwrap_or(f64::NAN))
        .collect()
}

fn load(name: &str) -> Result<Arc<Model>, InferError> {
    init();
    Model::load(&fixture(name), &LoadOptions::default())
}

fn runner(name: &str) -> RowRunner {
    RowRunner::new(load(name).unwrap()).unwrap()
}

fn code_of(name: &str) -> &'static str {
    load(name)
        .map(|model| model.metadata().row_width)
        .unwrap_err()
        .code()
}

#[test]
fn rows_and_batches_give_the_reference_outputs() {
    for case in golden() {
        let model = load(&case.model).unwrap();
        let (rows, width) = (flat(&case.rows), model.metadata().output_width);
        let mut batch = vec![0.0; case.rows.len() * width];
        let mut runner = RowRunner::new(Arc::clone(&model)).unwrap();
        runner
            .predict_rows_into(&rows, case.rows.len(), &mut batch)
            .unwrap();
        for (index, expected) in case.outputs.iter().enumerate() {
            let mut output = vec![0.0; width];
            runner
                .predict_into(&flat(&case.rows[index..=index]), &mut output)
                .unwrap();
            assert_eq!(
                output,
                batch[index * width..(index + 1) * width],
                "{} row {index}",
                case.model
            );
            for (actual, expected) in output.iter().zip(expected) {
                let tolerance = 1e-13 * expected.abs().max(1.0);
                assert!(
                    (actual - expected).abs() <= tolerance,
                    "{} row {index}: {actual} {expected}",
                    case.model
                );
            }
        }
    }
}

#[test]
fn metadata_lists_ports_in_graph_order_with_their_types() {
    let model = load("mixed.onnx").unwrap();
    let metadata = model.metadata();
    let ports = |ports: &[tidemark_infer::Port]| -> Vec<(String, usize, ElementType)> {
        ports
            .iter()
            .map(|port| (port.name.clone(), port.width, port.element))
            .collect()
    };
    assert_eq!(
        ports(&metadata.inputs),
        [
            ("small".to_owned(), 2, ElementType::F32),
            ("wide".to_owned(), 3, ElementType::F64)
        ]
    );
    assert_eq!(
        ports(&metadata.outputs),
        [
            ("sum".to_owned(), 1, ElementType::F32),
            ("doubled".to_owned(), 3, ElementType::F64),
            ("label".to_owned(), 1, ElementType::I64)
        ]
    );
    assert_eq!((metadata.row_width, metadata.output_width), (5, 5));
    assert_eq!(metadata.sha256.len(), 64);
    assert!(
        load("logistic.onnx")
            .unwrap()
            .metadata()
            .custom
            .contains_key("tidemark.signature")
    );
}

#[test]
fn wrong_lengths_are_refused_and_the_runner_stays_usable() {
    let mut runner = runner("logistic.onnx");
    let mut output = [0.0];
    for length in [0, 2, 4] {
        assert_eq!(
            runner
                .predict_into(&vec![0.0; length], &mut output)
                .unwrap_err()
                .code(),
            "INPUT_WIDTH"
        );
    }
    for length in [0, 2] {
        assert_eq!(
            runner
                .predict_into(&[0.0; 3], &mut vec![0.0; length])
                .unwrap_err()
                .code(),
            "OUTPUT_WIDTH"
        );
    }
    runner.predict_into(&[0.0; 3], &mut output).unwrap();
    assert!(output[0] > 0.5);
    assert_eq!(
        runner
            .predict_rows_into(&[0.0; 5], 2, &mut [0.0; 2])
            .unwrap_err()
            .code(),
        "INPUT_WIDTH"
    );
    assert_eq!(
        runner
            .predict_rows_into(&[0.0; 6], 2, &mut [0.0; 1])
            .unwrap_err()
            .code(),
        "OUTPUT_WIDTH"
    );
    assert_eq!(
        runner
            .predict_rows_into(&[0.0; 6], usize::MAX, &mut [0.0; 2])
            .unwrap_err()
            .code(),
        "INPUT_WIDTH"
    );
    assert_eq!(runner.predict_rows_into(&[], 0, &mut []), Ok(()));
}

#[test]
fn values_that_are_not_finite_are_named_by_row_and_column() {
    let mut plain = runner("logistic.onnx");
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = plain.predict_into(&[0.0, value, 0.0], &mut [0.0]).unwrap_err();
        assert_eq!(error, InferError::InputNotFinite { row: 0, column: 1 });
    }
    let mut windowed = runner("window.onnx");
    let hole = [0.0, 1.0, f64::NAN, 1.0, 1.0];
    assert_eq!(
        windowed.predict_into(&hole, &mut [0.0]),
        Err(InferError::InputNotFinite { row: 0, column: 2 })
    );
    let mut narrow = runner("mixed.onnx");
    assert_eq!(
        narrow.predict_into(&[0.0, 1e300, 0.0, 0.0, 0.0], &mut [0.0; 5]),
        Err(InferError::InputNotFinite { row: 0, column: 1 })
    );
    let rows = [0.0, 0.0, 0.0, 0.0, 0.0, f64::NAN];
    let error = plain.predict_rows_into(&rows, 2, &mut [0.0; 2]).unwrap_err();
    assert_eq!(error, InferError::InputNotFinite { row: 1, column: 2 });
}

#[test]
fn an_answer_that_is_not_finite_is_an_error() {
    let mut runner = runner("logarithm.onnx");
    for value in [-1.0, 0.0] {
        assert_eq!(
            runner.predict_into(&[value], &mut [0.0]),
            Err(InferError::OutputNotFinite { row: 0, column: 0 })
        );
    }
    let mut empty = self::runner("window.onnx");
    let nothing_observed = [0.0, f64::NAN, f64::NAN, f64::NAN, f64::NAN];
    assert_eq!(
        empty
            .predict_into(&nothing_observed, &mut [0.0])
            .unwrap_err()
            .code(),
        "OUTPUT_NOT_FINITE"
    );
}

#[test]
fn an_answer_does_not_depend_on_the_rows_that_came_with_it() {
    let mut runner = runner("logistic.onnx");
    let rows = 10_000;
    let input: Vec<f64> = (0..rows * 3)
        .map(|index| ((index * 37) % 101) as f64 / 50.0 - 1.0)
        .collect();
    let mut batch = vec![0.0; rows];
    runner.predict_rows_into(&input, rows, &mut batch).unwrap();
    for (row, expected) in input.chunks_exact(3).zip(&batch) {
        let mut output = [0.0];
        runner.predict_into(row, &mut output).unwrap();
        assert_eq!(output[0].to_bits(), expected.to_bits());
    }
}

#[test]
fn files_that_are_not_the_registered_model_are_refused() {
    init();
    let path = fixture("logistic.onnx");
    let digest = Model::load(&path, &LoadOptions::default())
        .unwrap()
        .metadata()
        .sha256
        .to_uppercase();
    let expecting = |sha256: &str| LoadOptions {
        expected_sha256: Some(sha256.to_owned()),
        ..LoadOptions::default()
    };
    assert!(Model::load(&path, &expecting(&digest)).is_ok());
    assert_eq!(
        Model::load(&path, &expecting(&"0".repeat(64)))
            .unwrap_err()
            .code(),
        "MODEL_DIGEST_MISMATCH"
    );
    let small = LoadOptions {
        max_bytes: 100,
        ..LoadOptions::default()
    };
    assert_eq!(Model::load(&path, &small).unwrap_err().code(), "MODEL_TOO_LARGE");
    assert_eq!(code_of("absent.onnx"), "MODEL_NOT_FOUND");
    assert_eq!(code_of("hostile"), "MODEL_NOT_FOUND");
    assert_eq!(code_of("logistic.onnx/inside"), "MODEL_NOT_FOUND");
}

#[test]
fn external_data_is_refused_wherever_it_hides() {
    for place in [
        "initializer",
        "attribute",
        "subgraph",
        "absolute-path",
        "parent-path",
    ] {
        assert_eq!(
            code_of(&format!("external-{place}.onnx")),
            "MODEL_EXTERNAL_DATA",
            "{place}"
        );
    }
    assert_eq!(code_of("external-function.onnx"), "MODEL_UNSUPPORTED");
}

#[test]
fn valid_models_of_other_kinds_are_unsupported() {
    for kind in [
        "string-input",
        "three-dimensions",
        "undeclared-width",
        "batch-of-seven",
        "int64-input",
    ] {
        assert_eq!(
            code_of(&format!("unsupported-{kind}.onnx")),
            "MODEL_UNSUPPORTED",
            "{kind}"
        );
    }
}

#[test]
fn one_model_is_shared_by_threads() {
    let model = load("logistic.onnx").unwrap();
    let case = golden()
        .into_iter()
        .find(|case| case.model == "logistic.onnx")
        .unwrap();
    let rows = flat(&case.rows);
    let mut expected = vec![0.0; case.rows.len()];
    let mut reference = RowRunner::new(Arc::clone(&model)).unwrap();
    reference
        .predict_rows_into(&rows, case.rows.len(), &mut expected)
        .unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut runner = RowRunner::new(Arc::clone(&model)).unwrap();
                for (row, expected) in rows.chunks_exact(3).zip(&expected).cycle().take(5_000) {
                    let mut output = [0.0];
                    runner.predict_into(row, &mut output).unwrap();
                    assert_eq!(output[0].to_bits(), expected.to_bits());
                }
            });
        }
    });
}
