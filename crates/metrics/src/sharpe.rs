use serde::Serialize;
use tidemark_core::{finite, min_len, positive};
use tidemark_stats::{StatsError, hac};

use crate::MetricError;
use crate::error::mean;

/// Trading days a year, the usual factor for daily bars of an exchange.
pub const DAYS_PER_YEAR: f64 = 252.0;

/// An annualised Sharpe ratio and its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sharpe {
    /// mean/sd · √(periods a year), sd with divisor n − 1.
    pub value: f64,
    /// HAC standard error on the same scale; about 1 for one year of daily returns.
    pub standard_error: f64,
    /// Number of returns.
    pub n: usize,
}

/// Sharpe ratio of per-bar returns over a zero benchmark, with its HAC standard error.
///
/// The error is the delta method on mean and second moment (Lo, 2002; Ledoit and Wolf, 2008): the long-run variance of
/// (r − μ)/σ − ½·S·(((r − μ)/σ)² − 1), S = μ/σ with divisor n, Bartlett kernel and [`hac::bandwidth`]. Returns must be
/// those of one bar each: overlapping multi-bar returns inflate the ratio.
///
/// # Errors
/// `INSUFFICIENT_DATA` for fewer than two returns, `VALUE_NOT_FINITE`, `ZERO_VARIANCE` when all returns are equal,
/// `VALUE_OUT_OF_RANGE` for a year without bars.
pub fn sharpe(returns: &[f64], periods_per_year: f64) -> Result<Sharpe, MetricError> {
    min_len("returns", 2, returns.len())?;
    finite("returns", returns)?;
    positive("periods per year", &[periods_per_year])?;
    let Some(BarSharpe { value, influences }) = bar_sharpe(returns) else {
        return Err(StatsError::Degenerate { what: "returns" }.into());
    };
    let long_run = hac::long_run_variance(&influences, hac::bandwidth(returns.len(), 1))?;
    let year = periods_per_year.sqrt();
    Ok(Sharpe {
        value: value * year,
        standard_error: (long_run / returns.len() as f64).sqrt() * year,
        n: returns.len(),
    })
}

/// A Sharpe ratio per bar and what each return adds to its estimation error.
pub(crate) struct BarSharpe {
    /// mean/sd, sd with divisor n − 1.
    pub(crate) value: f64,
    /// Influence of each return on the ratio: their mean has the error of the ratio, to first order.
    pub(crate) influences: Vec<f64>,
}

/// `None` for fewer than two returns and for returns that do not vary. The returns must be finite.
pub(crate) fn bar_sharpe(returns: &[f64]) -> Option<BarSharpe> {
    if returns.windows(2).all(|pair| pair[0] == pair[1]) {
        return None;
    }
    let n = returns.len() as f64;
    let mean = mean(returns);
    let squares: f64 = returns.iter().map(|r| (r - mean) * (r - mean)).sum();
    if squares <= 0.0 {
        return None;
    }
    let sd = (squares / n).sqrt();
    let ratio = mean / sd;
    let influence = |r: &f64| {
        let z = (r - mean) / sd;
        z - 0.5 * ratio * (z * z - 1.0)
    };
    Some(BarSharpe {
        value: mean / (squares / (n - 1.0)).sqrt(),
        influences: returns.iter().map(influence).collect(),
    })
}
