//! Size, power and statuses of the paired loss test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tidemark_core::{Code, Rng};
use tidemark_stats::{PairedLossTest, Significance, Status, critical_value, hac};
use tidemark_testkit::ar1;

/// Share of AR(1) samples of equal expected loss in which the candidate is called superior, one per level.
fn sizes(phi: f64, n: usize, samples: u64) -> [f64; 4] {
    let incumbent = vec![0.0; n];
    let mut called = [0.0; 4];
    for seed in 0..samples {
        let report = PairedLossTest::new(1)
            .run(&ar1(phi, n, seed), &incumbent)
            .unwrap();
        for (count, level) in called.iter_mut().zip(Significance::ALL) {
            let superior = report.t.unwrap() < -critical_value(level, report.bandwidth, n);
            *count += f64::from(u8::from(superior));
        }
    }
    called.map(|count| count / samples as f64)
}

const SAMPLES: u64 = 4_000;

fn monte_carlo_error(level: f64) -> f64 {
    (level * (1.0 - level) / SAMPLES as f64).sqrt()
}

#[test]
fn size_is_nominal_for_independent_and_autocorrelated_differences() {
    for phi in [0.0, 0.5] {
        for (level, size) in Significance::ALL
            .map(Significance::level)
            .into_iter()
            .zip(sizes(phi, 1_000, SAMPLES))
        {
            let error = monte_carlo_error(level);
            assert!(
                size <= level + 2.0 * error,
                "phi {phi}: size {size} at {level}, error {error}"
            );
            // A test that never rejects has no size problem and no use.
            assert!(
                size >= level - 4.0 * error,
                "phi {phi}: size {size} at {level}, error {error}"
            );
        }
    }
}

#[test]
fn size_in_small_samples_exceeds_nominal_by_the_bias_of_the_kernel_alone() {
    for n in [250, 500] {
        for (phi, excess) in [(0.0, 0.0), (0.5, 0.005)] {
            let [_, size, _, _] = sizes(phi, n, SAMPLES);
            // Bartlett weights understate the variance of this AR(1) by 4/(3(L + 1)), 6 % at n = 250: half a point
            // of size at 5 %.
            assert!(
                size <= 0.05 + excess + 2.0 * monte_carlo_error(0.05),
                "phi {phi}, n {n}: {size}"
            );
        }
    }
}

/// The t statistic of independent normals, the Bartlett variance taken from partial sums of deviations in O(n)
/// (Kiefer and Vogelsang, 2002): Ω = (2/(nM)) (Σ Sᵢ² − Σ Sᵢ Sᵢ₊ₘ).
fn t_by_partial_sums(rng: &mut Rng, n: usize, bandwidth: usize) -> f64 {
    let values: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
    let mean = values.iter().sum::<f64>() / n as f64;
    let mut sum = 0.0;
    let sums: Vec<f64> = values
        .iter()
        .map(|value| {
            sum += value - mean;
            sum
        })
        .collect();
    let squares: f64 = sums.iter().map(|s| s * s).sum();
    let crossed: f64 = sums.iter().zip(&sums[bandwidth..]).map(|(a, b)| a * b).sum();
    let variance = 2.0 / (n * bandwidth) as f64 * (squares - crossed);
    mean / (variance / n as f64).sqrt()
}

#[test]
fn critical_values_are_the_simulated_quantiles() {
    const SAMPLES: usize = 20_000;
    const N: usize = 500;
    for share in [0.06, 0.2, 0.5] {
        let bandwidth = (share * N as f64) as usize;
        let mut rng = Rng::new(17);
        let values: Vec<f64> = (0..SAMPLES)
            .map(|_| t_by_partial_sums(&mut rng, N, bandwidth))
            .collect();
        for level in Significance::ALL {
            let critical = critical_value(level, bandwidth - 1, N);
            // Both tails: the limit is symmetric.
            let beyond = values.iter().filter(|t| t.abs() > critical).count() as f64 / (2.0 * SAMPLES as f64);
            let nominal = level.level();
            let error = (nominal * (1.0 - nominal) / (2.0 * SAMPLES as f64)).sqrt();
            // The table's cubic is itself accurate to about 3 % of the level.
            assert!(
                (beyond - nominal).abs() <= 3.0 * error + 0.03 * nominal,
                "b {share}, {nominal}: {beyond}"
            );
        }
    }
}

#[test]
fn a_better_candidate_is_found_and_a_worse_one_is_not() {
    let noise = ar1(0.5, 500, 8);
    let better: Vec<f64> = noise.iter().map(|x| x - 0.5).collect();
    let worse: Vec<f64> = noise.iter().map(|x| x + 0.5).collect();
    let zero = vec![0.0; 500];
    let report = PairedLossTest::new(5).run(&better, &zero).unwrap();
    assert!(report.superior && report.status == Status::Ok && report.mean_difference.unwrap() < 0.0);
    assert_eq!((report.n, report.bandwidth), (500, 29));
    // AR(1) with coefficient 0.5: (1 − φ)/(1 + φ) = a third of the values count.
    let effective = report.effective_n.unwrap();
    assert!((100.0..260.0).contains(&effective), "{effective}");
    assert!(!PairedLossTest::new(5).run(&worse, &zero).unwrap().superior);
    let strict = PairedLossTest::new(5)
        .significance(Significance::OnePercent)
        .run(&better, &zero)
        .unwrap();
    assert!(strict.critical_value > report.critical_value);
}

