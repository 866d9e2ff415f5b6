use serde::Serialize;
use tidemark_core::{finite, positive, same_len};
use tidemark_stats::{Interval, MIN_PAIRS, Significance, Status, critical_value, hac};

use crate::MetricError;
use crate::sharpe::{BarSharpe, bar_sharpe};

/// Share of the influences' variance below which the variance of their difference is rounding: one series of returns
/// is then a positive multiple of the other, and the ratios are the same number.
const ROUNDING: f64 = 1e-20;

/// Highest lag of the long-run variance behind a standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lags {
    /// [`hac::bandwidth`] for values that run over this many bars: max(horizon − 1, ⌊1.3·√n⌋).
    Horizon(usize),
    /// This many, to reproduce a figure that was computed with them.
    Exactly(usize),
}

impl Lags {
    fn count(self, n: usize) -> usize {
        match self {
            Self::Horizon(bars) => hac::bandwidth(n, bars),
            Self::Exactly(lags) => lags.min(n.saturating_sub(1)),
        }
    }
}

/// What a comparison of two Sharpe ratios found. Fields that could not be computed are `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SharpeDifference {
    /// Whether the test could be made.
    pub status: Status,
    /// Number of pairs.
    pub n: usize,
    /// Annualised ratio of the first series minus that of the second.
    pub difference: Option<f64>,
    /// Its HAC standard error.
    pub standard_error: Option<f64>,
    /// Difference over its standard error.
    pub t: Option<f64>,
    /// The ratios differ when |t| is beyond this value: two-sided, 5 %, fixed-b.
    pub critical_value: Option<f64>,
    /// The differences that the test does not reject: 95 %.
    pub interval: Option<Interval>,
    /// Lags in the long-run variance.
    pub bandwidth: usize,
    /// Whether the ratios differ significantly. Never true unless the status is ok.
    pub significant: bool,
}

/// Two-sided test at 5 % that two series of returns over the same bars, in time order, have the same Sharpe ratio.
///
/// Each ratio as by [`crate::sharpe`]; the error of their difference is the delta method on the means and second
/// moments of both (Ledoit and Wolf, 2008), which is the long-run variance of the difference of the two influence
/// series: what the series share, such as the market, cancels. Bartlett kernel, fixed-b critical values (Kiefer and
/// Vogelsang, 2005); the normal ones reject too often. Simulated size is 4.4–4.9 % on GARCH returns with t innovations
/// at n = 250 to 4,000 and 5.6 % on AR(1) ones with coefficient 0.5 at n = 250, 5.1 % at 1,000 (20,000 samples each;
/// 5,000 at n = 4,000). Fewer than [`MIN_PAIRS`] bars are insufficient; a series that does not vary, or one that is a
/// positive multiple of the other, is degenerate.
///
/// ```
/// use tidemark_metrics::{DAYS_PER_YEAR, Lags, sharpe_difference};
/// let returns: Vec<f64> = (0..300).map(|t| f64::from(t % 7) - 2.5).collect();
/// let earlier: Vec<f64> = (0..300).map(|t| f64::from((t + 3) % 7) - 2.6).collect();
/// let report = sharpe_difference(&returns, &earlier, DAYS_PER_YEAR, Lags::Horizon(1)).unwrap();
/// assert!(report.difference.unwrap() > 0.0);
/// ```
///
/// # Errors
/// `LENGTH_MISMATCH`, `VALUE_NOT_FINITE`, `VALUE_OUT_OF_RANGE` for a year without bars.
pub fn sharpe_difference(
    a: &[f64],
    b: &[f64],
    periods_per_year: f64,
    lags: Lags,
) -> Result<SharpeDifference, MetricError> {
    same_len("second returns", a.len(), b.len())?;
    finite("first returns", a)?;
    finite("second returns", b)?;
    positive("periods per year", &[periods_per_year])?;
    let n = a.len();
    let bandwidth = lags.count(n);
    let mut report = SharpeDifference {
        status: if n < MIN_PAIRS {
            Status::Insufficient
        } else {
            Status::Degenerate
        },
        n,
        difference: None,
        standard_error: None,
        t: None,
        critical_value: None,
        interval: None,
        bandwidth,
        significant: false,
    };
    let (Some(first), Some(second)) = (bar_sharpe(a), bar_sharpe(b)) else {
        return Ok(report);
    };
    let year = periods_per_year.sqrt();
    let difference = (first.value - second.value) * year;
    report.difference = Some(difference);
    if n < MIN_PAIRS {
        return Ok(report);
    }
    let Some(long_run) = long_run_variance(&first, &second, bandwidth)? else {
        return Ok(report);
    };
    let standard_error = (long_run / n as f64).sqrt() * year;
    let critical = critical_value(Significance::TwoAndHalfPercent, bandwidth, n);
    let t = difference / standard_error;
    Ok(SharpeDifference {
        status: Status::Ok,
        standard_error: Some(standard_error),
        t: Some(t),
        critical_value: Some(critical),
        interval: Some(Interval {
            low: difference - critical * standard_error,
            high: difference + critical * standard_error,
        }),
        significant: t.abs() > critical,
        ..report
    })
}

/// Of the difference of the influences, per bar; `None` where they agree up to rounding.
fn long_run_variance(a: &BarSharpe, b: &BarSharpe, lags: usize) -> Result<Option<f64>, MetricError> {
    let differences: Vec<f64> = a
        .influences
        .iter()
        .zip(&b.influences)
        .map(|(left, right)| left - right)
        .collect();
    let scale = hac::long_run_variance(&a.influences, 0)? + hac::long_run_variance(&b.influences, 0)?;
    if hac::long_run_variance(&differences, 0)? <= ROUNDING * scale {
        return Ok(None);
    }
    let long_run = hac::long_run_variance(&differences, lags)?;
    Ok((long_run > 0.0).then_some(long_run))
}
