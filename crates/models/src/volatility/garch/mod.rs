//! Maximum likelihood for GARCH(1,1), with or without a leverage term, with normal or Student-t errors.
//!
//! Works on whatever unit the series comes in; 100 times the log return keeps the numbers near one, where optimisers are
//! at ease. [`log_likelihood`] and [`estimate`] are the whole of it.

mod estimate;
mod likelihood;
mod transform;

pub use estimate::{Estimate, Settings, estimate};
pub use likelihood::log_likelihood;

use serde::{Deserialize, Serialize};

/// Distribution of the standardised errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorDistribution {
    /// Standard normal.
    Normal,
    /// Student-t scaled to unit variance (Bollerslev, 1987).
    StudentT,
}

/// The squared error and variance that stand for the time before the first return. Programs differ here, and their
/// estimates in the third digit with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presample {
    /// Weighted mean of the first 75 squared deviations from the sample mean, weights .94ⁱ: fixed while optimising.
    Backcast,
    /// Mean of all squared errors at the current mean (Bollerslev, 1986; Fiorentini, Calzolari & Panattoni, 1996).
    MeanSquare,
}

/// Which model is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Specification {
    /// Let negative errors count differently from positive ones (Glosten, Jagannathan & Runkle, 1993).
    pub leverage: bool,
    /// Distribution of the errors.
    pub distribution: ErrorDistribution,
    /// Start of the recursion.
    pub presample: Presample,
}

/// hₜ₊₁ = ω + (α + γ·1{eₜ < 0})·eₜ² + β hₜ with eₜ = xₜ − μ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GarchParameters {
    /// Mean.
    pub mu: f64,
    /// Constant of the variance, positive.
    pub omega: f64,
    /// Weight of a squared error, not negative.
    pub alpha: f64,
    /// Extra weight of a negative one; α + γ is not negative.
    pub gamma: f64,
    /// Weight of the variance before, not negative.
    pub beta: f64,
    /// Degrees of freedom, above 2; infinite for normal errors.
    pub nu: f64,
}

impl GarchParameters {
    /// α + γ/2 + β: below one the variance returns to a mean.
    #[must_use]
    pub fn persistence(&self) -> f64 {
        self.alpha + self.gamma / 2.0 + self.beta
    }
}
