//! Labels, input rows and the policy for degenerate bars.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Instant;

use tidemark_core::Code;
use tidemark_indicators::{
    Bar, Column, ColumnStream, IndicatorError, InputSpec, Label, LabelSpec, PARKINSON_FLOOR, check_inputs,
    columns, columns_in, input_row, input_rows, input_rows_into, labels, matured_label_rates, row_width,
    rows_from_columns, uniqueness,
};
use tidemark_testkit::sp500;

const DIRECTION: LabelSpec = LabelSpec::ForwardReturnSign { lag: 1, horizon: 5 };

fn bar(day: i64, close: f64) -> Bar {
    Bar {
        event_time: day * 86_400_000,
        open: close,
        high: close,
        low: close,
        close,
        volume: 0.0,
    }
}

fn closes(values: &[f64]) -> Vec<Bar> {
    (0..).zip(values).map(|(day, &close)| bar(day, close)).collect()
}

fn value(bars: &[Bar], column: Column) -> f64 {
    let t = bars.len() - 1;
    columns_in(bars, t..t + 1, &[column]).unwrap()[0][0]
}

#[test]
fn direction_label_runs_from_the_fill_to_the_horizon() {
    let bars = closes(&[9.0, 5.0, 1.0, 1.0, 1.0, 1.0, 6.0, 1.0]);
    let found = labels(&bars, &DIRECTION).unwrap();
    // Row 0: close 6 (6.0) against close 1 (5.0); row 1: close 7 against close 2, equal, so not a rise.
    assert_eq!(
        found[0],
        Some(Label {
            start: 1,
            end: 6,
            value: 1.0
        })
    );
    assert_eq!(
        found[1],
        Some(Label {
            start: 2,
            end: 7,
            value: 0.0
        })
    );
    assert_eq!(found[2..], [None; 6]);
    assert_eq!(
        (DIRECTION.lag(), DIRECTION.horizon(), DIRECTION.reach()),
        (1, 5, 6)
    );
}

#[test]
fn squared_return_label_is_the_next_bar() {
    let found = labels(
        &closes(&[1.0, std::f64::consts::E, 1.0]),
        &LabelSpec::NextSquaredReturn,
    )
    .unwrap();
    assert_eq!(
        found[0],
        Some(Label {
            start: 0,
            end: 1,
            value: 1.0
        })
    );
    assert_eq!(
        found[1],
        Some(Label {
            start: 1,
            end: 2,
            value: 1.0
        })
    );
    assert_eq!(found[2], None);
}

#[test]
fn uniqueness_of_a_small_example_by_hand() {
    // Bars (0,2], (1,3], none, (4,5]: bar 2 is shared by two labels, every other bar has one.
    let label = |start, end| {
        Some(Label {
            start,
            end,
            value: 1.0,
        })
    };
    let weights = uniqueness(&[label(0, 2), label(1, 3), None, label(4, 5)]);
    assert_eq!(weights, [0.75, 0.75, 0.0, 1.0]);
    assert!(uniqueness(&[]).is_empty());
}

#[test]
fn matured_rate_counts_only_labels_that_have_ended() {
    // Rising for 200 bars, then falling: labels of the fall mature six bars after it is decided.
    let prices: Vec<f64> = (0..300)
        .map(|t| 100.0 + f64::from(if t < 200 { t } else { 400 - t }))
        .collect();
    let bars = closes(&prices);
    let rates = matured_label_rates(&bars, 0..300, &DIRECTION).unwrap();
    let found = labels(&bars, &DIRECTION).unwrap();
    for (t, rate) in rates.iter().enumerate() {
        let known: Vec<f64> = found
            .iter()
            .flatten()
            .filter(|label| label.end <= t)
            .map(|label| label.value)
            .collect();
        if known.len() < 100 {
            assert!(rate.is_nan());
        } else {
            assert_eq!(*rate, known.iter().sum::<f64>() / known.len() as f64);
        }
    }
    assert!(rates[104].is_nan() && rates[105] == 1.0 && rates[299] < 0.75);
    let part = matured_label_rates(&bars, 150..160, &DIRECTION).unwrap();
    assert_eq!(part, rates[150..160]);
    let error = matured_label_rates(&bars, 0..300, &LabelSpec::NextSquaredReturn).unwrap_err();
    assert_eq!(error.code(), "LABEL_SPEC_INVALID");
}

