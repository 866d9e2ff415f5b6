//! Invariants of the columns over generated markets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tidemark_indicators::{
    Bar, Column, ColumnStream, Indicator, InputSpec, LOOKBACK, LabelSpec, Rsi, columns, columns_in,
    input_row, input_rows, row_width, rows_from_columns, series, uniqueness,
};
use tidemark_testkit::{GarchT, PlantedSignal, bars_from_returns, garch_t_returns, planted_signal_bars};

const DIRECTION: LabelSpec = LabelSpec::ForwardReturnSign { lag: 1, horizon: 5 };

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn market(n: usize, seed: u64) -> Vec<Bar> {
    let mut bars = bars_from_returns(&garch_t_returns(&GarchT::default(), n, seed), 0.01, seed);
    // Flat stretches and bars without volume occur in real files.
    for t in (n / 3)..(n / 3 + seed as usize % 30) {
        let close = bars[t - 1].close;
        bars[t] = Bar {
            event_time: bars[t].event_time,
            open: close,
            high: close,
            low: close,
            close,
            volume: 0.0,
        };
    }
    bars
}

fn row_at(bars: &[Bar], t: usize) -> Vec<f64> {
    columns_in(bars, t..t + 1, Column::all()).unwrap().concat()
}

fn scaled(bars: &[Bar], price: f64, volume: f64) -> Vec<Bar> {
    let scale = |bar: &Bar| Bar {
        open: bar.open * price,
        high: bar.high * price,
        low: bar.low * price,
        close: bar.close * price,
        volume: bar.volume * volume,
        ..*bar
    };
    bars.iter().map(scale).collect()
}

fn both_tasks_inputs() -> Vec<InputSpec> {
    let mut inputs: Vec<InputSpec> = Column::FEATURES
        .iter()
        .map(|&column| InputSpec::column(column))
        .collect();
    inputs.push(InputSpec::window("return_window", Column::Return, 400));
    inputs.push(InputSpec::matured_label_rate());
    inputs.push(InputSpec::window("parkinson_22_window", Column::Parkinson22, 30));
    inputs.push(InputSpec::window("rsi_window", Column::Rsi14, 3));
    inputs
}

