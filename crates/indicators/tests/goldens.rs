//! Numbers from independent programs on the S&P 500 daily file.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use tidemark_indicators::{
    Adx, Atr, Bar, BollingerBands, Cci, CloseToClose, Column, Ema, GarmanKlass, Indicator, Label, LabelSpec,
    Macd, Obv, Parkinson, RogersSatchell, Rsi, Sma, Stochastic, Wma, YangZhang, columns, labels, series,
    uniqueness,
};
use tidemark_testkit::{Golden, assert_close, sp500};

/// Fifteen digits are stored; the recursions of both programs round differently over 5,105 bars.
const TTR_TOLERANCE: f64 = 1e-12;

fn last<I: Indicator>(indicator: I, bars: &[Bar]) -> I::Output {
    series(indicator, bars).pop().flatten().unwrap()
}

#[test]
fn indicators_agree_with_ttr() {
    let bars = sp500();
    let golden = Golden::load("indicators-ttr", "last_bar");
    let check = |key: &str, actual: f64| assert_close(key, actual, golden.number(key), TTR_TOLERANCE);
    check("rsi_14", last(Rsi::new(14), &bars));
    let macd = last(Macd::new(12, 26, 9), &bars);
    check("macd", macd.line);
    check("macd_signal", macd.signal);
    check("atr_14", last(Atr::new(14), &bars));
    let bands = last(BollingerBands::new(20, 2.0), &bars);
    check("bollinger_lower", bands.lower);
    check("bollinger_middle", bands.middle);
    check("bollinger_upper", bands.upper);
    check("bollinger_percent_b", bands.percent_b);
    let adx = last(Adx::new(14), &bars);
    check("adx_plus", adx.plus);
    check("adx_minus", adx.minus);
    check("adx_dx", adx.dx);
    check("adx", adx.adx);
    check("ema_20", last(Ema::new(20), &bars));
    check("sma_20", last(Sma::new(20), &bars));
    check("wma_20", last(Wma::new(20), &bars));
    check("cci_20", last(Cci::new(20), &bars));
    let stochastic = last(Stochastic::new(14, 3, 3), &bars);
    check("stochastic_fast_k", stochastic.fast_k);
    check("stochastic_fast_d", stochastic.fast_d);
    check("stochastic_slow_d", stochastic.slow_d);
    assert_eq!(last(Obv::new(), &bars), golden.number("obv"));
}

#[test]
fn volatility_estimators_agree_with_ttr() {
    let bars = sp500();
    let golden = Golden::load("indicators-ttr", "last_bar");
    let annual = 252_f64.sqrt();
    let check =
        |key: &str, actual: f64| assert_close(key, actual * annual, golden.number(key), TTR_TOLERANCE);
    check(
        "annual_close_to_close_19_returns",
        last(CloseToClose::new(19), &bars),
    );
    check("annual_parkinson_20", last(Parkinson::new(20), &bars));
    check("annual_garman_klass_20", last(GarmanKlass::new(20), &bars));
    check("annual_rogers_satchell_20", last(RogersSatchell::new(20), &bars));
    check("annual_yang_zhang_20", last(YangZhang::new(20), &bars));
}

#[test]
fn columns_agree_with_array_formulas() {
    let bars = sp500();
    let golden = Golden::load("indicators", "features");
    let computed = columns(&bars, Column::all()).unwrap();
    for (column, values) in Column::all().iter().zip(&computed) {
        let expected = golden.list(column.as_str());
        for (&row, &expected) in golden.list("rows").iter().zip(expected) {
            assert_close(
                &format!("{column} at {row}"),
                values[row as usize],
                expected,
                1e-11,
            );
        }
    }
}

fn barrier_labels(bars: &[Bar], barrier: f64, horizon: usize) -> Vec<Option<Label>> {
    let end_of = |t: usize| {
        let touched = |end: &usize| (bars[*end].close / bars[t].close - 1.0).abs() >= barrier;
        (t + 1..=t + horizon).find(touched).unwrap_or(t + horizon)
    };
    (0..bars.len() - horizon)
        .map(|t| {
            Some(Label {
                start: t,
                end: end_of(t),
                value: 0.0,
            })
        })
        .collect()
}

#[test]
fn uniqueness_agrees_with_the_matrix_of_live_labels() {
    let bars = sp500();
    let golden = Golden::load("indicators", "uniqueness");
    let mean = |weights: &[f64]| weights.iter().sum::<f64>() / weights.len() as f64;
    let barrier = barrier_labels(&bars, 0.02, 10);
    assert_eq!(barrier.len() as f64, golden.number("barrier_labels"));
    let hold = barrier
        .iter()
        .flatten()
        .map(|label| (label.end - label.start) as f64);
    assert_close(
        "hold",
        hold.sum::<f64>() / barrier.len() as f64,
        golden.number("barrier_mean_hold"),
        1e-12,
    );
    assert_close(
        "barrier mean",
        mean(&uniqueness(&barrier)),
        golden.number("barrier_mean"),
        1e-12,
    );
    // The same figure as first published for these labels, seven digits.
    assert_close("barrier mean", mean(&uniqueness(&barrier)), 0.199_230_4, 3e-7);
    let forward = labels(&bars, &LabelSpec::ForwardReturnSign { lag: 1, horizon: 5 }).unwrap();
    let weights = uniqueness(&forward);
    assert_eq!(weights[weights.len() - 6..], [0.0; 6]);
    assert_close(
        "forward mean",
        mean(&weights[..weights.len() - 6]),
        golden.number("forward_5_mean"),
        1e-12,
    );
    assert_close(
        "forward sum",
        weights.iter().sum(),
        golden.number("forward_5_sum"),
        1e-12,
    );
}
