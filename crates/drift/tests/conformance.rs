//! The contract of [`Statistic`], run for every member of [`all_statistics`].
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tidemark_core::{Code, Rng};
use tidemark_drift::{PValue, Reference, Sample, Score, Statistic, Status, all_statistics, statistic};
use tidemark_testkit::{ar1, assert_close};

fn score(statistic: &dyn Statistic, reference: &[f64], current: &[f64]) -> Score {
    let reference = Reference::new(reference.iter().copied());
    let current = Sample::new(current.iter().copied());
    statistic.score(&reference, &current, PValue::Compute)
}

fn for_each(check: impl Fn(&'static dyn Statistic, &str)) {
    for &statistic in all_statistics() {
        check(statistic, statistic.convention().name);
    }
}

fn shifted(values: &[f64], by: f64) -> Vec<f64> {
    values.iter().map(|value| value + by).collect()
}

fn has_scale(name: &str) -> bool {
    name != "w1"
}

#[test]
fn names_are_unique_and_find_their_statistic() {
    for_each(|found, name| {
        assert_eq!(statistic(name).unwrap().convention(), found.convention());
        assert!(found.convention().version >= 1);
        let same_name = |other: &&&dyn Statistic| other.convention().name == name;
        assert_eq!(all_statistics().iter().filter(same_name).count(), 1, "{name}");
    });
    let Err(error) = statistic("psi") else {
        panic!("a family alone names no convention")
    };
    assert_eq!(error.code(), "DRIFT_CONVENTION_UNKNOWN");
}

#[test]
fn a_sample_agrees_with_itself() {
    let values = ar1(0.5, 200, 1);
    for_each(|statistic, name| {
        let found = score(statistic, &values, &values);
        assert_eq!((found.status, found.value), (Status::Ok, Some(0.0)), "{name}");
        assert_eq!((found.n_reference, found.n_current), (200, 200), "{name}");
        assert_eq!(found.p, (name == "ks").then_some(1.0), "{name}");
    });
}

#[test]
fn a_larger_shift_gives_a_larger_figure() {
    let (reference, current) = (ar1(0.0, 500, 1), ar1(0.0, 500, 2));
    for_each(|statistic, name| {
        let figures: Vec<f64> = [0.0, 0.3, 0.8, 1.6]
            .into_iter()
            .map(|by| {
                score(statistic, &reference, &shifted(&current, by))
                    .value
                    .unwrap()
            })
            .collect();
        assert!(
            figures.windows(2).all(|pair| pair[0] < pair[1]),
            "{name}: {figures:?}"
        );
    });
}

#[test]
fn downward_and_upward_shifts_are_both_seen_from_a_constant() {
    for_each(|statistic, name| {
        let same = score(statistic, &[3.0; 30], &[3.0; 20]);
        assert_eq!(
            (same.status, same.value),
            (Status::Degenerate, Some(0.0)),
            "{name}"
        );
        for other in [2.0, 4.0] {
            let found = score(statistic, &[3.0; 30], &[other; 20]);
            assert_eq!(found.status, Status::Degenerate, "{name}");
            assert!(found.value.unwrap() > 0.5, "{name} to {other}: {:?}", found.value);
        }
    });
}

#[test]
fn a_constant_current_sample_is_an_ordinary_one() {
    let reference = ar1(0.0, 100, 4);
    for_each(|statistic, name| {
        let found = score(statistic, &reference, &[0.5; 20]);
        assert_eq!(
            (found.status, found.value.unwrap() > 0.1),
            (Status::Ok, true),
            "{name}"
        );
    });
}

#[test]
fn a_reference_of_zeros_has_no_scale() {
    for name in ["w1/std", "w1/iqr"] {
        let found = score(statistic(name).unwrap(), &[0.0; 30], &[1.0; 30]);
        assert_eq!((found.status, found.value), (Status::Degenerate, None), "{name}");
        let same = score(statistic(name).unwrap(), &[0.0; 30], &[0.0; 30]);
        assert_eq!(
            (same.status, same.value),
            (Status::Degenerate, Some(0.0)),
            "{name}"
        );
    }
    // Varies, but not between its quartiles.
    let mut mostly = vec![1.0; 30];
    mostly[0] = 2.0;
    assert_eq!(
        score(statistic("w1/iqr").unwrap(), &mostly, &[1.0; 9]).status,
        Status::Degenerate
    );
    assert_eq!(
        score(statistic("w1/std").unwrap(), &mostly, &[1.0; 9]).status,
        Status::Ok
    );
}

#[test]
fn without_values_there_is_no_figure() {
    let values = [1.0, 2.0, 3.0];
    let unusable = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for_each(|statistic, name| {
        let samples: [(&[f64], &[f64]); 5] = [
            (&[], &values),
            (&values, &[]),
            (&[], &[]),
            (&unusable, &values),
            (&values, &unusable),
        ];
        for (reference, current) in samples {
            let found = score(statistic, reference, current);
            assert_eq!(
                (found.status, found.value, found.p),
                (Status::Insufficient, None, None),
                "{name}"
            );
            assert_eq!(
                (found.location, found.sign, found.bins.len()),
                (None, None, 0),
                "{name}"
            );
        }
    });
}

#[test]
fn a_figure_beyond_the_range_of_numbers_is_none() {
    for_each(|statistic, name| {
        let found = score(statistic, &[-1e308, 0.0, 1e308], &[1e308; 3]);
        assert!(
            found.value.is_none_or(f64::is_finite),
            "{name}: {:?}",
            found.value
        );
        assert_eq!(
            found.value.is_none(),
            found.status == Status::Degenerate,
            "{name}"
        );
    });
}

#[test]
fn non_finite_values_are_counted_and_change_nothing() {
    let (reference, current) = (ar1(0.0, 80, 5), ar1(0.0, 50, 6));
    let mut dirty = current.clone();
    dirty.insert(7, f64::NAN);
    dirty.insert(20, f64::INFINITY);
    dirty.extend([f64::NEG_INFINITY, f64::NAN]);
    for_each(|statistic, name| {
        let clean = score(statistic, &reference, &current);
        assert_eq!(score(statistic, &reference, &dirty), clean, "{name}");
    });
    let counts = Sample::new(dirty).non_finite();
    assert_eq!((counts.rows, counts.nan), (54, 2));
    assert_eq!((counts.positive_infinity, counts.negative_infinity), (1, 1));
}

#[test]
fn skipping_p_changes_nothing_else() {
    let reference = Reference::new(ar1(0.0, 60, 1));
    let current = Sample::new(ar1(0.0, 40, 2));
    for_each(|statistic, name| {
        let with = statistic.score(&reference, &current, PValue::Compute);
        let without = statistic.score(&reference, &current, PValue::Skip);
        assert_eq!(without, Score { p: None, ..with }, "{name}");
    });
}

#[test]
fn terms_of_the_bins_add_up_and_cover_both_samples() {
    let (reference, current) = (ar1(0.0, 230, 1), ar1(0.0, 70, 2));
    for_each(|statistic, name| {
        let found = score(statistic, &reference, &current);
        if found.bins.is_empty() {
            return;
        }
        let sum: f64 = found.bins.iter().map(|bin| bin.contribution).sum();
        let value = found.value.unwrap();
        assert_close(
            name,
            sum,
            if name.starts_with("js") {
                value * value
            } else {
                value
            },
            1e-12,
        );
        let counts = |pick: fn(&tidemark_drift::Bin) -> usize| found.bins.iter().map(pick).sum::<usize>();
        assert_eq!(
            (counts(|bin| bin.reference), counts(|bin| bin.current)),
            (230, 70),
            "{name}"
        );
        assert!(
            found.bins.windows(2).all(|pair| pair[0].high == pair[1].low),
            "{name}"
        );
        assert_eq!(
            (found.bins[0].low, found.bins[found.bins.len() - 1].high),
            (None, None),
            "{name}"
        );
    });
}

#[test]
fn p_values_are_uniform_enough_without_drift_and_small_with_it() {
    let ks = statistic("ks").unwrap();
    let p = |seed, by| {
        score(
            ks,
            &ar1(0.0, 100, seed),
            &shifted(&ar1(0.0, 90, seed + 5_000), by),
        )
        .p
        .unwrap()
    };
    let rejected = (0..1_000).filter(|&seed| p(seed, 0.0) < 0.05).count();
    assert!((25..=65).contains(&rejected), "{rejected} of 1,000 at 5 %");
    assert!((0..20).all(|seed| p(seed, 1.5) < 1e-6));
}

fn any_sample() -> impl Strategy<Value = Vec<f64>> {
    let ties = prop::collection::vec((-4_i32..4).prop_map(f64::from), 1..60);
    prop_oneof![prop::collection::vec(-1e3..1e3, 1..60), ties]
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn prop_figures_are_not_negative_and_p_is_a_probability(reference in any_sample(), current in any_sample()) {
        for statistic in all_statistics() {
            let found = score(*statistic, &reference, &current);
            let name = found.convention;
            prop_assert!(found.value.is_none_or(|value| value >= 0.0 && value.is_finite()), "{name}: {:?}", found);
            prop_assert!(found.p.is_none_or(|p| (0.0..=1.0).contains(&p)), "{name}: {:?}", found);
            if matches!(name, "js/quantile-ref" | "ks") {
                prop_assert!(found.value.unwrap() <= 1.0);
            }
        }
    }

    #[test]
    fn prop_order_of_the_values_is_nothing(reference in any_sample(), current in any_sample(), seed: u64) {
        let mut rng = Rng::new(seed);
        let mut shuffled = |values: &[f64]| {
            let mut values = values.to_vec();
            for i in (1..values.len()).rev() {
                values.swap(i, rng.below(i as u64 + 1) as usize);
            }
            values
        };
        let (other_reference, other_current) = (shuffled(&reference), shuffled(&current));
        for statistic in all_statistics() {
            prop_assert_eq!(
                score(*statistic, &reference, &current),
                score(*statistic, &other_reference, &other_current)
            );
        }
    }

    #[test]
    fn prop_the_unit_of_the_values_is_nothing(reference in any_sample(), current in any_sample()) {
        // A power of two as unit keeps every bit, ten moves roundings; edges of ties are whole numbers in both.
        let times = |values: &[f64], unit: f64| -> Vec<f64> { values.iter().map(|value| value * unit).collect() };
        for statistic in all_statistics().iter().filter(|statistic| has_scale(statistic.convention().name)) {
            let found = score(*statistic, &reference, &current);
            let doubled = score(*statistic, &times(&reference, 2.0), &times(&current, 2.0));
            prop_assert_eq!((found.value, found.p, found.status), (doubled.value, doubled.p, doubled.status));
        }
    }
}

#[test]
fn ten_times_the_unit_leaves_the_figures() {
    let (reference, current) = (ar1(0.0, 250, 7), ar1(0.0, 63, 8));
    let times_ten = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| 10.0 * value).collect() };
    for_each(|statistic, name| {
        let found = score(statistic, &reference, &current).value.unwrap();
        let scaled = score(statistic, &times_ten(&reference), &times_ten(&current))
            .value
            .unwrap();
        assert_close(
            name,
            scaled,
            if has_scale(name) { found } else { 10.0 * found },
            1e-12,
        );
    });
}
