//! Numbers from scikit-learn, statsmodels, scipy and pandas; the market ones on the S&P 500 daily file.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use tidemark_metrics::{
    BacktestSummary, DAYS_PER_YEAR, DirectionBacktest, Fill, Lags, PositionRule, base_rate, brier, hit_rate,
    log_loss, max_drawdown, pinball, qlike, sharpe, sharpe_difference, value_at_risk_breaches,
    value_at_risk_report,
};
use tidemark_stats::{hac, quantile};
use tidemark_testkit::{Golden, assert_close, sp500};

fn closes() -> Vec<f64> {
    sp500().iter().map(|bar| bar.close).collect()
}

fn simple_returns() -> Vec<f64> {
    closes().windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect()
}

#[test]
fn losses_agree_with_scikit_learn() {
    let golden = Golden::load("metrics", "losses");
    let (p, y) = (golden.list("probabilities"), golden.list("labels"));
    let check = |key: &str, actual: f64| assert_close(key, actual, golden.number(key), 1e-13);
    check("log_loss", log_loss(p, y).unwrap());
    check("brier", brier(p, y).unwrap());
    check("hit_rate", hit_rate(p, y).unwrap());
    let returns = golden.list("returns");
    let squared: Vec<f64> = returns.iter().map(|r| r * r).collect();
    check("qlike", qlike(golden.list("variances"), &squared).unwrap());
    check(
        "pinball_01",
        pinball(golden.list("quantiles"), returns, 0.01).unwrap(),
    );
}

#[test]
fn index_ratios_agree_with_their_references() {
    let golden = Golden::load("metrics", "index");
    let returns = simple_returns();
    assert_eq!(returns.len() as f64, golden.number("n"));
    let ratio = sharpe(&returns, DAYS_PER_YEAR).unwrap();
    assert_close("sharpe", ratio.value, golden.number("sharpe"), 1e-11);
    assert_close(
        "sharpe error",
        ratio.standard_error,
        golden.number("sharpe_error"),
        1e-9,
    );
    let lags = hac::bandwidth(returns.len(), 1);
    assert_eq!(lags as f64, golden.number("bandwidth"));
    let mean_error = (hac::long_run_variance(&returns, lags).unwrap() / returns.len() as f64).sqrt();
    assert_close("mean error", mean_error, golden.number("mean_error"), 1e-11);
    assert_close(
        "drawdown",
        max_drawdown(&returns).unwrap(),
        golden.number("max_drawdown"),
        1e-12,
    );
    let rises: Vec<f64> = returns.iter().map(|&r| f64::from(u8::from(r > 0.0))).collect();
    assert_close(
        "positive share",
        base_rate(&rises).unwrap(),
        golden.number("positive_share"),
        1e-14,
    );
    // The figures as first published for this file, nine digits.
    assert_close("sharpe", ratio.value, 0.268_604_629, 2e-9);
    // Published as the ratio of a yearly growth of 3.4181539 % to the drawdown.
    assert_close(
        "Calmar",
        0.034_181_539 / -max_drawdown(&returns).unwrap(),
        0.060_204_854,
        2e-8,
    );
}

fn check_difference(group: &str, a: &[f64], b: &[f64], year: f64) {
    let golden = Golden::load("metrics", group);
    let check = |key: &str, actual: f64, tolerance| {
        assert_close(key, actual, golden.number(key), tolerance);
    };
    let report = sharpe_difference(a, b, year, Lags::Horizon(1)).unwrap();
    assert_eq!(
        (report.n as f64, report.bandwidth as f64),
        (golden.number("n"), golden.number("bandwidth"))
    );
    check("difference", report.difference.unwrap(), 1e-9);
    check("standard_error", report.standard_error.unwrap(), 1e-10);
    check("t", report.t.unwrap(), 1e-9);
    check("critical_value", report.critical_value.unwrap(), 1e-14);
    for (key, lags) in [("error_without_lags", 0), ("error_five_lags", 5)] {
        let report = sharpe_difference(a, b, year, Lags::Exactly(lags)).unwrap();
        check(key, report.standard_error.unwrap(), 1e-10);
    }
}

