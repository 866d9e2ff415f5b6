//! Numbers from statsmodels, scipy and numpy.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use tidemark_core::Code;
use tidemark_stats::{
    Transitions, christoffersen, clopper_pearson, hac, kupiec, probability_at_least, probability_at_most,
    quantile,
};
use tidemark_testkit::{Golden, assert_close};

#[test]
fn long_run_variance_agrees_with_statsmodels() {
    let golden = Golden::load("stats", "hac");
    for (&lags, &expected) in golden.list("lags").iter().zip(golden.list("long_run_variance")) {
        let actual = hac::long_run_variance(golden.list("values"), lags as usize).unwrap();
        assert_close(&format!("{lags} lags"), actual, expected, 1e-12);
    }
}

#[test]
fn binomial_tails_and_intervals_agree_with_scipy() {
    let golden = Golden::load("stats", "binomial");
    for (case, &successes) in golden.list("successes").iter().enumerate() {
        let (k, n) = (successes as u64, golden.list("trials")[case] as u64);
        let p = golden.list("probability")[case];
        let interval = clopper_pearson(k, n, 0.95).unwrap();
        let check = |key: &str, actual: f64| {
            assert_close(&format!("{key} {k}/{n}"), actual, golden.list(key)[case], 1e-10);
        };
        check("low_95", interval.low);
        check("high_95", interval.high);
        check("at_least", probability_at_least(k, n, p).unwrap());
        check("at_most", probability_at_most(k, n, p).unwrap());
    }
}

#[test]
fn coverage_tests_agree_with_scipy_likelihoods() {
    let golden = Golden::load("stats", "coverage");
    let breaches: Vec<bool> = golden
        .list("breaches")
        .iter()
        .map(|&breach| breach > 0.0)
        .collect();
    let total = breaches.iter().filter(|&&breach| breach).count() as u64;
    let found = christoffersen(&breaches, 0.01).unwrap().unwrap();
    let ratios = [
        ("kupiec", kupiec(total, breaches.len() as u64, 0.01).unwrap()),
        ("independence", found.independence),
        ("conditional", found.conditional_coverage),
    ];
    for (key, ratio) in ratios {
        assert_close(key, ratio.statistic, golden.list(key)[0], 1e-11);
        assert_close(key, ratio.p_value, golden.list(key)[1], 1e-9);
    }
}

#[test]
fn quantiles_agree_with_numpy() {
    let golden = Golden::load("stats", "quantile");
    for (&level, &expected) in golden.list("levels").iter().zip(golden.list("quantiles")) {
        assert_close(
            &format!("level {level}"),
            quantile(golden.list("values"), level).unwrap(),
            expected,
            1e-14,
        );
    }
}

#[test]
fn degenerate_coverage_is_said_plainly() {
    assert_eq!(christoffersen(&[false; 300], 0.01).unwrap(), None);
    assert_eq!(christoffersen(&[true; 300], 0.01).unwrap(), None);
    let only_last: Vec<bool> = (0..300).map(|bar| bar == 299).collect();
    assert_eq!(christoffersen(&only_last, 0.01).unwrap(), None);
    let counts = Transitions::count(&[false, true, true, false, false]);
    assert_eq!(
        counts,
        Transitions {
            n00: 1,
            n01: 1,
            n10: 1,
            n11: 1
        }
    );
    // No breach in 250 bars at 1 %: −2·250·ln(0.99).
    assert_close(
        "zero breaches",
        kupiec(0, 250, 0.01).unwrap().statistic,
        -500.0 * 0.99_f64.ln(),
        1e-14,
    );
    assert_eq!(kupiec(10, 1_000, 0.01).unwrap().p_value, 1.0);
}

#[test]
fn bad_arguments_have_codes() {
    assert_eq!(kupiec(3, 2, 0.01).unwrap_err().code(), "COUNTS_INVALID");
    assert_eq!(kupiec(0, 0, 0.01).unwrap_err().code(), "COUNTS_INVALID");
    assert_eq!(kupiec(0, 1, 0.0).unwrap_err().code(), "VALUE_OUT_OF_RANGE");
    assert_eq!(clopper_pearson(2, 1, 0.95).unwrap_err().code(), "COUNTS_INVALID");
    assert_eq!(
        clopper_pearson(1, 2, 1.0).unwrap_err().code(),
        "VALUE_OUT_OF_RANGE"
    );
    assert_eq!(
        clopper_pearson(1, 2, f64::NAN).unwrap_err().code(),
        "VALUE_NOT_FINITE"
    );
    assert_eq!(
        probability_at_least(1, 2, -0.1).unwrap_err().code(),
        "VALUE_OUT_OF_RANGE"
    );
    assert_eq!(
        probability_at_most(1, 0, 0.5).unwrap_err().code(),
        "COUNTS_INVALID"
    );
    assert_eq!(quantile(&[], 0.5).unwrap_err().code(), "INSUFFICIENT_DATA");
    assert_eq!(
        quantile(&[1.0, f64::NAN], 0.5).unwrap_err().code(),
        "VALUE_NOT_FINITE"
    );
    assert_eq!(quantile(&[1.0], 1.5).unwrap_err().code(), "VALUE_OUT_OF_RANGE");
}
