use crate::bins::sum_over_bins;
use crate::{Convention, Measured, PValue, Reference, Sample, Statistic};

/// `js/quantile-ref`: Jensen–Shannon distance in \[0, 1\] on the bins of [`crate::PsiQuantileRef`]: the square root of
/// Σ ½(p log₂(p/m) + q log₂(q/m)) with m = (p + q)/2 (Lin, 1991; a metric by Endres and Schindelin, 2003).
///
/// Base 2, so that samples without a bin in common are at distance 1. Shares are plain: m is 0 only where both are, so
/// nothing can become infinite and smoothing would only keep the distance from reaching 1. The terms by bin are those
/// of the divergence, the square. Near 0 the root magnifies rounding: shares that agree up to 1e-16 may be 1e-8 apart.
#[derive(Debug, Clone, Copy)]
pub struct JsQuantileRef;

impl Statistic for JsQuantileRef {
    fn convention(&self) -> Convention {
        Convention {
            name: "js/quantile-ref",
            version: 1,
        }
    }

    fn measure(&self, reference: &Reference, current: &Sample, _: PValue) -> Measured {
        let share = |count: usize, total: usize, _| count as f64 / total as f64;
        let (sum, bins) = sum_over_bins(reference, current, share, |p, q| {
            let middle = f64::midpoint(p, q);
            0.5 * (against(p, middle) + against(q, middle))
        });
        Measured {
            value: Some(sum.clamp(0.0, 1.0).sqrt()),
            bins,
            ..Measured::default()
        }
    }
}

/// p log₂(p/m), with 0·log₂(0) = 0.
fn against(p: f64, middle: f64) -> f64 {
    if p > 0.0 { p * (p / middle).log2() } else { 0.0 }
}