/// The same cases on every run; a failure prints its input instead of writing a file.
fn fixed_cases() -> ProptestConfig {
    ProptestConfig {
        cases: 24,
        rng_seed: RngSeed::Fixed(20),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(fixed_cases())]

    #[test]
    fn prop_streaming_equals_batch(n in 40_usize..700, seed in 0_u64..1_000_000) {
        let bars = market(n, seed);
        let batch = columns(&bars, Column::all()).unwrap();
        let mut stream = ColumnStream::new(Column::all());
        for (t, bar) in bars.iter().enumerate() {
            let batch_row: Vec<f64> = batch.iter().map(|values| values[t]).collect();
            prop_assert_eq!(bits(&stream.push(bar).unwrap()), bits(&batch_row));
        }
        let mut streaming = Rsi::new(14);
        let one_by_one: Vec<Option<f64>> = bars.iter().map(|bar| streaming.update(bar)).collect();
        prop_assert_eq!(one_by_one, series(Rsi::new(14), &bars));
    }

    #[test]
    fn prop_prefix_invariance(n in 300_usize..700, cut in 0.0_f64..1.0, seed in 0_u64..1_000_000) {
        let bars = market(n, seed);
        let t = (cut * (n - 1) as f64) as usize;
        let full: Vec<f64> = columns(&bars, Column::all()).unwrap().iter().map(|values| values[t]).collect();
        prop_assert_eq!(bits(&row_at(&bars[..=t], t)), bits(&full));
        // Other, even invalid, later bars change nothing.
        let mut altered = bars.clone();
        for bar in &mut altered[t + 1..] {
            *bar = Bar { close: -1.0, high: f64::NAN, ..*bar };
        }
        prop_assert_eq!(bits(&row_at(&altered, t)), bits(&full));
        // Nor do bars older than the lookback, nor any open.
        let recent: Vec<Bar> = bars[(t + 1).saturating_sub(LOOKBACK)..=t].iter().map(|bar| Bar { open: f64::NAN, ..*bar }).collect();
        prop_assert_eq!(bits(&row_at(&recent, recent.len() - 1)), bits(&full));
    }

    #[test]
    fn prop_scale_changes_nothing(n in 265_usize..500, seed in 0_u64..1_000_000, power in -4_i32..5) {
        let bars = market(n, seed);
        let plain = columns(&bars, Column::all()).unwrap();
        let by_power = columns(&scaled(&bars, 2_f64.powi(power), 4.0), Column::all()).unwrap();
        let by_ten = columns(&scaled(&bars, 10.0, 3.0), Column::all()).unwrap();
        for ((column, plain), (by_power, by_ten)) in Column::all().iter().zip(&plain).zip(by_power.iter().zip(&by_ten)) {
            prop_assert_eq!(bits(plain), bits(by_power), "{} under a power of two", column);
            for (t, (&before, &after)) in plain.iter().zip(by_ten).enumerate() {
                // Below 1e-6 the rounding of the scaled prices is all there is; an absolute bound applies.
                let close = (before - after).abs() <= 1e-9 * before.abs().max(1e-6);
                prop_assert!(close || (before.is_nan() && after.is_nan()), "{} at {}: {} {}", column, t, before, after);
            }
        }
    }

    #[test]
    fn prop_no_missing_values_after_warm_up(n in 260_usize..500, seed in 0_u64..1_000_000) {
        let bars = market(n, seed);
        for (column, values) in Column::all().iter().zip(columns(&bars, Column::all()).unwrap()) {
            for (t, value) in values.iter().enumerate() {
                let warm = t + 1 >= column.bars_needed();
                prop_assert_eq!(value.is_finite(), warm, "{} at {} is {}", column, t, value);
            }
        }
    }

    #[test]
    fn prop_rows_equal_single_rows(seed in 0_u64..1_000_000, from in 259_usize..500, count in 0_usize..40) {
        let bars = market(600, seed);
        let inputs = both_tasks_inputs();
        let width = row_width(&inputs);
        let rows = input_rows(&bars, from..from + count, &inputs, &DIRECTION).unwrap();
        prop_assert_eq!(rows.len(), count * width);
        let all = columns(&bars, Column::all()).unwrap();
        let rates = tidemark_indicators::matured_label_rates(&bars, 0..bars.len(), &DIRECTION).unwrap();
        let stored = rows_from_columns(from..from + count, &inputs, |input| match input.kind {
            tidemark_indicators::InputKind::MaturedLabelRate => Some(rates.as_slice()),
            tidemark_indicators::InputKind::Column { column } | tidemark_indicators::InputKind::Window { column, .. } => {
                Column::all().iter().position(|&known| known == column).map(|at| all[at].as_slice())
            }
        }).unwrap();
        prop_assert_eq!(bits(&stored), bits(&rows));
        for (offset, row) in rows.chunks_exact(width).enumerate() {
            let t = from + offset;
            let mut single = vec![0.0; width];
            // The single row sees no bar after its own.
            input_row(&bars[..=t], t, &inputs, &DIRECTION, &mut single).unwrap();
            prop_assert_eq!(bits(&single), bits(row));
        }
    }

    #[test]
    fn prop_overlapping_labels_share_their_weight(n in 50_usize..400, horizon in 1_usize..20, lag in 0_usize..3) {
        let bars = planted_signal_bars(&PlantedSignal { bars: n, ..PlantedSignal::default() }, n as u64);
        let found = tidemark_indicators::labels(&bars, &LabelSpec::ForwardReturnSign { lag, horizon }).unwrap();
        let weights = uniqueness(&found);
        let count = found.iter().flatten().count();
        prop_assert_eq!(count, n.saturating_sub(lag + horizon));
        // Away from both ends exactly `horizon` labels are alive at every bar.
        if count > 2 * horizon {
            for weight in &weights[horizon - 1..=count - horizon] {
                prop_assert!((weight - 1.0 / horizon as f64).abs() < 1e-12);
            }
        }
        // Each bar's weight is shared out whole: the sum of life × uniqueness is the number of covered bars.
        let shared: f64 = weights.iter().sum::<f64>() * horizon as f64;
        prop_assert!((shared - (count + horizon - 1) as f64).abs() < 1e-9);
    }
}