/// The two series of `recorded_series` in the generator script.
fn recorded_series() -> [Vec<f64>; 2] {
    let mut state = 42_u64;
    let mut normal = || {
        let uniforms = (0..12).map(|_| {
            state = (1_103_515_245 * state + 12_345) % (1 << 31);
            state as f64 / 2_147_483_648.0
        });
        uniforms.sum::<f64>() - 6.0
    };
    let (mut first, mut second) = (0.0, 0.0);
    let mut series = [Vec::new(), Vec::new()];
    for _ in 0..500 {
        let (shock, other) = (normal(), normal());
        first = 0.2 * first + shock;
        second = 0.2 * second + 0.8 * shock + 0.6 * other;
        series[0].push(0.0005 + 0.01 * first);
        series[1].push(0.0008 + 0.01 * second);
    }
    series
}

#[test]
fn differences_of_ratios_agree_with_the_joint_covariance() {
    let [a, b] = recorded_series();
    check_difference("sharpe_difference", &a, &b, 1.0);
    let returns = simple_returns();
    let shared: Vec<f64> = returns
        .iter()
        .enumerate()
        .map(|(t, r)| (0.5 + 0.5 * (0.37 * t as f64).sin()) * r)
        .collect();
    check_difference("sharpe_difference_index", &returns, &shared, DAYS_PER_YEAR);
}

#[test]
fn rolling_value_at_risk_agrees_with_its_reference() {
    let golden = Golden::load("metrics", "value_at_risk");
    let returns = simple_returns();
    let limits: Vec<f64> = returns
        .windows(250)
        .map(|window| -quantile(window, 0.01).unwrap())
        .collect();
    let breaches = value_at_risk_breaches(&returns[250..], &limits[..limits.len() - 1]).unwrap();
    let report = value_at_risk_report(&breaches, 0.01).unwrap();
    let check = |key: &str, actual: f64| assert_close(key, actual, golden.number(key), 1e-10);
    check("n", report.n as f64);
    check("breaches", report.breaches as f64);
    check("low", report.rate_interval.low);
    check("high", report.rate_interval.high);
    check("kupiec", report.kupiec.statistic);
    check("worst_window", report.worst_window_breaches.unwrap() as f64);
    let joint = report.christoffersen.unwrap();
    check("independence", joint.independence.statistic);
    let counts = joint.transitions;
    assert_eq!(
        [counts.n00, counts.n01, counts.n10, counts.n11].map(|count| count as f64),
        golden.list("transitions")
    );
    // The figures as first published for this file.
    assert_eq!((report.n, report.breaches), (4_854, 84));
    assert_close("kupiec", report.kupiec.statistic, 21.478_313_662, 1e-10);
    assert_close(
        "conditional",
        joint.conditional_coverage.statistic,
        33.158_095_652,
        1e-10,
    );
}

fn check_backtest(group: &str, backtest: DirectionBacktest) {
    let golden = Golden::load("metrics", group);
    let closes = closes();
    let probabilities: Vec<Option<f64>> = (0..closes.len())
        .map(|t| Some(0.5 + 0.2 * (0.37 * t as f64).sin()))
        .collect();
    let BacktestSummary {
        bars,
        net_sharpe,
        gross_sharpe,
        net_return,
        turnover,
        break_even_bp,
        max_drawdown,
        ..
    } = backtest.run(&closes, &probabilities).unwrap().summary;
    let check = |key: &str, actual: f64| assert_close(key, actual, golden.number(key), 1e-9);
    check("bars", bars as f64);
    check("net_sharpe", net_sharpe.unwrap().value);
    check("gross_sharpe", gross_sharpe.unwrap().value);
    check("net_return", net_return);
    check("turnover", turnover);
    check("break_even_bp", break_even_bp.unwrap());
    check("max_drawdown", max_drawdown);
}

#[test]
fn backtests_agree_with_pandas() {
    check_backtest("backtest_long_flat", DirectionBacktest::default());
    let long_short = DirectionBacktest {
        rule: PositionRule::LongShort,
        smoothing: 3,
        fill: Fill::SameClose,
        cost_bp: 5.0,
        ..DirectionBacktest::default()
    };
    check_backtest("backtest_long_short", long_short);
}
