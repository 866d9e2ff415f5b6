//! Families that forecast the probability of a positive return over the label's horizon.
//!
//! Every family answers one number, `probability`. Labels are 0 or 1. Fitted scores are log odds; logistic regression and
//! trees pass them through Platt scaling fitted on the calibration slice.

mod base_rate;
mod fitted;
mod gbdt;
mod logistic;
mod slices;

pub use base_rate::BaseRate;
pub use gbdt::Gbdt;
pub use logistic::{Logistic, LogisticParams};

use tidemark_indicators::InputSpec;

/// The agent's features as inputs of a row.
///
/// Names that are no column are left out here; whoever reads a job refuses them before a family is asked.
fn feature_inputs(features: &[String]) -> Vec<InputSpec> {
    features
        .iter()
        .filter_map(|name| name.parse().ok())
        .map(InputSpec::column)
        .collect()
}
