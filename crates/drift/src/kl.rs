use crate::bins::{jeffreys, sum_over_bins};
use crate::{Convention, Measured, PValue, Reference, Sample, Statistic};

/// `kl/quantile-ref`: Kullback–Leibler divergence of the reference from the current sample (Kullback and Leibler,
/// 1951), Σ p ln(p/q) in nats, on the bins and with the smoothing of [`crate::PsiQuantileRef`].
///
/// KL(reference‖current): what is lost when the current shares are taken for the reference's. Without smoothing a bin
/// that the current sample has left would make it infinite. Terms of single bins may be negative, the sum is not.
#[derive(Debug, Clone, Copy)]
pub struct KlQuantileRef;

impl Statistic for KlQuantileRef {
    fn convention(&self) -> Convention {
        Convention {
            name: "kl/quantile-ref",
            version: 1,
        }
    }

    fn measure(&self, reference: &Reference, current: &Sample, _: PValue) -> Measured {
        let (sum, bins) = sum_over_bins(reference, current, jeffreys, |p, q| p * (p / q).ln());
        Measured {
            // Rounding may leave a sum just below 0 where the shares agree.
            value: Some(sum.max(0.0)),
            bins,
            ..Measured::default()
        }
    }
}
