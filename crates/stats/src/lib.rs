//! Inference that survives overlapping labels: heteroskedasticity- and autocorrelation-consistent (HAC) variance,
//! the paired loss test with fixed-b critical values, exact binomial results, coverage tests and quantiles.

mod binomial;
mod coverage;
mod error;
mod fixed_b;
pub mod hac;
mod paired;
mod quantile;

pub use binomial::{Interval, clopper_pearson, probability_at_least, probability_at_most};
pub use coverage::{Christoffersen, LikelihoodRatio, Transitions, christoffersen, kupiec};
pub use error::StatsError;
pub use fixed_b::{Significance, critical_value};
pub use paired::{MIN_PAIRS, PairedLossReport, PairedLossTest, Status};
pub use quantile::{quantile, quantile_of_sorted};
