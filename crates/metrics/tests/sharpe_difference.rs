//! Size, power, interval and statuses of the comparison of two Sharpe ratios.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use tidemark_core::Code;
use tidemark_metrics::{DAYS_PER_YEAR, Lags, SharpeDifference, sharpe, sharpe_difference};
use tidemark_stats::{MIN_PAIRS, Status};
use tidemark_testkit::{GarchT, ar1, assert_close, garch_t_returns};

fn compare(a: &[f64], b: &[f64]) -> SharpeDifference {
    sharpe_difference(a, b, DAYS_PER_YEAR, Lags::Horizon(1)).unwrap()
}

/// Two series that share a market: each is `common` plus an own part of the same law.
fn pair(draw: impl Fn(u64) -> Vec<f64>, seed: u64) -> [Vec<f64>; 2] {
    let [common, first, second] = [0, 1, 2].map(|part| draw(3 * seed + part));
    [first, second].map(|own| {
        common
            .iter()
            .zip(own)
            .map(|(market, r)| market + 0.5 * r)
            .collect()
    })
}

fn share_significant(samples: u64, draw: impl Fn(u64) -> [Vec<f64>; 2]) -> f64 {
    let called = (0..samples).filter(|&seed| {
        let [a, b] = draw(seed);
        compare(&a, &b).significant
    });
    called.count() as f64 / samples as f64
}

#[test]
fn equal_ratios_are_rarely_called_different() {
    let garch = |seed| garch_t_returns(&GarchT::default(), 1_000, seed);
    let size = share_significant(2_000, |seed| pair(garch, seed));
    assert!(
        (0.035..=0.065).contains(&size),
        "GARCH with t innovations: {size}"
    );
    let size = share_significant(2_000, |seed| pair(|part| ar1(0.2, 1_000, part), seed));
    assert!((0.035..=0.065).contains(&size), "AR(1): {size}");
}

#[test]
fn pairing_finds_a_difference_that_either_error_would_hide() {
    let draw = |seed| {
        let [a, b] = pair(|part| ar1(0.0, 2_500, part), seed);
        // One annual Sharpe ratio, in standard deviations of a day.
        let edge = 1.25_f64.sqrt() / DAYS_PER_YEAR.sqrt();
        [a.iter().map(|r| r + edge).collect(), b]
    };
    // The correlation is 0.8: the error of the difference is about 0.2, beside 0.32 of each ratio alone.
    let power = share_significant(300, draw);
    assert!(power > 0.95, "{power}");
}

#[test]
fn the_report_is_antisymmetric_and_its_interval_decides() {
    let [a, b] = pair(|part| ar1(0.0, 600, part), 5);
    let (forward, backward) = (compare(&a, &b), compare(&b, &a));
    assert_eq!(forward.status, Status::Ok);
    let (difference, error) = (forward.difference.unwrap(), forward.standard_error.unwrap());
    assert_eq!(backward.difference.unwrap(), -difference);
    assert_close("error", backward.standard_error.unwrap(), error, 1e-12);
    let each = [&a, &b].map(|returns| sharpe(returns, DAYS_PER_YEAR).unwrap().value);
    assert_close("difference", difference, each[0] - each[1], 1e-12);
    let interval = forward.interval.unwrap();
    assert_close(
        "width",
        interval.high - interval.low,
        2.0 * forward.critical_value.unwrap() * error,
        1e-12,
    );
    assert_eq!(forward.significant, interval.low > 0.0 || interval.high < 0.0);
    let scaled: Vec<f64> = a.iter().map(|r| 3.0 * r).collect();
    assert_close(
        "leverage",
        compare(&scaled, &b).t.unwrap(),
        forward.t.unwrap(),
        1e-10,
    );
}

#[test]
fn series_without_a_difference_to_judge_are_degenerate() {
    let returns = ar1(0.1, 400, 1);
    let same = compare(&returns, &returns);
    assert_eq!((same.status, same.difference), (Status::Degenerate, Some(0.0)));
    assert_eq!((same.standard_error, same.t, same.interval), (None, None, None));
    // Half the position, the same ratio: what is left is rounding and must not become a t statistic.
    let third: Vec<f64> = returns.iter().map(|r| r / 3.0).collect();
    let multiple = compare(&returns, &third);
    assert_eq!((multiple.status, multiple.t), (Status::Degenerate, None));
    assert!(multiple.difference.unwrap().abs() < 1e-12);
    let idle = compare(&returns, &[0.0; 400]);
    assert_eq!((idle.status, idle.difference), (Status::Degenerate, None));
    assert!(!same.significant && !multiple.significant && !idle.significant);
}

#[test]
fn short_series_give_a_difference_without_a_verdict() {
    let [a, b] = pair(|part| ar1(0.0, MIN_PAIRS, part), 2);
    assert_eq!(compare(&a, &b).status, Status::Ok);
    let short = compare(&a[1..], &b[1..]);
    assert_eq!((short.status, short.n), (Status::Insufficient, MIN_PAIRS - 1));
    assert!(short.difference.is_some() && short.standard_error.is_none() && !short.significant);
    assert_eq!(compare(&[], &[]).difference, None);
    let lags = |lags| sharpe_difference(&a, &b, DAYS_PER_YEAR, lags).unwrap().bandwidth;
    assert_eq!(
        [Lags::Horizon(1), Lags::Horizon(40), Lags::Exactly(999)].map(lags),
        [20, 39, MIN_PAIRS - 1]
    );
}

#[test]
fn unusable_series_have_codes() {
    let code = |a: &[f64], b: &[f64], year| {
        sharpe_difference(a, b, year, Lags::Horizon(1))
            .unwrap_err()
            .code()
    };
    assert_eq!(code(&[0.1, 0.2], &[0.1], 252.0), "LENGTH_MISMATCH");
    assert_eq!(code(&[0.1, f64::NAN], &[0.1, 0.2], 252.0), "VALUE_NOT_FINITE");
    assert_eq!(
        code(&[0.1, 0.2], &[0.1, f64::INFINITY], 252.0),
        "VALUE_NOT_FINITE"
    );
    assert_eq!(code(&[0.1, 0.2], &[0.1, 0.3], 0.0), "VALUE_OUT_OF_RANGE");
}
