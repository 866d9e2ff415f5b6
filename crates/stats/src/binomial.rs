use serde::Serialize;
use statrs::function::beta::beta_reg;
use tidemark_core::in_range;

use crate::StatsError;

/// A confidence interval for a probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

fn check_counts(successes: u64, trials: u64) -> Result<(), StatsError> {
    if trials == 0 || successes > trials {
        return Err(StatsError::Counts { successes, trials });
    }
    Ok(())
}

/// P(X ≥ successes) for X binomial: the one-sided exact test against too many.
///
/// The tail is the regularised incomplete beta function `I_p(k, n − k + 1)`.
///
/// # Errors
/// `COUNTS_INVALID`; `VALUE_OUT_OF_RANGE` or `VALUE_NOT_FINITE` for a probability outside \[0, 1\].
pub fn probability_at_least(successes: u64, trials: u64, probability: f64) -> Result<f64, StatsError> {
    check_counts(successes, trials)?;
    in_range("probability", &[probability], 0.0, 1.0)?;
    Ok(upper_tail(successes, trials, probability))
}

/// P(X ≤ successes) for X binomial: the one-sided exact test against too few.
///
/// # Errors
/// As [`probability_at_least`].
pub fn probability_at_most(successes: u64, trials: u64, probability: f64) -> Result<f64, StatsError> {
    check_counts(successes, trials)?;
    in_range("probability", &[probability], 0.0, 1.0)?;
    Ok(lower_tail(successes, trials, probability))
}

fn upper_tail(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 {
        1.0
    } else {
        beta_reg(k as f64, (n - k) as f64 + 1.0, p)
    }
}

fn lower_tail(k: u64, n: u64, p: f64) -> f64 {
    // Mirrored rather than 1 − upper tail, which would lose small probabilities.
    upper_tail(n - k, n, 1.0 - p)
}

/// Exact interval for a probability (Clopper and Pearson, 1934), covering with at least `confidence` in (0, 1).
///
/// Its ends are where the binomial tails equal (1 − confidence)/2; 0 and 1 at the extreme counts.
///
/// # Errors
/// `COUNTS_INVALID`; `VALUE_OUT_OF_RANGE` or `VALUE_NOT_FINITE` for the confidence.
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> Result<Interval, StatsError> {
    check_counts(successes, trials)?;
    in_range("confidence", &[confidence], f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
    let tail = (1.0 - confidence) / 2.0;
    let low = if successes == 0 {
        0.0
    } else {
        solve_rising(|p| upper_tail(successes, trials, p), tail)
    };
    let high = if successes == trials {
        1.0
    } else {
        1.0 - solve_rising(|q| lower_tail(successes, trials, 1.0 - q), tail)
    };
    Ok(Interval { low, high })
}

/// Where a function that rises from 0 to 1 on \[0, 1\] takes a value, by bisection to the last bit.
fn solve_rising(function: impl Fn(f64) -> f64, target: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if function(middle) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
}
