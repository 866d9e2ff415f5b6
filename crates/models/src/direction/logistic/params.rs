//! Settings of logistic regression: plain, then checked.

use super::FAMILY;
use crate::params::in_range;
use crate::{ModelError, Result};
use serde::{Deserialize, Serialize};

/// Settings of logistic regression. Every field has a default; unknown fields are refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct LogisticParams {
    /// L2 penalties to choose from on the early-stopping slice, ascending; on the sum of weighted losses, with features at
    /// unit deviation. 1–20 values in [1e-6, 1e9]; default 1, 10, 100, 1,000.
    pub l2_grid: Vec<f64>,
    /// Share of each feature's fit rows pulled in at either end before standardising. 0–0.25; default 0.01.
    pub winsorise: f64,
}

impl Default for LogisticParams {
    fn default() -> Self {
        Self {
            l2_grid: vec![1.0, 10.0, 100.0, 1000.0],
            winsorise: 0.01,
        }
    }
}

impl LogisticParams {
    pub(super) fn check(&self) -> Result<()> {
        in_range(FAMILY, "length of l2Grid", self.l2_grid.len() as f64, 1.0, 20.0)?;
        for penalty in &self.l2_grid {
            in_range(FAMILY, "l2Grid", *penalty, 1e-6, 1e9)?;
        }
        if self.l2_grid.windows(2).any(|pair| pair[0] >= pair[1]) {
            let message = format!("l2Grid must increase strictly, got {:?}", self.l2_grid);
            return Err(ModelError::InvalidParams {
                family: FAMILY,
                message,
            });
        }
        in_range(FAMILY, "winsorise", self.winsorise, 0.0, 0.25)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_core::Code;

    #[test]
    fn settings_are_bounded() {
        assert!(LogisticParams::default().check().is_ok());
        for (l2_grid, winsorise) in [
            (vec![], 0.0),
            (vec![0.0], 0.0),
            (vec![2.0, 1.0], 0.0),
            (vec![1.0], 0.3),
            (vec![f64::NAN], 0.0),
        ] {
            let error = LogisticParams { l2_grid, winsorise }.check().unwrap_err();
            assert_eq!(error.code(), "MODELS_INVALID_PARAMS");
        }
    }
}
