use crate::bins::{jeffreys, sum_over_bins};
use crate::{Convention, Measured, PValue, Reference, Sample, Statistic};

/// Smallest share in [`PsiFloor`].
pub const PSI_FLOOR: f64 = 1e-4;

/// `psi/quantile-ref`: population stability index Σ (p − q) ln(p/q) over bins of equal reference mass, p being the
/// reference's share of a bin and q the current one.
///
/// Shares are smoothed on both sides to (c + ½)/(N + ½B): an empty bin then weighs by the size of its sample and not
/// by an arbitrary floor. Not bounded above. Without drift its mean is about (B − 1)(1/n + 1/m) for independent values
/// (Yurdakul, 2018), which at n = m = 100 is 0.18: a limit of 0.1 means nothing there. PSI(a, b) is not PSI(b, a), as
/// the bins are those of the first.
#[derive(Debug, Clone, Copy)]
pub struct PsiQuantileRef;

impl Statistic for PsiQuantileRef {
    fn convention(&self) -> Convention {
        Convention {
            name: "psi/quantile-ref",
            version: 1,
        }
    }

    fn measure(&self, reference: &Reference, current: &Sample, _: PValue) -> Measured {
        let (sum, bins) = sum_over_bins(reference, current, jeffreys, term);
        Measured {
            value: Some(sum),
            bins,
            ..Measured::default()
        }
    }
}

/// `psi/floor1e-4`: the index as credit risk computes it, on the same bins with plain shares, those below
/// [`PSI_FLOOR`] taken as that. Where a bin empties, the floor is most of the figure; for comparison with other tools.
#[derive(Debug, Clone, Copy)]
pub struct PsiFloor;

impl Statistic for PsiFloor {
    fn convention(&self) -> Convention {
        Convention {
            name: "psi/floor1e-4",
            version: 1,
        }
    }

    fn measure(&self, reference: &Reference, current: &Sample, _: PValue) -> Measured {
        let share = |count: usize, total: usize, _| (count as f64 / total as f64).max(PSI_FLOOR);
        let (sum, bins) = sum_over_bins(reference, current, share, term);
        Measured {
            value: Some(sum),
            bins,
            ..Measured::default()
        }
    }
}

/// Never negative: both factors have the same sign.
fn term(p: f64, q: f64) -> f64 {
    (p - q) * (p / q).ln()
}
