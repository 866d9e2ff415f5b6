//! Files made to break a loader: every one is a coded error or a model that runs.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{fixture, init};
use tidemark_core::{Code, Rng};
use tidemark_infer::{LoadOptions, Model, RowRunner};

/// Loads `bytes` and, if that works, runs a row; returns the error's code, or `OK`.
fn outcome(bytes: &[u8]) -> &'static str {
    let scored = Model::from_bytes(bytes, &LoadOptions::default()).and_then(|model| {
        let metadata = model.metadata();
        let (input, mut output) = (vec![0.25; metadata.row_width], vec![0.0; metadata.output_width]);
        RowRunner::new(model)?.predict_into(&input, &mut output)
    });
    match scored {
        Ok(()) => "OK",
        Err(error) => error.code(),
    }
}

#[test]
fn structural_attacks_do_not_get_through() {
    init();
    let mut names: Vec<_> = std::fs::read_dir(fixture("hostile"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() >= 38, "fixtures are missing: {}", names.len());
    let mut loaded = Vec::new();
    for path in names {
        let code = outcome(&std::fs::read(&path).unwrap());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        match code {
            "OK" => loaded.push(name),
            "MODEL_INVALID" | "MODEL_UNSUPPORTED" => {}
            other => panic!("{name}: unexpected {other}"),
        }
    }
    assert_eq!(loaded, EXPECTED_TO_LOAD);
}

/// Malformed by the letter of the standard, yet harmless: ONNX Runtime gives them a meaning.
const EXPECTED_TO_LOAD: [&str; 0] = [];

#[test]
fn truncations_are_refused() {
    init();
    for name in ["logistic.onnx", "stump.onnx", "window.onnx"] {
        let bytes = std::fs::read(fixture(name)).unwrap();
        for length in 0..bytes.len() {
            let code = outcome(&bytes[..length]);
            assert!(
                ["MODEL_INVALID", "MODEL_UNSUPPORTED", "OK"].contains(&code),
                "{name} cut at {length}: {code}"
            );
        }
        assert_eq!(outcome(&bytes[..bytes.len() / 2]), "MODEL_INVALID", "{name}");
    }
}

#[test]
fn random_byte_changes_never_do_more_than_fail() {
    init();
    let mut rng = Rng::new(7);
    for name in ["logistic.onnx", "stump.onnx", "window.onnx", "mixed.onnx"] {
        let original = std::fs::read(fixture(name)).unwrap();
        for _ in 0..250 {
            let mut bytes = original.clone();
            for _ in 0..=rng.below(7) {
                let position = rng.below(bytes.len() as u64) as usize;
                bytes[position] = rng.next_u64() as u8;
            }
            // The outcome is any code; what is tested is that there is one: no abort, no hang, no panic.
            assert!(!outcome(&bytes).is_empty());
        }
    }
}
