//! Kolmogorov–Smirnov: the statistic, and its null law in the files beside.

mod durbin;
mod exact;
mod kolmogorov;
mod pelz_good;
mod pomeranz;
mod smirnov;

use crate::{Convention, Measured, PValue, Reference, Sample, Statistic};

/// Largest sample for which the p-value is exact.
pub const EXACT_UP_TO: usize = 10_000;

/// `ks`: largest distance D = max |F − G| in \[0, 1\] between the empirical distribution functions (Smirnov, 1939), with
/// its place, its sign and a two-sided p-value.
///
/// Ties step together. p is exact (the share of lattice paths) while both samples have at most [`EXACT_UP_TO`] values;
/// beyond, that of a one-sample statistic of round(nm/(n + m)) values, as scipy's: finite-sample, not the limiting series.
/// With ties p is too large rather than too small. It is 0 when below the smallest f64. It holds for independent
/// values: on autocorrelated ones it rejects far too often.
#[derive(Debug, Clone, Copy)]
pub struct KolmogorovSmirnov;

impl Statistic for KolmogorovSmirnov {
    fn convention(&self) -> Convention {
        Convention {
            name: "ks",
            version: 1,
        }
    }

    fn measure(&self, reference: &Reference, current: &Sample, p: PValue) -> Measured {
        let gap = Gap::between(reference.sample().sorted(), current.sorted());
        Measured {
            value: Some(gap.distance()),
            p: (p == PValue::Compute).then(|| gap.p_value()),
            location: Some(gap.location),
            sign: Some(gap.sign),
            ..Measured::default()
        }
    }
}

/// Where two empirical distribution functions lie furthest apart.
#[derive(Debug, Clone, Copy)]
struct Gap {
    n: usize,
    m: usize,
    /// Greatest common divisor of n and m.
    divisor: usize,
    /// D as a whole number of steps of 1/lcm(n, m), and so without rounding.
    steps: u64,
    location: f64,
    sign: i8,
}

impl Gap {
    /// Both in ascending order and not empty. Where D is attained twice the first place counts, and of the two
    /// directions the reference's lying above.
    fn between(reference: &[f64], current: &[f64]) -> Self {
        let (n, m) = (reference.len(), current.len());
        let divisor = greatest_common_divisor(n, m);
        let (step_up, step_down) = (signed(m / divisor), signed(n / divisor));
        let (mut i, mut j) = (0, 0);
        let (mut above, mut below) = ((0_i64, reference[0].min(current[0])), (0_i64, current[0]));
        while i < n && j < m {
            let value = reference[i].min(current[j]);
            while i < n && reference[i] == value {
                i += 1;
            }
            while j < m && current[j] == value {
                j += 1;
            }
            let height = signed(i) * step_up - signed(j) * step_down;
            if height > above.0 {
                above = (height, value);
            }
            if -height > below.0 {
                below = (-height, value);
            }
        }
        let (sign, (steps, location)) = if below.0 > above.0 {
            (-1, below)
        } else {
            (1, above)
        };
        Self {
            n,
            m,
            divisor,
            steps: steps.unsigned_abs(),
            location,
            sign,
        }
    }

    fn distance(&self) -> f64 {
        self.steps as f64 / (self.n as f64 / self.divisor as f64 * self.m as f64)
    }

    fn p_value(&self) -> f64 {
        if self.n.max(self.m) <= EXACT_UP_TO {
            return exact::p_value(self.n, self.m, self.divisor, self.steps);
        }
        let (n, m) = (self.n as f64, self.m as f64);
        kolmogorov::survival((n * m / (n + m)).round_ties_even(), self.distance())
    }
}

/// A count; memory ends far below the largest i64.
fn signed(count: usize) -> i64 {
    (count as u64).cast_signed()
}

fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