#[test]
fn constant_prices_and_no_volume_have_defined_values() {
    // 0.1 is not exact in binary, so means of it carry rounding that must not reach the features.
    let flat = closes(&[0.1; 300]);
    let expected = [
        (Column::Ret1, 0.0),
        (Column::Ret5, 0.0),
        (Column::Ret20, 0.0),
        (Column::Rsi14, 0.5),
        (Column::MacdAtr, 0.0),
        (Column::MacdHistAtr, 0.0),
        (Column::AtrClose, 0.0),
        (Column::BollingerB, 0.5),
        (Column::Adx14, 0.0),
        (Column::Parkinson20, 0.0),
        (Column::VolRatio5To60, 1.0),
        (Column::VolumeRatio20, 1.0),
        (Column::Return, 0.0),
        (Column::Parkinson1, PARKINSON_FLOOR),
        (Column::Parkinson5, PARKINSON_FLOOR),
        (Column::Parkinson22, PARKINSON_FLOOR),
    ];
    assert_eq!(expected.len(), Column::all().len());
    for (column, constant) in expected {
        assert_eq!(value(&flat, column), constant, "{column}");
    }
}

#[test]
fn window_is_oldest_first_and_padded_in_front() {
    let bars = closes(&[1.0, 2.0, 4.0]);
    let inputs = [InputSpec::window("w", Column::Return, 4)];
    let mut row = [0.0; 4];
    input_row(&bars, 2, &inputs, &LabelSpec::NextSquaredReturn, &mut row).unwrap();
    assert!(row[0].is_nan() && row[1].is_nan(), "{row:?}");
    assert_eq!(row[2..], [2_f64.ln(), 2_f64.ln()]);
    let inputs = [InputSpec::window("w", Column::Return, 2)];
    let rows = input_rows(&bars, 1..3, &inputs, &LabelSpec::NextSquaredReturn).unwrap();
    assert!(rows[0].is_nan());
    assert_eq!(rows[1..], [2_f64.ln(); 3]);
}

#[test]
fn a_refused_bar_leaves_the_stream_as_it_was() {
    let bars = sp500();
    let mut stream = ColumnStream::new(&Column::FEATURES);
    let mut untouched = ColumnStream::new(&Column::FEATURES);
    for bar in &bars[..400] {
        // Refused for its price, then for its place in time.
        let broken = Bar { close: 0.0, ..*bar };
        assert_eq!(code_of(stream.push(&broken)), "BAR_PRICE_INVALID");
        let values = stream.push(bar).unwrap();
        assert_eq!(code_of(stream.push(bar)), "BAR_ORDER_INVALID");
        let expected = untouched.push(bar).unwrap();
        assert!(
            values
                .iter()
                .zip(&expected)
                .all(|(a, b)| a.to_bits() == b.to_bits())
        );
    }
}

