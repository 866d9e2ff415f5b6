use serde::Serialize;
use statrs::function::gamma::gamma_ur;
use tidemark_core::in_range;

use crate::StatsError;

/// A likelihood ratio statistic and its asymptotic p-value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LikelihoodRatio {
    /// −2 ln of the ratio.
    pub statistic: f64,
    /// Probability of a larger value under the null (chi-squared).
    pub p_value: f64,
}

impl LikelihoodRatio {
    fn new(statistic: f64, degrees: f64) -> Self {
        // Rounding may leave a value just below 0 where both likelihoods agree.
        let statistic = statistic.max(0.0);
        // Upper tail of chi-squared: Q(ν/2, x/2).
        let p_value = if statistic > 0.0 {
            gamma_ur(degrees / 2.0, statistic / 2.0)
        } else {
            1.0
        };
        Self { statistic, p_value }
    }
}

/// k·ln(p), with 0·ln(0) = 0.
fn log_term(count: u64, probability: f64) -> f64 {
    if count == 0 {
        0.0
    } else {
        count as f64 * probability.ln()
    }
}

fn bernoulli_log_likelihood(failures: u64, successes: u64, probability: f64) -> f64 {
    log_term(failures, 1.0 - probability) + log_term(successes, probability)
}

/// Unconditional coverage (Kupiec, 1995): are `breaches` in `n` bars compatible with the stated probability?
///
/// Two-sided. At n = 250 and 1 % it rejects on zero breaches: report it once over a full span, do not alarm on it.
///
/// # Errors
/// `COUNTS_INVALID`; `VALUE_OUT_OF_RANGE` for a probability outside (0, 1).
pub fn kupiec(breaches: u64, n: u64, probability: f64) -> Result<LikelihoodRatio, StatsError> {
    if n == 0 || breaches > n {
        return Err(StatsError::Counts {
            successes: breaches,
            trials: n,
        });
    }
    in_range(
        "probability",
        &[probability],
        f64::MIN_POSITIVE,
        1.0 - f64::EPSILON,
    )?;
    let quiet = n - breaches;
    let stated = bernoulli_log_likelihood(quiet, breaches, probability);
    let observed = bernoulli_log_likelihood(quiet, breaches, breaches as f64 / n as f64);
    Ok(LikelihoodRatio::new(2.0 * (observed - stated), 1.0))
}

/// Counts of neighbouring bars by whether each breached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transitions {
    /// Quiet, then quiet.
    pub n00: u64,
    /// Quiet, then a breach.
    pub n01: u64,
    /// A breach, then quiet.
    pub n10: u64,
    /// A breach, then another.
    pub n11: u64,
}

impl Transitions {
    /// Counts the transitions of a sequence.
    #[must_use]
    pub fn count(breaches: &[bool]) -> Self {
        let mut counts = Self {
            n00: 0,
            n01: 0,
            n10: 0,
            n11: 0,
        };
        for pair in breaches.windows(2) {
            let cell = match (pair[0], pair[1]) {
                (false, false) => &mut counts.n00,
                (false, true) => &mut counts.n01,
                (true, false) => &mut counts.n10,
                (true, true) => &mut counts.n11,
            };
            *cell += 1;
        }
        counts
    }
}

/// Independence and conditional coverage of a breach sequence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Christoffersen {
    /// The counts behind the tests.
    pub transitions: Transitions,
    /// Do breaches come independently of the bar before? (1 degree of freedom.)
    pub independence: LikelihoodRatio,
    /// Kupiec's statistic plus the one above. (2 degrees of freedom.)
    pub conditional_coverage: LikelihoodRatio,
}

/// Conditional coverage (Christoffersen, 1998). The unconditional part counts all bars, the independence part their
/// n − 1 transitions.
///
/// `None` when the sequence holds no transition into or out of a breach: independence then cannot be judged.
///
/// # Errors
/// As [`kupiec`].
pub fn christoffersen(breaches: &[bool], probability: f64) -> Result<Option<Christoffersen>, StatsError> {
    let total = breaches.iter().filter(|&&breach| breach).count() as u64;
    let coverage = kupiec(total, breaches.len() as u64, probability)?;
    let transitions = Transitions::count(breaches);
    let Transitions { n00, n01, n10, n11 } = transitions;
    if n01 + n11 == 0 || n10 + n11 == 0 || n00 + n01 == 0 {
        return Ok(None);
    }
    let share = |successes: u64, failures: u64| successes as f64 / (successes + failures) as f64;
    let pooled = bernoulli_log_likelihood(n00 + n10, n01 + n11, share(n01 + n11, n00 + n10));
    let after_quiet = bernoulli_log_likelihood(n00, n01, share(n01, n00));
    let after_breach = bernoulli_log_likelihood(n10, n11, share(n11, n10));
    let independence = LikelihoodRatio::new(2.0 * (after_quiet + after_breach - pooled), 1.0);
    let conditional_coverage = LikelihoodRatio::new(coverage.statistic + independence.statistic, 2.0);
    Ok(Some(Christoffersen {
        transitions,
        independence,
        conditional_coverage,
    }))
}
