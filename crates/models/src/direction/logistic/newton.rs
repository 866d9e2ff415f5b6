//! Penalised logistic regression by Newton's method.

use crate::calibration::sigmoid;
use crate::{ModelError, Result};
use nalgebra::{DMatrix, DVector};

use super::FAMILY;

/// Newton steps after which the fit is given up; a handful is usual.
const MAX_STEPS: usize = 100;

/// Rows of scaled features with labels (0 or 1) and positive weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Design<'a> {
    pub(super) width: usize,
    /// Row-major.
    pub(super) features: &'a [f64],
    pub(super) labels: &'a [f64],
    pub(super) weights: &'a [f64],
}

/// log odds = intercept + coefficients · features.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Coefficients {
    pub(super) intercept: f64,
    pub(super) features: Vec<f64>,
    pub(super) steps: usize,
}

impl Coefficients {
    pub(super) fn logit(&self, features: impl Iterator<Item = f64>) -> f64 {
        features
            .zip(&self.features)
            .map(|(x, coefficient)| x * coefficient)
            .sum::<f64>()
            + self.intercept
    }
}

/// Minimises Σ wᵢ·ℓ(yᵢ, xᵢ) + (λ/2)·‖β‖², the intercept unpenalised (scikit-learn's `C` is 1/λ), by iteratively reweighted
/// least squares with step halving, until no step lowers the objective or the Newton decrement is below 1e-20 of it.
///
/// # Errors
/// [`ModelError::NotConverged`] when the Hessian is not positive definite or the steps run out.
pub(super) fn fit(design: &Design<'_>, lambda: f64) -> Result<Coefficients> {
    let size = design.width + 1;
    let mut beta = DVector::<f64>::zeros(size);
    let mut value = objective(design, lambda, &beta);
    for steps in 0..MAX_STEPS {
        let (gradient, hessian) = derivatives(design, lambda, &beta);
        let Some(factor) = hessian.cholesky() else {
            return Err(not_converged(
                "the Hessian is not positive definite; raise the penalty",
            ));
        };
        let direction = factor.solve(&gradient);
        let decrement = gradient.dot(&direction);
        let next = (decrement > 1e-20 * value)
            .then(|| descend(design, lambda, &beta, &direction, value))
            .flatten();
        match next {
            Some((next, lower)) => {
                beta = next;
                value = lower;
            }
            None => {
                return Ok(Coefficients {
                    intercept: beta[0],
                    features: beta.iter().skip(1).copied().collect(),
                    steps,
                });
            }
        }
    }
    Err(not_converged(
        "no minimum within 100 Newton steps; raise the penalty",
    ))
}

fn not_converged(message: &str) -> ModelError {
    ModelError::NotConverged {
        family: FAMILY,
        message: message.to_owned(),
    }
}

/// The first point along `beta − direction·2⁻ᵏ` with a lower objective; `None` at the minimum.
fn descend(
    design: &Design<'_>,
    lambda: f64,
    beta: &DVector<f64>,
    direction: &DVector<f64>,
    value: f64,
) -> Option<(DVector<f64>, f64)> {
    let mut factor = 1.0;
    for _ in 0..40 {
        let next = beta - direction * factor;
        let lower = objective(design, lambda, &next);
        if lower < value {
            return Some((next, lower));
        }
        factor *= 0.5;
    }
    None
}

fn logit(row: &[f64], beta: &DVector<f64>) -> f64 {
    row.iter()
        .zip(beta.iter().skip(1))
        .map(|(x, coefficient)| x * coefficient)
        .sum::<f64>()
        + beta[0]
}

fn objective(design: &Design<'_>, lambda: f64, beta: &DVector<f64>) -> f64 {
    let rows = design
        .features
        .chunks_exact(design.width)
        .zip(design.labels)
        .zip(design.weights);
    let loss: f64 = rows
        .map(|((row, label), weight)| {
            let logit = logit(row, beta);
            weight * (logit.max(0.0) + (-logit.abs()).exp().ln_1p() - label * logit)
        })
        .sum();
    loss + 0.5 * lambda * beta.iter().skip(1).map(|b| b * b).sum::<f64>()
}

fn derivatives(design: &Design<'_>, lambda: f64, beta: &DVector<f64>) -> (DVector<f64>, DMatrix<f64>) {
    let size = design.width + 1;
    let mut gradient = DVector::from_fn(
        size,
        |index, _| if index == 0 { 0.0 } else { lambda * beta[index] },
    );
    let mut hessian = DMatrix::from_fn(
        size,
        size,
        |row, column| {
            if row == column && row > 0 { lambda } else { 0.0 }
        },
    );
    let mut extended = vec![1.0; size];
    for ((row, label), weight) in design
        .features
        .chunks_exact(design.width)
        .zip(design.labels)
        .zip(design.weights)
    {
        extended[1..].copy_from_slice(row);
        let p = sigmoid(logit(row, beta));
        let residual = weight * (p - label);
        let curvature = weight * p * (1.0 - p);
        for (i, x) in extended.iter().enumerate() {
            gradient[i] += residual * x;
            for (j, other) in extended.iter().enumerate().take(i + 1) {
                hessian[(i, j)] += curvature * x * other;
            }
        }
    }
    // Cholesky reads the lower triangle only; the upper is filled for whoever else looks.
    hessian.fill_upper_triangle_with_lower_triangle();
    (gradient, hessian)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_testkit::{Golden, assert_close, sp500};

    /// Five lags of x = 100·(close[t]/close[t−1] − 1), newest first, the first 4,000 rows; labels say whether x[t] > 0.
    fn lagged_returns() -> (Vec<f64>, Vec<f64>) {
        let bars = sp500();
        let x: Vec<f64> = bars
            .windows(2)
            .map(|pair| 100.0 * (pair[1].close / pair[0].close - 1.0))
            .collect();
        let rows = 5..4_005;
        let features = rows
            .clone()
            .flat_map(|t| (1..=5).map(move |lag| t - lag))
            .map(|at| x[at])
            .collect();
        (features, rows.map(|t| f64::from(u8::from(x[t] > 0.0))).collect())
    }

    fn check_golden(group: &str, lambda: f64, weight: fn(usize) -> f64) {
        let golden = Golden::load("models_direction", group);
        let (features, labels) = lagged_returns();
        let weights: Vec<f64> = (0..labels.len()).map(weight).collect();
        let design = Design {
            width: 5,
            features: &features,
            labels: &labels,
            weights: &weights,
        };
        let fitted = fit(&design, lambda).unwrap();
        assert_close("intercept", fitted.intercept, golden.number("intercept"), 1e-8);
        for (actual, expected) in fitted.features.iter().zip(golden.list("coefficients")) {
            assert_close("coefficient", *actual, *expected, 1e-8);
        }
    }

    #[test]
    fn coefficients_match_scikit_learn() {
        check_golden("logit_c1", 1.0, |_| 1.0);
    }

    #[test]
    fn weighted_coefficients_match_scikit_learn() {
        check_golden("logit_c001_weighted", 100.0, |row| 0.5 + (row % 4) as f64 * 0.25);
    }

    #[test]
    fn separable_rows_stay_finite_under_the_penalty() {
        let features: Vec<f64> = (-20..20).map(f64::from).collect();
        let labels: Vec<f64> = features.iter().map(|x| f64::from(u8::from(*x >= 0.0))).collect();
        let design = Design {
            width: 1,
            features: &features,
            labels: &labels,
            weights: &[1.0; 40],
        };
        let fitted = fit(&design, 1.0).unwrap();
        assert!(fitted.features[0] > 0.5 && fitted.features[0] < 10.0);
    }
}
