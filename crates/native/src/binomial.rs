//! Exact tails of the binomial distribution.

use napi_derive::napi;
use tidemark_stats::{probability_at_least, probability_at_most};

use crate::edge::{Result, guard};

/// Both exact one-sided p-values of a count.
#[napi(object)]
pub struct BinomialTails {
    /// P(X >= successes): against too many.
    pub at_least: f64,
    /// P(X <= successes): against too few.
    pub at_most: f64,
}

/// Tails of `successes` in `trials` of the given probability.
#[napi(catch_unwind)]
pub fn binomial_tails(successes: u32, trials: u32, probability: f64) -> Result<BinomialTails> {
    guard(|| {
        let (successes, trials) = (u64::from(successes), u64::from(trials));
        Ok(BinomialTails {
            at_least: probability_at_least(successes, trials, probability)?,
            at_most: probability_at_most(successes, trials, probability)?,
        })
    })
}
