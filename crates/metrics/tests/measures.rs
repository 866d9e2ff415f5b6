//! Conventions by hand and degenerate inputs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tidemark_core::{Code, Rng};
use tidemark_metrics::{
    BacktestResult, DirectionBacktest, Fill, MetricError, PositionRule, base_rate, break_even_bp, brier,
    hit_rate, log_loss, log_losses, max_drawdown, pinball, pinball_losses, qlike, sharpe, target_positions,
    turnover, value_at_risk_breaches, value_at_risk_report,
};
use tidemark_testkit::assert_close;

fn code_of<T: std::fmt::Debug>(result: Result<T, MetricError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn certain_and_wrong_costs_a_bounded_amount() {
    let losses = log_losses(&[1.0, 0.0, 1.0, 0.0], &[0.0, 1.0, 1.0, 0.0]).unwrap();
    assert!(
        losses[..2].iter().all(|loss| (34.0..35.0).contains(loss)),
        "{losses:?}"
    );
    assert!(
        losses[2..].iter().all(|loss| (0.0..1e-14).contains(loss)),
        "{losses:?}"
    );
}

#[test]
fn hits_and_base_rate_by_hand() {
    // 0.5 calls a fall.
    assert_eq!(
        hit_rate(&[0.6, 0.5, 0.4, 0.9], &[1.0, 0.0, 1.0, 0.0]).unwrap(),
        0.5
    );
    assert_eq!(base_rate(&[1.0, 0.0, 1.0, 1.0]).unwrap(), 0.75);
    let losses = pinball_losses(&[-0.02, -0.02], &[-0.05, 0.01], 0.01).unwrap();
    assert_close("beyond the quantile", losses[0], 0.99 * 0.03, 1e-14);
    assert_close("within the quantile", losses[1], 0.01 * 0.03, 1e-14);
}

#[test]
fn positions_are_the_mean_of_the_last_signals() {
    let probabilities = [Some(0.9), None, Some(0.1), Some(0.7), Some(0.7)];
    let long_flat = target_positions(&probabilities, PositionRule::LongFlat, 2).unwrap();
    assert_eq!(long_flat, [0.5, 0.5, 0.0, 0.5, 1.0]);
    let long_short = target_positions(&probabilities, PositionRule::LongShort, 2).unwrap();
    assert_eq!(long_short, [0.5, 0.5, -0.5, 0.0, 1.0]);
}

fn run(closes: &[f64], probabilities: &[f64], fill: Fill) -> BacktestResult {
    let backtest = DirectionBacktest {
        smoothing: 1,
        fill,
        cost_bp: 10.0,
        ..DirectionBacktest::default()
    };
    let probabilities: Vec<Option<f64>> = probabilities.iter().copied().map(Some).collect();
    backtest.run(closes, &probabilities).unwrap()
}

#[test]
fn a_decision_earns_from_the_second_bar_after_it() {
    // Decided at bar 0, filled at close 1 (110), earns 110 → 121; out again by the decision at bar 1.
    let closes = [100.0, 110.0, 121.0, 60.5];
    let result = run(&closes, &[0.9, 0.1, 0.9, 0.9], Fill::CloseAfter(1));
    assert_eq!(
        (result.first_bar, result.weights.as_slice()),
        (2, &[1.0, 0.0][..])
    );
    assert_close("gross", result.gross[0], 0.1, 1e-12);
    assert_close("net", result.net[0], 0.1 - 0.001, 1e-12);
    // Leaving costs too.
    assert_close("exit", result.net[1], -0.001, 1e-12);
    assert_eq!(result.summary.turnover, 2.0);
    assert_close("break even", result.summary.break_even_bp.unwrap(), 500.0, 1e-11);
    let same_bar = run(&closes, &[0.9, 0.1, 0.9, 0.9], Fill::SameClose);
    assert_eq!(
        (same_bar.first_bar, same_bar.weights.as_slice()),
        (1, &[1.0, 0.0, 1.0][..])
    );
    assert_close("same bar", same_bar.gross[0], 0.1, 1e-12);
}

#[test]
fn holding_pays_its_entry_once() {
    let closes = [100.0, 100.0, 110.0, 99.0];
    let result = DirectionBacktest::default().hold(&closes).unwrap();
    assert_eq!(result.weights, [1.0, 1.0]);
    assert_close("net", result.summary.net_return, (1.1 - 1e-4) * 0.9 - 1.0, 1e-12);
    assert_close("drawdown", result.summary.max_drawdown, -0.1, 1e-12);
    assert_eq!(result.summary.turnover, 1.0);
}

#[test]
fn never_invested_has_no_ratio() {
    let closes: Vec<f64> = (0..50).map(|t| 100.0 + f64::from(t % 3)).collect();
    let result = DirectionBacktest::default()
        .run(&closes, &[Some(0.2); 50])
        .unwrap()
        .summary;
    assert_eq!(
        (result.net_sharpe, result.gross_sharpe, result.break_even_bp),
        (None, None, None)
    );
    assert_eq!(
        (result.turnover, result.net_return, result.max_drawdown),
        (0.0, 0.0, 0.0)
    );
}

#[test]
fn drawdown_counts_the_starting_capital() {
    assert_eq!(max_drawdown(&[-0.5, 0.2]).unwrap(), -0.5);
    assert_eq!(max_drawdown(&[0.5, 0.2]).unwrap(), 0.0);
    assert_eq!(max_drawdown(&[]).unwrap(), 0.0);
    assert_eq!(max_drawdown(&[-1.0, 0.5]).unwrap(), -1.0);
    assert_eq!(turnover(&[0.5, 0.5, -0.5]).unwrap(), 1.5);
    assert_eq!(break_even_bp(&[0.01], 0.0).unwrap(), None);
}

#[test]
fn sharpe_error_covers_the_truth() {
    // Independent normals with annual ratio 1: the 95 % interval should hold the truth in about 95 % of samples.
    let truth = 1.0;
    let covered = (0..500_u64).filter(|&seed| {
        let mut rng = Rng::new(seed);
        let returns: Vec<f64> = (0..1_000)
            .map(|_| 0.01 * (truth / 252_f64.sqrt() + rng.normal()))
            .collect();
        let ratio = sharpe(&returns, 252.0).unwrap();
        (ratio.value - truth).abs() < 1.96 * ratio.standard_error
    });
    let covered = covered.count();
    // HAC errors are a little short at this bandwidth: 92 to 96 % is what they give.
    assert!((450..=490).contains(&covered), "{covered} of 500");
}

#[test]
fn breaches_are_losses_beyond_the_limit() {
    let breaches = value_at_risk_breaches(&[-0.03, -0.02, 0.05], &[0.02, 0.02, 0.0]).unwrap();
    assert_eq!(breaches, [true, false, false]);
    let report = value_at_risk_report(&breaches, 0.01).unwrap();
    assert_eq!((report.breaches, report.worst_window_breaches), (1, None));
    let clustered: Vec<bool> = (0..600).map(|bar| (300..305).contains(&bar)).collect();
    let report = value_at_risk_report(&clustered, 0.01).unwrap();
    assert_eq!((report.expected, report.worst_window_breaches), (6.0, Some(5)));
    assert!(report.kupiec.p_value > 0.5 && report.christoffersen.unwrap().independence.p_value < 1e-6);
    assert_eq!(
        value_at_risk_report(&[false; 250], 0.01).unwrap().christoffersen,
        None
    );
}

#[test]
fn unusable_inputs_have_codes() {
    assert_eq!(code_of(log_loss(&[], &[])), "INSUFFICIENT_DATA");
    assert_eq!(code_of(log_loss(&[0.5], &[1.0, 0.0])), "LENGTH_MISMATCH");
    assert_eq!(code_of(brier(&[1.2], &[1.0])), "VALUE_OUT_OF_RANGE");
    assert_eq!(code_of(brier(&[f64::NAN], &[1.0])), "VALUE_NOT_FINITE");
    assert_eq!(code_of(hit_rate(&[0.5], &[0.4])), "LABEL_INVALID");
    assert_eq!(code_of(base_rate(&[f64::NAN])), "LABEL_INVALID");
    assert_eq!(code_of(qlike(&[0.0], &[1.0])), "VALUE_OUT_OF_RANGE");
    assert_eq!(code_of(qlike(&[1.0], &[-1.0])), "VALUE_OUT_OF_RANGE");
    assert_eq!(code_of(pinball(&[0.0], &[0.0], 1.1)), "VALUE_OUT_OF_RANGE");
    assert_eq!(code_of(sharpe(&[0.01; 30], 252.0)), "ZERO_VARIANCE");
    assert_eq!(code_of(sharpe(&[0.01], 252.0)), "INSUFFICIENT_DATA");
    assert_eq!(code_of(sharpe(&[0.01, 0.02], 0.0)), "VALUE_OUT_OF_RANGE");
    assert_eq!(code_of(max_drawdown(&[-1.5])), "VALUE_OUT_OF_RANGE");
    assert_eq!(
        code_of(value_at_risk_breaches(&[0.0], &[-0.1])),
        "VALUE_OUT_OF_RANGE"
    );
    assert_eq!(code_of(value_at_risk_report(&[], 0.01)), "COUNTS_INVALID");
}

#[test]
fn unusable_backtests_have_codes() {
    let good = DirectionBacktest::default();
    let zero_lag = DirectionBacktest {
        fill: Fill::CloseAfter(0),
        ..good
    };
    assert_eq!(code_of(zero_lag.run(&[1.0; 9], &[None; 9])), "FILL_LAG_INVALID");
    assert_eq!(code_of(good.run(&[1.0; 2], &[None; 2])), "INSUFFICIENT_DATA");
    assert_eq!(code_of(good.run(&[1.0; 9], &[None; 8])), "LENGTH_MISMATCH");
    assert_eq!(code_of(good.run(&[0.0; 9], &[None; 9])), "VALUE_OUT_OF_RANGE");
    assert_eq!(
        code_of(good.run(&[1.0; 9], &[Some(1.5); 9])),
        "VALUE_OUT_OF_RANGE"
    );
    let no_smoothing = DirectionBacktest { smoothing: 0, ..good };
    assert_eq!(
        code_of(no_smoothing.run(&[1.0; 9], &[None; 9])),
        "INSUFFICIENT_DATA"
    );
    let free_money = DirectionBacktest {
        cost_bp: -1.0,
        ..good
    };
    assert_eq!(
        code_of(free_money.run(&[1.0; 9], &[None; 9])),
        "VALUE_OUT_OF_RANGE"
    );
}

/// The same cases on every run; a failure prints its input instead of writing a file.
fn fixed_cases() -> ProptestConfig {
    ProptestConfig {
        cases: 64,
        rng_seed: RngSeed::Fixed(20),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(fixed_cases())]

    #[test]
    fn prop_net_is_gross_less_cost_and_breaks_even_at_its_cost(seed in 0_u64..100_000, n in 10_usize..200, lag in 1_usize..4) {
        let mut rng = Rng::new(seed);
        let mut close = 100.0;
        let closes: Vec<f64> = (0..n).map(|_| { close *= (0.01 * rng.normal()).exp(); close }).collect();
        let probabilities: Vec<Option<f64>> = (0..n).map(|_| Some(rng.uniform())).collect();
        let backtest = DirectionBacktest { rule: PositionRule::LongShort, fill: Fill::CloseAfter(lag), ..DirectionBacktest::default() };
        let result = backtest.run(&closes, &probabilities).unwrap();
        prop_assert_eq!(result.net.len(), n - lag - 1);
        let (gross, net): (f64, f64) = (result.gross.iter().sum(), result.net.iter().sum());
        prop_assert!((gross - net - 1e-4 * result.summary.turnover).abs() < 1e-12);
        if let Some(cost_bp) = result.summary.break_even_bp.filter(|cost| *cost >= 0.0) {
            let at_cost = DirectionBacktest { cost_bp, ..backtest }.run(&closes, &probabilities).unwrap();
            prop_assert!(at_cost.net.iter().sum::<f64>().abs() < 1e-12);
        }
        // Later forecasts and closes do not reach back.
        let part = backtest.run(&closes[..n - 1], &probabilities[..n - 1]);
        if let Ok(part) = part {
            prop_assert_eq!(&result.net[..part.net.len()], &part.net[..]);
        }
    }
}
