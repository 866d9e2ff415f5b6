//! Numbers from scipy and numpy; every statistic on every kind of sample.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use tidemark_drift::{PValue, Reference, Sample, Score, Status, statistic};
use tidemark_testkit::{Golden, assert_close};

const COMPARISONS: [&str; 15] = [
    "normal",
    "normal_equal_sizes",
    "student_t",
    "ties",
    "autoregressive",
    "small",
    "single_values",
    "signs",
    "mostly_zero",
    "disjoint",
    "constant_moved",
    "constant_same",
    "constant_reference",
    "constant_current",
    "normal_scores",
];

fn score(name: &str, reference: &[f64], current: &[f64]) -> Score {
    let reference = Reference::new(reference.iter().copied());
    let current = Sample::new(current.iter().copied());
    statistic(name)
        .unwrap()
        .score(&reference, &current, PValue::Compute)
}

fn samples(group: &str) -> (Golden, Vec<f64>, Vec<f64>) {
    let golden = Golden::load("drift/drift", group);
    let (reference, current) = (golden.list("reference").to_vec(), golden.list("current").to_vec());
    (golden, reference, current)
}

fn varies(values: &[f64]) -> bool {
    values.windows(2).any(|pair| pair[0] != pair[1])
}

/// Distance of the distribution functions at a value, as a whole number of steps of 1/(nm).
fn height(reference: &[f64], current: &[f64], at: f64) -> f64 {
    let upto = |values: &[f64]| values.iter().filter(|&&value| value <= at).count();
    (upto(reference) * current.len()) as f64 - (upto(current) * reference.len()) as f64
}

fn check_ks(group: &str, golden: &Golden, reference: &[f64], current: &[f64]) {
    let ks = score("ks", reference, current);
    let check = |key: &str, actual: Option<f64>, tolerance| {
        assert_close(
            &format!("{group} {key}"),
            actual.unwrap(),
            golden.number(key),
            tolerance,
        );
    };
    check("ks", ks.value, 1e-12);
    check("ks_p", ks.p, 1e-10);
    // Where D is attained twice, rounding decides which place scipy names; ours is then the smaller one.
    let theirs = golden.number("ks_location");
    assert_eq!(
        height(reference, current, theirs),
        height(reference, current, ks.location.unwrap()),
        "{group}"
    );
    assert!(ks.location.unwrap() <= theirs, "{group}");
    assert_eq!(f64::from(ks.sign.unwrap()), golden.number("ks_sign"), "{group}");
}

fn check_binned(group: &str, golden: &Golden, reference: &[f64], current: &[f64]) {
    let conventions = [
        ("psi", "psi/quantile-ref", 1e-12),
        ("psi_floor", "psi/floor1e-4", 1e-12),
        // Its terms have both signs and cancel.
        ("kl", "kl/quantile-ref", 1e-11),
        ("js", "js/quantile-ref", 1e-11),
    ];
    for (key, name, tolerance) in conventions {
        let found = score(name, reference, current);
        assert_close(
            &format!("{group} {key}"),
            found.value.unwrap(),
            golden.number(key),
            tolerance,
        );
        let count = |pick: fn(&tidemark_drift::Bin) -> usize| -> Vec<f64> {
            found.bins.iter().map(|bin| pick(bin) as f64).collect()
        };
        assert_eq!(
            count(|bin| bin.reference),
            golden.list("reference_counts"),
            "{group}"
        );
        assert_eq!(count(|bin| bin.current), golden.list("current_counts"), "{group}");
    }
}

#[test]
fn every_statistic_agrees_with_scipy_and_numpy() {
    for group in COMPARISONS {
        let (golden, reference, current) = samples(group);
        check_ks(group, &golden, &reference, &current);
        check_binned(group, &golden, &reference, &current);
        let w1 = score("w1", &reference, &current).value.unwrap();
        assert_close(&format!("{group} w1"), w1, golden.number("w1"), 1e-12);
        let expected = if varies(&reference) {
            Status::Ok
        } else {
            Status::Degenerate
        };
        assert_eq!(score("w1/std", &reference, &current).status, expected, "{group}");
    }
}

