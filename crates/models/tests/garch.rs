//! Maximum likelihood against independent programs, on the S&P 500 file and on a simulated series.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use tidemark_core::Code;
use tidemark_models::garch::{
    ErrorDistribution, Estimate, GarchParameters, Presample, Settings, Specification, estimate,
    log_likelihood,
};
use tidemark_models::{Progress, SilentProgress};
use tidemark_testkit::{GarchT, Golden, assert_close, garch_t_returns, sp500};

const SETTINGS: Settings = Settings {
    starts: 3,
    max_iterations: 500,
};

fn specification(leverage: bool, distribution: ErrorDistribution, presample: Presample) -> Specification {
    Specification {
        leverage,
        distribution,
        presample,
    }
}

/// 100 times the simple returns: the series of the golden numbers.
fn percent_changes() -> Vec<f64> {
    sp500()
        .windows(2)
        .map(|pair| 100.0 * (pair[1].close / pair[0].close - 1.0))
        .collect()
}

fn fit(series: &[f64], specification: Specification) -> Estimate {
    estimate(series, specification, &SETTINGS, &mut SilentProgress).unwrap()
}

/// α, and γ where the model has it, near zero are compared absolutely: the optimum lies on the boundary.
fn compare(group: &str, specification: Specification, tolerance: f64) {
    let golden = Golden::load("models_volatility", group);
    let series = percent_changes();
    let student = specification.distribution == ErrorDistribution::StudentT;
    let expected = GarchParameters {
        mu: golden.number("mu"),
        omega: golden.number("omega"),
        alpha: golden.number("alpha"),
        gamma: if specification.leverage {
            golden.number("gamma")
        } else {
            0.0
        },
        beta: golden.number("beta"),
        nu: if student {
            golden.number("nu")
        } else {
            f64::INFINITY
        },
    };
    let theirs = golden.number("log_likelihood");
    assert_close(
        "log-likelihood at their optimum",
        log_likelihood(&series, specification, &expected),
        theirs,
        1e-11,
    );

    let ours = fit(&series, specification);
    assert!(
        ours.log_likelihood >= theirs - 1e-6,
        "{group}: {} < {theirs}",
        ours.log_likelihood
    );
    assert!(
        ours.log_likelihood <= theirs + 1e-3,
        "{group}: {} > {theirs}",
        ours.log_likelihood
    );
    let found = ours.parameters;
    assert_close("mu", found.mu, expected.mu, tolerance);
    assert_close("omega", found.omega, expected.omega, tolerance);
    assert_close("alpha", found.alpha - expected.alpha, 0.0, 1e-5);
    assert_close("gamma", found.gamma - expected.gamma, 0.0, 1e-4);
    assert_close("beta", found.beta, expected.beta, tolerance);
    if student {
        assert_close("nu", found.nu, expected.nu, tolerance);
    }
}

#[test]
fn normal_garch_matches_arch() {
    compare(
        "arch_garch_normal",
        specification(false, ErrorDistribution::Normal, Presample::Backcast),
        2e-4,
    );
}

#[test]
fn student_garch_matches_arch() {
    compare(
        "arch_garch_t",
        specification(false, ErrorDistribution::StudentT, Presample::Backcast),
        2e-4,
    );
}

#[test]
fn normal_gjr_matches_arch_at_the_boundary() {
    compare(
        "arch_gjr_normal",
        specification(true, ErrorDistribution::Normal, Presample::Backcast),
        2e-4,
    );
}

#[test]
fn student_gjr_matches_arch_at_the_boundary() {
    compare(
        "arch_gjr_t",
        specification(true, ErrorDistribution::StudentT, Presample::Backcast),
        2e-4,
    );
}

#[test]
fn the_mean_square_presample_matches_a_direct_optimiser() {
    let normal = specification(false, ErrorDistribution::Normal, Presample::MeanSquare);
    compare("mean_square_garch_normal", normal, 2e-5);
}

#[test]
fn the_mean_square_presample_matches_fgarch_to_its_printed_digits() {
    let golden = Golden::load("models_volatility", "fgarch");
    let series = percent_changes();
    for (name, distribution) in [
        ("normal", ErrorDistribution::Normal),
        ("student", ErrorDistribution::StudentT),
    ] {
        let found = fit(&series, specification(false, distribution, Presample::MeanSquare));
        let p = found.parameters;
        for (ours, theirs) in [p.mu, p.omega, p.alpha, p.beta, p.nu]
            .iter()
            .zip(golden.list(name))
        {
            assert_close(name, *ours, *theirs, 5e-4);
        }
        assert_close(
            name,
            found.log_likelihood,
            golden.number(&format!("{name}_log_likelihood")),
            2e-7,
        );
    }
}

#[test]
fn every_start_reaches_the_same_optimum_and_a_second_run_the_same_bits() {
    let series = percent_changes();
    let model = specification(true, ErrorDistribution::StudentT, Presample::Backcast);
    let first = fit(&series, model);
    assert_eq!(first.starts.len(), 3);
    for reached in &first.starts {
        assert_close("start", reached.unwrap(), first.log_likelihood, 1e-9);
    }
    let second = fit(&series, model);
    assert_eq!(first.parameters, second.parameters);
    assert_eq!(first.log_likelihood.to_bits(), second.log_likelihood.to_bits());
}

#[test]
fn parameters_of_a_simulated_series_are_found_again() {
    let process = GarchT::default();
    let series: Vec<f64> = garch_t_returns(&process, 20_000, 7)
        .iter()
        .map(|r| 100.0 * r)
        .collect();
    let found = fit(
        &series,
        specification(false, ErrorDistribution::StudentT, Presample::Backcast),
    )
    .parameters;
    assert!((found.alpha - process.alpha).abs() < 0.02, "{found:?}");
    assert!((found.beta - process.beta).abs() < 0.02, "{found:?}");
    assert!((found.nu / process.degrees - 1.0).abs() < 0.15, "{found:?}");
    assert!(found.persistence() < 1.0);
}

#[test]
fn a_constant_series_and_too_few_steps_are_coded() {
    let model = specification(true, ErrorDistribution::StudentT, Presample::Backcast);
    let constant = estimate(&[0.5; 600], model, &SETTINGS, &mut SilentProgress).unwrap_err();
    assert_eq!(constant.code(), "MODELS_DEGENERATE_DATA");
    let hasty = Settings {
        starts: 1,
        max_iterations: 1,
    };
    let error = estimate(&percent_changes(), model, &hasty, &mut SilentProgress).unwrap_err();
    assert_eq!(error.code(), "MODELS_NOT_CONVERGED");
}

struct Impatient;

impl Progress for Impatient {
    fn report(&mut self, _fraction: f64, _message: &str) {}
    fn metric(&mut self, _key: &str, _value: f64, _step: u64) {}
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn a_cancelled_estimate_says_so() {
    let model = specification(true, ErrorDistribution::StudentT, Presample::Backcast);
    let error = estimate(&percent_changes(), model, &SETTINGS, &mut Impatient).unwrap_err();
    assert_eq!(error.code(), "MODELS_CANCELLED");
}
