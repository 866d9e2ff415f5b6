//! Free coordinates for the constrained parameters.
//!
//! a₊/2, a₋/2 (or α) and β are the first shares of a point on a sphere: pᵢ = zᵢ²/(1 + Σ z²). So none is negative, their sum,
//! the persistence, is below one, and a share that the data want at zero is an ordinary stationary point at z = 0 instead
//! of one at infinity. ω = s²·exp(z) in units of the sample variance s², and ν = 2.05 + 197.95·logistic(z).

use super::likelihood::Gradient;
use super::{ErrorDistribution, GarchParameters, Specification};

const NU_MIN: f64 = 2.05;
const NU_MAX: f64 = 200.0;

/// The mapping for one specification and one series.
pub(super) struct Transform {
    leverage: bool,
    student: bool,
    /// Sample variance.
    scale: f64,
}

impl Transform {
    pub(super) fn new(specification: Specification, scale: f64) -> Self {
        Self {
            leverage: specification.leverage,
            student: specification.distribution == ErrorDistribution::StudentT,
            scale,
        }
    }

    fn shares(&self) -> usize {
        if self.leverage { 3 } else { 2 }
    }

    /// Free coordinates of a starting point; its persistence must be below one and ν inside the bounds.
    pub(super) fn to_free(&self, parameters: &GarchParameters) -> Vec<f64> {
        let p = parameters;
        let shares = if self.leverage {
            vec![p.alpha / 2.0, p.alpha / 2.0 + p.gamma / 2.0, p.beta]
        } else {
            vec![p.alpha, p.beta]
        };
        let rest = 1.0 - shares.iter().sum::<f64>();
        let mut free = vec![p.mu / self.scale.sqrt(), (p.omega / self.scale).ln()];
        free.extend(shares.iter().map(|share| (share / rest).sqrt()));
        if self.student {
            let level = (p.nu - NU_MIN) / (NU_MAX - NU_MIN);
            free.push((level / (1.0 - level)).ln());
        }
        free
    }

    /// Parameters at free coordinates.
    pub(super) fn to_parameters(&self, free: &[f64]) -> GarchParameters {
        let squares: Vec<f64> = free[2..2 + self.shares()].iter().map(|z| z * z).collect();
        let total = 1.0 + squares.iter().sum::<f64>();
        let share = |index: usize| squares[index] / total;
        let (alpha, gamma, beta) = if self.leverage {
            (2.0 * share(0), 2.0 * (share(1) - share(0)), share(2))
        } else {
            (share(0), 0.0, share(1))
        };
        let nu = if self.student {
            NU_MIN + (NU_MAX - NU_MIN) * self.nu_level(free)
        } else {
            f64::INFINITY
        };
        GarchParameters {
            mu: free[0] * self.scale.sqrt(),
            omega: self.scale * free[1].exp(),
            alpha,
            gamma,
            beta,
            nu,
        }
    }

    /// Chain rule from the gradient by (μ, ω, a₊, a₋, β, ν).
    pub(super) fn gradient(&self, free: &[f64], by: &Gradient) -> Vec<f64> {
        let z = &free[2..2 + self.shares()];
        let total = 1.0 + z.iter().map(|z| z * z).sum::<f64>();
        let by_share = if self.leverage {
            vec![2.0 * by[2], 2.0 * by[3], by[4]]
        } else {
            vec![by[2] + by[3], by[4]]
        };
        let common: f64 = by_share.iter().zip(z).map(|(by, z)| by * z * z / total).sum();
        let mut gradient = vec![by[0] * self.scale.sqrt(), by[1] * self.scale * free[1].exp()];
        gradient.extend(
            by_share
                .iter()
                .zip(z)
                .map(|(by, z)| 2.0 * z / total * (by - common)),
        );
        if self.student {
            let level = self.nu_level(free);
            gradient.push(by[5] * (NU_MAX - NU_MIN) * level * (1.0 - level));
        }
        gradient
    }

    fn nu_level(&self, free: &[f64]) -> f64 {
        1.0 / (1.0 + (-free[2 + self.shares()]).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volatility::garch::Presample;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn prop_every_point_is_admissible_and_comes_back(
            leverage: bool,
            free in prop::array::uniform6(-6.0..6.0_f64),
        ) {
            let distribution = ErrorDistribution::StudentT;
            let specification = Specification { leverage, distribution, presample: Presample::Backcast };
            let transform = Transform::new(specification, 1.7);
            let p = transform.to_parameters(&free[..if leverage { 6 } else { 5 }]);
            prop_assert!(p.omega > 0.0 && p.alpha >= 0.0 && p.alpha + p.gamma >= 0.0 && p.beta >= 0.0);
            prop_assert!(p.persistence() < 1.0 && p.nu > 2.0);
            let again = transform.to_parameters(&transform.to_free(&p));
            for (a, b) in [(p.mu, again.mu), (p.alpha, again.alpha), (p.gamma, again.gamma), (p.beta, again.beta)] {
                prop_assert!((a - b).abs() < 1e-9);
            }
            prop_assert!((p.omega / again.omega - 1.0).abs() < 1e-9 && (p.nu / again.nu - 1.0).abs() < 1e-6);
        }
    }
}