#[test]
fn the_upper_bound_is_the_mean_and_its_band() {
    let zero = vec![0.0; 63];
    let values = ar1(0.3, 63, 5);
    let test = PairedLossTest::new(5).min_pairs(20);
    let report = test.run(&values, &zero).unwrap();
    let band = report.critical_value.unwrap() * report.standard_error.unwrap();
    assert_eq!(report.upper_bound, Some(report.mean_difference.unwrap() + band));
    // ⌊1.3·√63⌋ lags, and the table's cubic at b = 11/63.
    assert_eq!(report.bandwidth, 10);
    assert!((report.critical_value.unwrap() - 2.034_320).abs() < 1e-6);
    assert_eq!(test.run(&zero, &zero).unwrap().upper_bound, Some(0.0));
    assert_eq!(test.run(&[0.5; 63], &zero).unwrap().upper_bound, Some(0.5));
    assert_eq!(test.run(&values[..19], &zero[..19]).unwrap().upper_bound, None);
}

/// Share of AR(1) samples whose expected difference is `excess` in which the upper bound stays below `margin`.
fn share_bounded(phi: f64, n: usize, excess: f64, margin: f64) -> f64 {
    let bounded = (0..SAMPLES).filter(|seed| {
        let values: Vec<f64> = ar1(phi, n, *seed).iter().map(|x| x + excess).collect();
        let report = PairedLossTest::new(5).min_pairs(20).run(&values, &vec![0.0; n]);
        report.unwrap().upper_bound.unwrap() <= margin
    });
    bounded.count() as f64 / SAMPLES as f64
}

#[test]
fn a_loss_increase_at_the_margin_is_seldom_bounded_by_it() {
    let size = share_bounded(0.0, 63, 0.4, 0.4);
    assert!(size <= 0.05 + 2.0 * monte_carlo_error(0.05), "{size}");
    assert!(size >= 0.03, "{size}");
    assert!(share_bounded(0.0, 63, 0.0, 0.4) > 0.75);
}

#[test]
fn too_few_or_constant_differences_give_a_status() {
    let values: Vec<f64> = (0..249).map(f64::from).collect();
    let zero = vec![0.0; 249];
    let report = PairedLossTest::new(1).run(&values, &zero).unwrap();
    assert_eq!(
        (report.status, report.t, report.superior),
        (Status::Insufficient, None, false)
    );
    assert_eq!(report.mean_difference, Some(124.0));
    assert_eq!(
        PairedLossTest::new(1)
            .min_pairs(249)
            .run(&values, &zero)
            .unwrap()
            .status,
        Status::Ok
    );
    // Always better by the same amount: no variance, no verdict. 0.1 leaves rounding in the mean.
    let constant = PairedLossTest::new(1)
        .run(&vec![-0.1; 300], &vec![0.0; 300])
        .unwrap();
    assert_eq!(
        (constant.status, constant.standard_error, constant.superior),
        (Status::Degenerate, None, false)
    );
    let empty = PairedLossTest::new(1).run(&[], &[]).unwrap();
    assert_eq!(
        (empty.status, empty.mean_difference),
        (Status::Insufficient, None)
    );
    let single = PairedLossTest::new(1).min_pairs(0).run(&[1.0], &[0.0]).unwrap();
    assert_eq!(single.status, Status::Insufficient);
}

#[test]
fn unusable_losses_have_codes() {
    let test = PairedLossTest::new(1);
    assert_eq!(test.run(&[1.0], &[]).unwrap_err().code(), "LENGTH_MISMATCH");
    assert_eq!(
        test.run(&[f64::NAN], &[1.0]).unwrap_err().code(),
        "VALUE_NOT_FINITE"
    );
    assert_eq!(
        test.run(&[1.0], &[f64::INFINITY]).unwrap_err().code(),
        "VALUE_NOT_FINITE"
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
    fn prop_swapping_the_models_mirrors_the_test(seed in 0_u64..10_000, n in 250_usize..400) {
        let (left, right) = (ar1(0.3, n, seed), ar1(0.3, n, seed + 1));
        let one = PairedLossTest::new(5).run(&left, &right).unwrap();
        let other = PairedLossTest::new(5).run(&right, &left).unwrap();
        prop_assert!((one.t.unwrap() + other.t.unwrap()).abs() < 1e-9);
        prop_assert!(!(one.superior && other.superior));
    }

    #[test]
    fn prop_long_run_variance_is_not_negative_and_scales(seed in 0_u64..10_000, n in 2_usize..200, lags in 0_usize..250) {
        let values = ar1(-0.8, n, seed);
        let variance = hac::long_run_variance(&values, lags).unwrap();
        prop_assert!(variance >= 0.0);
        let doubled: Vec<f64> = values.iter().map(|value| 2.0 * value).collect();
        prop_assert_eq!(hac::long_run_variance(&doubled, lags).unwrap(), 4.0 * variance);
    }
}
