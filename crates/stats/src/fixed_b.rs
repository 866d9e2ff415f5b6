//! Fixed-b critical values for t statistics with Bartlett HAC errors.
//!
//! Kiefer and Vogelsang (2005), table 1: the limit of the t statistic when the bandwidth is a fixed share b of the
//! sample. For the Bartlett kernel the quantiles are a cubic in b, a₀ + a₁b + a₂b² + a₃b³; at b = 0 they are normal.

use crate::StatsError;

/// One-sided significance levels for which critical values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Significance {
    /// 10 %.
    TenPercent,
    /// 5 %.
    FivePercent,
    /// 2.5 %.
    TwoAndHalfPercent,
    /// 1 %.
    OnePercent,
}

impl Significance {
    /// Every level, from loose to strict.
    pub const ALL: [Self; 4] = [
        Self::TenPercent,
        Self::FivePercent,
        Self::TwoAndHalfPercent,
        Self::OnePercent,
    ];

    /// The level as a probability.
    #[must_use]
    pub const fn level(self) -> f64 {
        match self {
            Self::TenPercent => 0.1,
            Self::FivePercent => 0.05,
            Self::TwoAndHalfPercent => 0.025,
            Self::OnePercent => 0.01,
        }
    }

    const fn coefficients(self) -> [f64; 4] {
        match self {
            Self::TenPercent => [1.2816, 1.3040, 0.5135, -0.3386],
            Self::FivePercent => [1.6449, 2.1859, 0.3142, -0.3427],
            Self::TwoAndHalfPercent => [1.9600, 2.9694, 0.4160, -0.5324],
            Self::OnePercent => [2.3263, 4.1618, 0.5368, -0.9060],
        }
    }
}

impl TryFrom<f64> for Significance {
    type Error = StatsError;

    fn try_from(level: f64) -> Result<Self, StatsError> {
        let found = Self::ALL.into_iter().find(|known| known.level() == level);
        found.ok_or(StatsError::Significance { level })
    }
}

/// Upper critical value of the t statistic of a mean of `n` values whose long-run variance used `lags` lags.
///
/// The kernel weights 1 − j/(lags + 1) are those of bandwidth lags + 1, hence b = (lags + 1)/n, at most 1.
#[must_use]
pub fn critical_value(significance: Significance, lags: usize, n: usize) -> f64 {
    let b = ((lags as f64 + 1.0) / (n.max(1) as f64)).min(1.0);
    let [a0, a1, a2, a3] = significance.coefficients();
    a0 + b * (a1 + b * (a2 + b * a3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_core::Code;

    #[test]
    fn values_rise_with_the_bandwidth_and_the_strictness() {
        for lags in [0, 29, 100, 499] {
            let row = Significance::ALL.map(|level| critical_value(level, lags, 500));
            assert!(row.windows(2).all(|pair| pair[0] < pair[1]), "{row:?}");
        }
        let column = [0, 29, 100, 499].map(|lags| critical_value(Significance::FivePercent, lags, 500));
        assert!(column.windows(2).all(|pair| pair[0] < pair[1]), "{column:?}");
        // b = 0.06: 1.6449 + 0.131154 + 0.00113112 − 0.0000740232.
        assert!((critical_value(Significance::FivePercent, 29, 500) - 1.777_111_096_8).abs() < 1e-9);
    }

    #[test]
    fn only_known_levels_convert() {
        for level in Significance::ALL {
            assert_eq!(Significance::try_from(level.level()).unwrap(), level);
        }
        for level in [0.2, 0.0, f64::NAN] {
            assert_eq!(
                Significance::try_from(level).unwrap_err().code(),
                "SIGNIFICANCE_UNSUPPORTED"
            );
        }
    }
}
