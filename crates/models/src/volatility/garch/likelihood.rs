//! Log-likelihood and its gradient.

use super::{ErrorDistribution, GarchParameters, Presample, Specification};
use statrs::function::gamma::{digamma, ln_gamma};
use std::f64::consts::PI;

/// Places of the gradient: μ, ω, weight of positive errors a₊ = α, of negative ones a₋ = α + γ, β, ν.
pub(super) type Gradient = [f64; 6];

/// Log-likelihood of a series at given parameters; −∞ or NaN outside the admissible region.
#[must_use]
pub fn log_likelihood(series: &[f64], specification: Specification, parameters: &GarchParameters) -> f64 {
    Likelihood::new(series, specification).evaluate(parameters).0
}

/// A series with what stays fixed while parameters move.
pub(super) struct Likelihood<'a> {
    series: &'a [f64],
    specification: Specification,
    backcast: f64,
}

/// A density term and its derivatives by h and e (for one observation) and by ν.
struct Term {
    value: f64,
    by_variance: f64,
    by_error: f64,
    by_nu: f64,
}

impl<'a> Likelihood<'a> {
    pub(super) fn new(series: &'a [f64], specification: Specification) -> Self {
        Self {
            series,
            specification,
            backcast: backcast(series),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.series.len()
    }

    /// Log-likelihood and gradient, in one pass: the derivatives of h follow the same recursion as h.
    pub(super) fn evaluate(&self, parameters: &GarchParameters) -> (f64, Gradient) {
        let GarchParameters {
            mu,
            omega,
            alpha,
            gamma,
            beta,
            ..
        } = *parameters;
        let density = Density::new(self.specification.distribution, parameters.nu);
        let (start, start_by_mu) = self.start(mu);
        let shock = alpha + gamma / 2.0;
        let mut h = omega + (shock + beta) * start;
        let mut slope = [(shock + beta) * start_by_mu, 1.0, start / 2.0, start / 2.0, start];
        let (mut value, mut gradient) = (0.0, [0.0; 6]);
        for x in self.series {
            let e = x - mu;
            let term = density.term(e, h);
            value += term.value;
            for (sum, by) in gradient.iter_mut().zip(slope) {
                *sum += term.by_variance * by;
            }
            gradient[0] -= term.by_error;
            gradient[5] += term.by_nu;

            let negative = e < 0.0;
            let weight = if negative { alpha + gamma } else { alpha };
            let square = e * e;
            let direct = [
                -2.0 * weight * e,
                1.0,
                if negative { 0.0 } else { square },
                if negative { square } else { 0.0 },
                h,
            ];
            for (by, direct) in slope.iter_mut().zip(direct) {
                *by = direct + beta * *by;
            }
            h = omega + weight * square + beta * h;
        }
        (value, gradient)
    }

    /// The presample value and its derivative by μ.
    fn start(&self, mu: f64) -> (f64, f64) {
        match self.specification.presample {
            Presample::Backcast => (self.backcast, 0.0),
            Presample::MeanSquare => {
                let n = self.series.len() as f64;
                let (sum, squares) = self.series.iter().fold((0.0, 0.0), |(sum, squares), x| {
                    let e = x - mu;
                    (sum + e, squares + e * e)
                });
                (squares / n, -2.0 * sum / n)
            }
        }
    }
}

fn backcast(series: &[f64]) -> f64 {
    let mean = series.iter().sum::<f64>() / series.len() as f64;
    let (mut total, mut weights, mut weight) = (0.0, 0.0, 1.0);
    for x in series.iter().take(75) {
        total += weight * (x - mean).powi(2);
        weights += weight;
        weight *= 0.94;
    }
    total / weights
}

/// What the density needs once per parameter set.
enum Density {
    Normal,
    StudentT {
        nu: f64,
        constant: f64,
        constant_by_nu: f64,
    },
}

impl Density {
    fn new(distribution: ErrorDistribution, nu: f64) -> Self {
        match distribution {
            ErrorDistribution::Normal => Self::Normal,
            ErrorDistribution::StudentT => {
                let (upper, lower) = (f64::midpoint(nu, 1.0), nu / 2.0);
                let constant = ln_gamma(upper) - ln_gamma(lower) - 0.5 * (PI * (nu - 2.0)).ln();
                let constant_by_nu = 0.5 * (digamma(upper) - digamma(lower) - 1.0 / (nu - 2.0));
                Self::StudentT {
                    nu,
                    constant,
                    constant_by_nu,
                }
            }
        }
    }

    fn term(&self, e: f64, h: f64) -> Term {
        match *self {
            Self::Normal => Term {
                value: -0.5 * ((2.0 * PI).ln() + h.ln() + e * e / h),
                by_variance: 0.5 * (e * e / h - 1.0) / h,
                by_error: -e / h,
                by_nu: 0.0,
            },
            Self::StudentT {
                nu,
                constant,
                constant_by_nu,
            } => {
                let w = e * e / (h * (nu - 2.0));
                let log = w.ln_1p();
                let share = w / (1.0 + w);
                let power = f64::midpoint(nu, 1.0);
                Term {
                    value: constant - 0.5 * h.ln() - power * log,
                    by_variance: (power * share - 0.5) / h,
                    by_error: -(nu + 1.0) * e / (h * (nu - 2.0) * (1.0 + w)),
                    by_nu: constant_by_nu - 0.5 * log + power * share / (nu - 2.0),
                }
            }
        }
    }
}
