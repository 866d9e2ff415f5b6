use serde::Serialize;
use tidemark_core::{finite, same_len};

use crate::{Significance, StatsError, critical_value, hac};

/// Pairs below which no verdict is given, unless a caller asks otherwise.
pub const MIN_PAIRS: usize = 250;

/// Whether a paired comparison could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The test was computed.
    Ok,
    /// Fewer pairs than required.
    Insufficient,
    /// The differences do not vary, so they have no standard error.
    Degenerate,
}

/// What a paired comparison found. Fields that could not be computed are `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PairedLossReport {
    /// Whether the test could be made.
    pub status: Status,
    /// Number of pairs.
    pub n: usize,
    /// Mean of candidate loss − incumbent loss; below zero the candidate is better.
    pub mean_difference: Option<f64>,
    /// HAC standard error of that mean.
    pub standard_error: Option<f64>,
    /// Mean difference over its standard error.
    pub t: Option<f64>,
    /// The candidate is superior when t lies below minus this value.
    pub critical_value: Option<f64>,
    /// Lags in the long-run variance.
    pub bandwidth: usize,
    /// Number of independent differences that would be as informative, at most n.
    pub effective_n: Option<f64>,
    /// One-sided upper bound of the increase in loss: mean difference + critical value × standard error. Differences
    /// that are one and the same number are bounded by it; too few pairs have no bound.
    pub upper_bound: Option<f64>,
    /// Whether the candidate's loss is significantly lower. Never true unless the status is ok.
    pub superior: bool,
}

/// One-sided test that a candidate's expected loss is below the incumbent's on the same rows
/// (Diebold and Mariano, 1995), with Bartlett HAC errors and fixed-b critical values (Kiefer and Vogelsang, 2005).
///
/// With normal critical values the test promotes too often at the bandwidths that overlapping labels need. With
/// these, simulated size at 5 % is 4.8–5.0 % on independent differences; on AR(1) ones with coefficient 0.5 it is
/// 5.4 % at n = 250, 5.3 % at 500 and 5.0 % at 1,000 (40,000 samples each).
///
/// ```
/// use tidemark_stats::{PairedLossTest, Status};
/// let incumbent: Vec<f64> = (0..300).map(|t| f64::from(t % 7)).collect();
/// let candidate: Vec<f64> = incumbent.iter().map(|loss| 0.5 * loss).collect();
/// let report = PairedLossTest::new(1).run(&candidate, &incumbent).unwrap();
/// assert!(report.status == Status::Ok && report.superior);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PairedLossTest {
    horizon: usize,
    significance: Significance,
    min_pairs: usize,
}

impl PairedLossTest {
    /// A test at 5 % on at least [`MIN_PAIRS`] pairs, for labels that run over `horizon` bars.
    #[must_use]
    pub const fn new(horizon: usize) -> Self {
        Self {
            horizon,
            significance: Significance::FivePercent,
            min_pairs: MIN_PAIRS,
        }
    }

    /// The same test at another level.
    #[must_use]
    pub const fn significance(self, significance: Significance) -> Self {
        Self { significance, ..self }
    }

    /// The same test with another minimum of pairs, at least 2.
    #[must_use]
    pub const fn min_pairs(self, min_pairs: usize) -> Self {
        Self { min_pairs, ..self }
    }

    /// Compares losses of the same rows, in time order.
    ///
    /// # Errors
    /// `LENGTH_MISMATCH`, `VALUE_NOT_FINITE`. Too few pairs and differences without variance are statuses, not errors.
    pub fn run(&self, candidate: &[f64], incumbent: &[f64]) -> Result<PairedLossReport, StatsError> {
        same_len("incumbent losses", candidate.len(), incumbent.len())?;
        finite("candidate losses", candidate)?;
        finite("incumbent losses", incumbent)?;
        let differences: Vec<f64> = candidate
            .iter()
            .zip(incumbent)
            .map(|(new, old)| new - old)
            .collect();
        let n = differences.len();
        let bandwidth = hac::bandwidth(n, self.horizon);
        let mean = differences.iter().sum::<f64>() / n as f64;
        let mut report = PairedLossReport {
            status: Status::Insufficient,
            n,
            mean_difference: (n > 0).then_some(mean),
            standard_error: None,
            t: None,
            critical_value: None,
            bandwidth,
            effective_n: None,
            upper_bound: None,
            superior: false,
        };
        if n < self.min_pairs.max(2) {
            return Ok(report);
        }
        let long_run = hac::long_run_variance(&differences, bandwidth)?;
        if hac::is_constant(&differences) || long_run <= 0.0 {
            report.status = Status::Degenerate;
            report.upper_bound = hac::is_constant(&differences).then_some(differences[0]);
            return Ok(report);
        }
        let standard_error = (long_run / n as f64).sqrt();
        let critical = critical_value(self.significance, bandwidth, n);
        let t = mean / standard_error;
        report.status = Status::Ok;
        report.standard_error = Some(standard_error);
        report.t = Some(t);
        report.critical_value = Some(critical);
        report.effective_n = Some(hac::effective_sample_size(&differences, bandwidth)?);
        report.upper_bound = Some(mean + critical * standard_error);
        report.superior = t < -critical;
        Ok(report)
    }
}
