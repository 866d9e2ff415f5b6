use crate::{Convention, Measured, PValue, Reference, Sample, Statistic};

/// Interquartile range of a normal law over its standard deviation, to the digits that robust scales are quoted with.
pub const NORMAL_IQR: f64 = 1.349;

/// Share of the largest magnitude below which a scale is rounding.
const SCALE_FLOOR: f64 = 1e-12;

/// `w1`: Wasserstein distance of order 1, ∫ |F − G| dx, in the unit of the values: how far the values of one sample
/// must move on average to become the other.
#[derive(Debug, Clone, Copy)]
pub struct W1;

impl Statistic for W1 {
    fn convention(&self) -> Convention {
        Convention {
            name: "w1",
            version: 1,
        }
    }

    fn measure(&self, reference: &Reference, current: &Sample, _: PValue) -> Measured {
        Measured {
            value: Some(distance(reference.sample().sorted(), current.sorted())),
            ..Measured::default()
        }
    }
}

/// `w1/std`: [`W1`] over the reference's standard deviation (over n).
///
/// As Evidently's normed distance, but with a floor of 1e-12 of the reference's largest magnitude and not of 0.001,
/// which shrinks the figures of values as small as returns.
#[derive(Debug, Clone, Copy)]
pub struct W1Std;

impl Statistic for W1Std {
    fn convention(&self) -> Convention {
        Convention {
            name: "w1/std",
            version: 1,
        }
    }

    fn measure(&self, reference: &Reference, current: &Sample, _: PValue) -> Measured {
        scaled(reference, current, reference.standard_deviation())
    }
}

/// `w1/iqr`: [`W1`] over the reference's interquartile range divided by [`NORMAL_IQR`], which is the standard deviation
/// of normal values and is not inflated by a few extreme ones. Floor as in [`W1Std`]; a scale at the floor is degenerate.
#[derive(Debug, Clone, Copy)]
pub struct W1Iqr;

impl Statistic for W1Iqr {
    fn convention(&self) -> Convention {
        Convention {
            name: "w1/iqr",
            version: 1,
        }
    }

    fn measure(&self, reference: &Reference, current: &Sample, _: PValue) -> Measured {
        scaled(reference, current, reference.interquartile_range() / NORMAL_IQR)
    }
}

fn scaled(reference: &Reference, current: &Sample, scale: f64) -> Measured {
    let floor = SCALE_FLOOR * reference.largest_magnitude();
    let raw = distance(reference.sample().sorted(), current.sorted());
    let used = scale.max(floor);
    // Samples that agree are at distance 0 in any scale, also where the reference is all zeros and has none.
    let value = if raw == 0.0 {
        Some(0.0)
    } else {
        (used > 0.0 && scale.is_finite()).then(|| raw / used)
    };
    Measured {
        value,
        lacks_scale: scale <= floor,
        ..Measured::default()
    }
}

/// Σ |i/n − j/m| (z₊ − z) over the pooled values z in order, i and j being the values up to z on each side. The
/// difference of the distribution functions is that of whole numbers, |im − jn|/(nm), and exact.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (mut i, mut j) = (0, 0);
    let mut previous = a[0].min(b[0]);
    let mut sum = 0.0;
    while i < a.len() || j < b.len() {
        let takes_a = j == b.len() || (i < a.len() && a[i] <= b[j]);
        let next = if takes_a { a[i] } else { b[j] };
        sum += (i as f64 * m - j as f64 * n).abs() * (next - previous);
        previous = next;
        if takes_a {
            i += 1;
        } else {
            j += 1;
        }
    }
    sum / (n * m)
}
