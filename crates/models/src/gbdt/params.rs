//! Settings of a boosted ensemble: plain, then checked.

use super::binning::MAX_BINS;
use crate::params::in_range;
use crate::{ModelError, Result};
use serde::{Deserialize, Serialize};

pub(super) const FAMILY: &str = "gbdt";

/// Settings of gradient boosting. Every field has a default; unknown fields are refused.
///
/// The defaults are conservative for a few thousand rows of weakly predictable returns: shallow trees, large leaves,
/// slow learning, and early stopping to decide how many trees remain. They follow from that aim and were not tuned on losses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct GbdtParams {
    /// Most boosting rounds, one tree each. 1–5,000; default 300.
    pub rounds: usize,
    /// Factor on each leaf's Newton step. (0, 1]; default 0.03.
    pub learning_rate: f64,
    /// Most leaves of a tree, grown best gain first. 2–255; default 8.
    pub num_leaves: usize,
    /// Most splits between root and leaf. 1–64; default 4.
    pub max_depth: usize,
    /// Fewest rows in a leaf, counted exactly. 1–1,000,000; default 100.
    pub min_data_in_leaf: usize,
    /// Smallest sum of hessians in a leaf. 0–1e12; default 0.001.
    pub min_child_weight: f64,
    /// L2 penalty on leaf values, added to the sum of hessians. 0–1e12; default 1.
    pub lambda_l2: f64,
    /// Smallest gain of a split. 0–1e12; default 0.
    pub min_gain: f64,
    /// Most bins a feature, missing values included. 2–255; default 255.
    pub max_bins: usize,
    /// Fewest rows in a bin where a feature has few distinct values. 1–1,000,000; default 3.
    pub min_data_in_bin: usize,
    /// Share of rows a tree sees, drawn without replacement. (0, 1]; default 0.7.
    pub bagging_fraction: f64,
    /// Rounds between two draws of rows. 1–5,000; default 1.
    pub bagging_frequency: usize,
    /// Share of features a tree sees, at least one. (0, 1]; default 0.7.
    pub feature_fraction: f64,
    /// Rounds without a better early-stopping loss after which boosting ends. 1–5,000; default 50.
    pub early_stopping_rounds: usize,
}

impl Default for GbdtParams {
    fn default() -> Self {
        Self {
            rounds: 300,
            learning_rate: 0.03,
            num_leaves: 8,
            max_depth: 4,
            min_data_in_leaf: 100,
            min_child_weight: 1e-3,
            lambda_l2: 1.0,
            min_gain: 0.0,
            max_bins: MAX_BINS,
            min_data_in_bin: 3,
            bagging_fraction: 0.7,
            bagging_frequency: 1,
            feature_fraction: 0.7,
            early_stopping_rounds: 50,
        }
    }
}

impl GbdtParams {
    /// Checks every setting against its range.
    ///
    /// # Errors
    /// [`ModelError::InvalidParams`] naming the first setting outside its range.
    pub fn check(&self) -> Result<CheckedGbdtParams> {
        let counts = [
            ("rounds", self.rounds, 1, 5_000),
            ("numLeaves", self.num_leaves, 2, 255),
            ("maxDepth", self.max_depth, 1, 64),
            ("minDataInLeaf", self.min_data_in_leaf, 1, 1_000_000),
            ("maxBins", self.max_bins, 2, MAX_BINS),
            ("minDataInBin", self.min_data_in_bin, 1, 1_000_000),
            ("baggingFrequency", self.bagging_frequency, 1, 5_000),
            ("earlyStoppingRounds", self.early_stopping_rounds, 1, 5_000),
        ];
        for (name, value, min, max) in counts {
            in_range(FAMILY, name, value as f64, f64::from(min), max as f64)?;
        }
        for (name, value) in [
            ("minChildWeight", self.min_child_weight),
            ("lambdaL2", self.lambda_l2),
            ("minGain", self.min_gain),
        ] {
            in_range(FAMILY, name, value, 0.0, 1e12)?;
        }
        for (name, value) in [
            ("learningRate", self.learning_rate),
            ("baggingFraction", self.bagging_fraction),
            ("featureFraction", self.feature_fraction),
        ] {
            if !(value > 0.0 && value <= 1.0) {
                let message = format!("{name} must be in (0, 1], got {value}");
                return Err(ModelError::InvalidParams {
                    family: FAMILY,
                    message,
                });
            }
        }
        Ok(CheckedGbdtParams(self.clone()))
    }
}

/// Settings that passed [`GbdtParams::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedGbdtParams(GbdtParams);

impl std::ops::Deref for CheckedGbdtParams {
    type Target = GbdtParams;

    fn deref(&self) -> &GbdtParams {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_core::Code;

    #[test]
    fn defaults_are_valid_and_survive_json() {
        let params = GbdtParams::default();
        assert!(params.check().is_ok());
        let json = serde_json::to_value(&params).unwrap();
        assert_eq!(serde_json::from_value::<GbdtParams>(json).unwrap(), params);
    }

    #[test]
    fn each_setting_is_bounded() {
        let cases: [fn(&mut GbdtParams); 12] = [
            |p| p.rounds = 0,
            |p| p.num_leaves = 1,
            |p| p.max_depth = 0,
            |p| p.min_data_in_leaf = 0,
            |p| p.max_bins = 256,
            |p| p.min_data_in_bin = 0,
            |p| p.bagging_frequency = 0,
            |p| p.early_stopping_rounds = 0,
            |p| p.lambda_l2 = -1.0,
            |p| p.min_gain = f64::NAN,
            |p| p.learning_rate = 0.0,
            |p| p.feature_fraction = 1.5,
        ];
        for (index, spoil) in cases.iter().enumerate() {
            let mut params = GbdtParams::default();
            spoil(&mut params);
            assert_eq!(
                params.check().unwrap_err().code(),
                "MODELS_INVALID_PARAMS",
                "case {index}"
            );
        }
    }
}
