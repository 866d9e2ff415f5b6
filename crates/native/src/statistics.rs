//! Tests on paired series.

use napi_derive::napi;
use tidemark_metrics::Lags;
use tidemark_stats::{PairedLossTest, Significance, Status};

use crate::edge::{Result, guard};
use crate::measures::NumberInterval;

/// What a paired comparison found. What could not be computed is absent.
#[napi(object)]
pub struct PairedLossResult {
    /// `ok`, `insufficient` (too few pairs) or `degenerate` (the differences do not vary).
    #[napi(ts_type = "'ok' | 'insufficient' | 'degenerate'")]
    pub status: String,
    /// Number of pairs.
    pub n: u32,
    /// Mean of candidate loss minus incumbent loss; below zero the candidate is better.
    pub mean_difference: Option<f64>,
    /// HAC standard error of that mean.
    pub standard_error: Option<f64>,
    /// Mean difference over its standard error.
    pub t: Option<f64>,
    /// The candidate is superior when t lies below minus this value.
    pub critical_value: Option<f64>,
    /// Lags in the long-run variance.
    pub bandwidth: u32,
    /// Number of independent differences that would be as informative.
    pub effective_n: Option<f64>,
    /// One-sided upper bound of the mean difference at the level of the test; of differences that are one and the same
    /// number, that number.
    pub upper_bound: Option<f64>,
    /// Whether the candidate's loss is significantly lower. Never true unless the status is ok.
    pub superior: bool,
}

/// What a comparison of two Sharpe ratios found. What could not be computed is absent.
#[napi(object)]
pub struct SharpeDifferenceResult {
    /// `ok`, `insufficient` (fewer than 250 pairs) or `degenerate` (a series does not vary, or one is a positive
    /// multiple of the other).
    #[napi(ts_type = "'ok' | 'insufficient' | 'degenerate'")]
    pub status: String,
    /// Number of pairs.
    pub n: u32,
    /// Annualised Sharpe ratio of the first series minus that of the second.
    pub difference: Option<f64>,
    /// HAC standard error of that difference.
    pub standard_error: Option<f64>,
    /// Difference over its standard error.
    pub t: Option<f64>,
    /// The ratios differ when |t| is beyond this value: two-sided, 5 %, fixed-b.
    pub critical_value: Option<f64>,
    /// 95 % interval of the difference, by the same critical value.
    pub interval: Option<NumberInterval>,
    /// Lags in the long-run variance.
    pub bandwidth: u32,
    /// Whether the ratios differ significantly. Never true unless the status is ok.
    pub significant: bool,
}

/// One-sided test that the candidate's expected loss is below the incumbent's on the same rows, in time order, for
/// labels that run over `horizon` bars. `alpha` is 0.1, 0.05, 0.025 or 0.01.
#[napi(catch_unwind)]
pub fn paired_loss_test(
    candidate: &[f64],
    incumbent: &[f64],
    horizon: u32,
    alpha: f64,
    min_pairs: Option<u32>,
) -> Result<PairedLossResult> {
    guard(|| {
        let test = PairedLossTest::new(horizon as usize).significance(Significance::try_from(alpha)?);
        let test = min_pairs.map_or(test, |pairs| test.min_pairs(pairs as usize));
        let report = test.run(candidate, incumbent)?;
        Ok(PairedLossResult {
            status: status_text(report.status),
            n: report.n as u32,
            mean_difference: report.mean_difference,
            standard_error: report.standard_error,
            t: report.t,
            critical_value: report.critical_value,
            bandwidth: report.bandwidth as u32,
            effective_n: report.effective_n,
            upper_bound: report.upper_bound,
            superior: report.superior,
        })
    })
}

/// Two-sided test at 5 % that two series of returns over the same bars, in time order, have the same Sharpe ratio
/// (Ledoit and Wolf, 2008). `horizon` is the number of bars that each return runs over.
#[napi(catch_unwind)]
pub fn sharpe_difference(
    first: &[f64],
    second: &[f64],
    bars_per_year: f64,
    horizon: u32,
) -> Result<SharpeDifferenceResult> {
    guard(|| {
        let lags = Lags::Horizon(horizon as usize);
        let report = tidemark_metrics::sharpe_difference(first, second, bars_per_year, lags)?;
        Ok(SharpeDifferenceResult {
            status: status_text(report.status),
            n: report.n as u32,
            difference: report.difference,
            standard_error: report.standard_error,
            t: report.t,
            critical_value: report.critical_value,
            interval: report.interval.map(Into::into),
            bandwidth: report.bandwidth as u32,
            significant: report.significant,
        })
    })
}

fn status_text(status: Status) -> String {
    let text = match status {
        Status::Ok => "ok",
        Status::Insufficient => "insufficient",
        Status::Degenerate => "degenerate",
    };
    text.to_owned()
}