fn code_of<T: std::fmt::Debug>(result: Result<T, IndicatorError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn unusable_requests_have_codes() {
    let bars = sp500();
    let features: Vec<InputSpec> = Column::FEATURES
        .iter()
        .map(|&column| InputSpec::column(column))
        .collect();
    let row = |t| input_rows(&bars, t..t + 1, &features, &DIRECTION);
    assert_eq!(code_of(row(258)), "INSUFFICIENT_HISTORY");
    assert_eq!(row(259).unwrap().len(), 12);
    assert_eq!(code_of(row(bars.len())), "ROWS_OUT_OF_RANGE");
    let rate = [InputSpec::matured_label_rate()];
    assert_eq!(
        code_of(input_rows(&bars, 104..105, &rate, &DIRECTION)),
        "INSUFFICIENT_LABELS"
    );
    assert_eq!(input_rows(&bars, 105..106, &rate, &DIRECTION).unwrap().len(), 1);
    let mut small = [0.0; 11];
    assert_eq!(
        code_of(input_row(&bars, 300, &features, &DIRECTION, &mut small)),
        "OUTPUT_LENGTH_INVALID"
    );
    assert_eq!(
        code_of(input_row(&bars, usize::MAX, &features, &DIRECTION, &mut small)),
        "ROWS_OUT_OF_RANGE"
    );
    assert_eq!(
        code_of(columns_in(&bars, 5..5_106, &[Column::Ret1])),
        "ROWS_OUT_OF_RANGE"
    );
    assert_eq!(
        code_of(rows_from_columns(0..1, &features, |_| None)),
        "INPUT_SERIES_MISSING"
    );
    let short = [1.0];
    assert_eq!(
        code_of(rows_from_columns(0..2, &features, |_| Some(&short[..]))),
        "ROWS_OUT_OF_RANGE"
    );
    let zero = LabelSpec::ForwardReturnSign { lag: 1, horizon: 0 };
    assert_eq!(code_of(labels(&bars, &zero)), "LABEL_SPEC_INVALID");
    let endless = LabelSpec::ForwardReturnSign {
        lag: usize::MAX,
        horizon: 1,
    };
    assert_eq!(code_of(labels(&bars, &endless)), "LABEL_SPEC_INVALID");
}

#[test]
fn invalid_bars_and_input_lists_have_codes() {
    let mut bars = closes(&[1.0, 2.0, 3.0]);
    bars[1].close = f64::NAN;
    assert_eq!(code_of(columns(&bars, &[Column::Ret1])), "BAR_PRICE_INVALID");
    assert_eq!(code_of(labels(&bars, &DIRECTION)), "BAR_PRICE_INVALID");
    let twice = [InputSpec::column(Column::Ret1), InputSpec::column(Column::Ret1)];
    assert_eq!(code_of(check_inputs(&twice)), "INPUT_SPEC_INVALID");
    for length in [0, 100_001] {
        let window = [InputSpec::window("w", Column::Return, length)];
        assert_eq!(code_of(check_inputs(&window)), "INPUT_SPEC_INVALID");
    }
    assert_eq!(
        code_of(check_inputs(&[InputSpec::window("", Column::Return, 1)])),
        "INPUT_SPEC_INVALID"
    );
}

#[test]
fn specs_read_and_write_their_json_forms() {
    let text = r#"[{"name":"ret_1","kind":"column","column":"ret_1","width":1,"unit":"log_return","min":-0.1},
        {"name":"return_window","kind":"window","column":"return","length":1260},
        {"name":"matured_label_rate","kind":"matured_label_rate"}]"#;
    let inputs: Vec<InputSpec> = serde_json::from_str(text).unwrap();
    let expected = [
        InputSpec::column(Column::Ret1),
        InputSpec::window("return_window", Column::Return, 1260),
        InputSpec::matured_label_rate(),
    ];
    assert_eq!(inputs, expected);
    assert_eq!(row_width(&inputs), 1262);
    let written = serde_json::to_string(&inputs[1]).unwrap();
    assert_eq!(
        written,
        r#"{"name":"return_window","kind":"window","column":"return","length":1260}"#
    );
    let label = serde_json::to_string(&DIRECTION).unwrap();
    assert_eq!(label, r#"{"kind":"forward_return_sign","lag":1,"horizon":5}"#);
    let label: LabelSpec = serde_json::from_str(r#"{"kind":"next_squared_return"}"#).unwrap();
    assert_eq!(label, LabelSpec::NextSquaredReturn);
}

#[test]
fn a_whole_file_is_computed_well_under_a_second() {
    let bars = sp500();
    let started = Instant::now();
    let values = columns(&bars, &Column::FEATURES).unwrap();
    let elapsed = started.elapsed();
    assert_eq!(values.len() * values[0].len(), 12 * 5_105);
    // A tenth of this is usual; the bound catches a change of order, not a slow machine.
    assert!(elapsed.as_secs_f64() < 1.0, "{elapsed:?}");
    let inputs = [
        InputSpec::window("return_window", Column::Return, 1260),
        InputSpec::matured_label_rate(),
    ];
    let mut out = vec![0.0; 4_000 * 1261];
    input_rows_into(&bars, 1_000..5_000, &inputs, &DIRECTION, &mut out).unwrap();
}
