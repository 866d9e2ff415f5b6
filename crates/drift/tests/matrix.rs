//! Drift by column of a row-major matrix.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use tidemark_core::Code;
use tidemark_drift::{PValue, Reference, Sample, Status, Windows, all_statistics, drift_by_column};
use tidemark_testkit::ar1;

#[test]
fn columns_are_compared_each_by_itself() {
    let (first, second) = (ar1(0.0, 40, 1), ar1(0.3, 40, 2));
    let mut values: Vec<f64> = first.iter().zip(&second).flat_map(|(a, b)| [*a, *b]).collect();
    values[2 * 35 + 1] = f64::NAN;
    let windows = Windows {
        columns: 2,
        reference: 0..30,
        current: 28..40,
    };
    let drift = drift_by_column(&values, &windows, all_statistics(), PValue::Compute).unwrap();
    for (statistic, found) in all_statistics().iter().zip(&drift[0].scores) {
        let reference = Reference::new(first[..30].iter().copied());
        let current = Sample::new(first[28..].iter().copied());
        assert_eq!(*found, statistic.score(&reference, &current, PValue::Compute));
    }
    assert_eq!(
        (drift[0].current.nan, drift[1].current.nan, drift[1].current.rows),
        (0, 1, 12)
    );
    assert_eq!(drift[1].scores[0].n_current, 11);
    let empty = Windows {
        current: 40..40,
        ..windows.clone()
    };
    let empty = drift_by_column(&values, &empty, all_statistics(), PValue::Skip).unwrap();
    assert!(
        empty[1]
            .scores
            .iter()
            .all(|score| score.status == Status::Insufficient)
    );
    let code = |windows: &Windows| {
        drift_by_column(&values, windows, &[], PValue::Skip)
            .unwrap_err()
            .code()
    };
    assert_eq!(
        code(&Windows {
            columns: 0,
            ..windows.clone()
        }),
        "MATRIX_SHAPE_INVALID"
    );
    assert_eq!(
        code(&Windows {
            columns: 3,
            ..windows.clone()
        }),
        "MATRIX_SHAPE_INVALID"
    );
    assert_eq!(
        code(&Windows {
            current: 28..41,
            ..windows.clone()
        }),
        "ROWS_OUT_OF_RANGE"
    );
    let backwards = Windows {
        reference: std::ops::Range { start: 5, end: 4 },
        ..windows
    };
    assert_eq!(code(&backwards), "ROWS_OUT_OF_RANGE");
}