#[test]
fn scaled_distances_agree_where_there_is_a_scale() {
    for group in [
        "normal",
        "student_t",
        "ties",
        "autoregressive",
        "small",
        "signs",
        "disjoint",
        "normal_scores",
    ] {
        let (golden, reference, current) = samples(group);
        for (key, name) in [("w1_std", "w1/std"), ("w1_iqr", "w1/iqr")] {
            let value = score(name, &reference, &current).value.unwrap();
            assert_close(&format!("{group} {key}"), value, golden.number(key), 1e-12);
        }
    }
}

/// Samples of `large_case` in the generator script.
fn by_formula(n: u32, m: u32) -> (Vec<f64>, Vec<f64>) {
    let reference = (0..n).map(|i| f64::from(7_919 * i % 12_007) / 12_007.0).collect();
    let current = (0..m).map(|i| {
        let u = f64::from(3_571 * i % 10_007) / 10_007.0;
        0.97 * u + 0.03 * (u * u)
    });
    (reference, current.collect())
}

#[test]
fn large_samples_agree_on_both_sides_of_the_exact_sizes() {
    let cases = [
        ("largest_exact", 10_000, 9_000, 1e-10),
        ("largest_equal", 10_000, 10_000, 1e-10),
        ("coprime", 2_999, 1_000, 1e-10),
        ("beyond_exact", 12_000, 9_000, 1e-9),
        ("beyond_exact_by_one_side", 11_000, 60, 1e-9),
    ];
    for (group, n, m, tolerance) in cases {
        let golden = Golden::load("drift/drift", group);
        let (reference, current) = by_formula(n, m);
        let ks = score("ks", &reference, &current);
        assert_close(group, ks.value.unwrap(), golden.number("ks"), 1e-12);
        assert_close(group, ks.p.unwrap(), golden.number("ks_p"), tolerance);
        check_binned(group, &golden, &reference, &current);
        let w1 = score("w1", &reference, &current).value.unwrap();
        assert_close(group, w1, golden.number("w1"), 1e-11);
    }
}

/// Published with scipy 1.17.1 for these samples in a comparison of drift tools, independent of the file's generator.
#[test]
fn published_figures_of_the_normal_scores_hold() {
    let (_, reference, current) = samples("normal_scores");
    let value = |name: &str| score(name, &reference, &current).value.unwrap();
    let ks = score("ks", &reference, &current);
    assert_close("D", ks.value.unwrap(), 0.051_75, 1e-12);
    assert_close("exact p", ks.p.unwrap(), 0.178_772_699_492_160_5, 1e-10);
    // D is attained twice; the published place is the larger one.
    let published = reference
        .iter()
        .copied()
        .find(|x| (x - 0.747_105_302_026_245).abs() < 1e-14);
    assert_eq!(height(&reference, &current, published.unwrap()), 41_400.0);
    assert_eq!(height(&reference, &current, ks.location.unwrap()), 41_400.0);
    assert_eq!(ks.sign, Some(1));
    assert_close("W1", value("w1"), 0.116_602_647_434_742_48, 1e-12);
    assert_close("W1 over sd", value("w1/std"), 0.116_678_556_403_903_22, 1e-12);
    assert_close("PSI", value("psi/floor1e-4"), 0.020_821_862_209_209_57, 1e-12);
    let counts: Vec<usize> = score("psi/quantile-ref", &reference, &current)
        .bins
        .iter()
        .map(|bin| bin.current)
        .collect();
    assert_eq!(counts, [84, 73, 71, 71, 72, 73, 76, 80, 87, 113]);
    let rounded = |values: &[f64]| -> Vec<f64> {
        values
            .iter()
            .map(|x| (10.0 * x).round_ties_even() / 10.0)
            .collect()
    };
    let ties = score("ks", &rounded(&reference), &rounded(&current));
    assert_close("D with ties", ties.value.unwrap(), 0.050_75, 1e-12);
}
