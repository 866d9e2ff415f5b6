//! Calibration of scores to probabilities.

use crate::Rows;
use serde_json::{Value, json};
use tidemark_onnx::{GraphBuilder, Tensor, Value as Tensored};

/// Standard deviation of the prior on the slope around 1.
const SLOPE_PRIOR_SD: f64 = 0.5;
/// Standard deviation of the prior on the intercept around 0, in log odds.
const INTERCEPT_PRIOR_SD: f64 = 0.25;
/// Newton steps after which the fit ends; the objective is strictly convex and a handful is usual.
const MAX_STEPS: usize = 100;

/// Whether and how a slice calibrated the scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// No calibration rows: scores are used as they are.
    Absent,
    Fitted,
    /// The rows asked for a negative slope, that is for turning the model's ranking around: it is held at 0.
    SlopeFloored,
}

/// Platt scaling: p = 1 / (1 + e^−(slope · score + intercept)), slope ≥ 0.
///
/// Targets are Platt's (1999): (N₊ + 1)/(N₊ + 2) and 1/(N₋ + 2), where N are sums of sample weights, so that overlapping
/// labels count as the few observations they are; the Newton iteration with step halving is that of Lin, Lin and Weng
/// (2007). Gaussian priors pull the slope to 1 (sd 0.5) and the intercept to 0 (sd 0.25): a short slice refines the
/// fitted scores, it does not replace what the much longer fit slice says. A slice that would invert the ranking
/// gets slope 0, a constant forecast, and the report says so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Platt {
    pub(crate) slope: f64,
    pub(crate) intercept: f64,
    unconstrained_slope: f64,
    status: Status,
}

impl Platt {
    /// Fits on the scores (log odds) of the calibration rows; labels are 0 or 1, weights positive.
    pub(crate) fn fit(scores: &[f64], rows: &Rows<'_>) -> Self {
        if rows.is_empty() {
            return Self {
                slope: 1.0,
                intercept: 0.0,
                unconstrained_slope: 1.0,
                status: Status::Absent,
            };
        }
        let problem = Problem::new(scores, rows);
        let [slope, intercept] = problem.minimise(true);
        if slope >= 0.0 {
            return Self {
                slope,
                intercept,
                unconstrained_slope: slope,
                status: Status::Fitted,
            };
        }
        let [_, intercept] = problem.minimise(false);
        Self {
            slope: 0.0,
            intercept,
            unconstrained_slope: slope,
            status: Status::SlopeFloored,
        }
    }

    /// Calibrated log odds.
    pub(crate) fn apply(&self, score: f64) -> f64 {
        score * self.slope + self.intercept
    }

    /// The same as nodes, followed by the sigmoid: probabilities from scores.
    pub(crate) fn add_to(&self, graph: &mut GraphBuilder, scores: &Tensored) -> Tensored {
        let slope = graph.constant(Tensor::scalar(self.slope));
        let intercept = graph.constant(Tensor::scalar(self.intercept));
        let scaled = graph.op("Mul", &[scores, &slope]);
        let logit = graph.op("Add", &[&scaled, &intercept]);
        graph.op("Sigmoid", &[&logit])
    }

    /// What the report says about the calibration.
    pub(crate) fn report(&self) -> Value {
        let status = match self.status {
            Status::Absent => "absent",
            Status::Fitted => "fitted",
            Status::SlopeFloored => "slope_floored",
        };
        json!({
            "method": "platt",
            "status": status,
            "slope": self.slope,
            "intercept": self.intercept,
            "unconstrainedSlope": self.unconstrained_slope,
            "slopePriorSd": SLOPE_PRIOR_SD,
            "interceptPriorSd": INTERCEPT_PRIOR_SD,
        })
    }
}

/// The penalised cross-entropy of the slice.
struct Problem<'a> {
    scores: &'a [f64],
    weights: &'a [f64],
    targets: Vec<f64>,
}

impl<'a> Problem<'a> {
    fn new(scores: &'a [f64], rows: &Rows<'a>) -> Self {
        let count = |class: f64| -> f64 {
            rows.labels
                .iter()
                .zip(rows.weights)
                .filter(|(label, _)| **label == class)
                .map(|(_, weight)| weight)
                .sum()
        };
        let positive = (count(1.0) + 1.0) / (count(1.0) + 2.0);
        let negative = 1.0 / (count(0.0) + 2.0);
        let targets = rows
            .labels
            .iter()
            .map(|label| if *label == 1.0 { positive } else { negative })
            .collect();
        Self {
            scores,
            weights: rows.weights,
            targets,
        }
    }

    fn loss(&self, [slope, intercept]: [f64; 2]) -> f64 {
        let penalty = ((slope - 1.0) / SLOPE_PRIOR_SD).powi(2) + (intercept / INTERCEPT_PRIOR_SD).powi(2);
        let rows = self.scores.iter().zip(&self.targets).zip(self.weights);
        let fit: f64 = rows
            .map(|((score, target), weight)| {
                let logit = slope * score + intercept;
                weight * (logit.max(0.0) + (-logit.abs()).exp().ln_1p() - target * logit)
            })
            .sum();
        fit + 0.5 * penalty
    }

    /// Gradient, and Hessian as its entries (slope, slope), (slope, intercept), (intercept, intercept).
    fn derivatives(&self, [slope, intercept]: [f64; 2]) -> ([f64; 2], [f64; 3]) {
        let (precision_a, precision_b) = (SLOPE_PRIOR_SD.powi(-2), INTERCEPT_PRIOR_SD.powi(-2));
        let mut gradient = [(slope - 1.0) * precision_a, intercept * precision_b];
        let mut hessian = [precision_a, 0.0, precision_b];
        for ((score, target), weight) in self.scores.iter().zip(&self.targets).zip(self.weights) {
            let p = sigmoid(slope * score + intercept);
            let residual = weight * (p - target);
            let curvature = weight * p * (1.0 - p);
            gradient[0] += residual * score;
            gradient[1] += residual;
            hessian[0] += curvature * score * score;
            hessian[1] += curvature * score;
            hessian[2] += curvature;
        }
        (gradient, hessian)
    }

    /// The minimum over slope and intercept, or over the intercept alone at slope 0.
    fn minimise(&self, with_slope: bool) -> [f64; 2] {
        let mut at = [f64::from(u8::from(with_slope)), 0.0];
        let mut loss = self.loss(at);
        for _ in 0..MAX_STEPS {
            let (gradient, [aa, ab, bb]) = self.derivatives(at);
            // The priors keep the determinant above the product of their precisions.
            let step = if with_slope {
                let determinant = aa * bb - ab * ab;
                [
                    (bb * gradient[0] - ab * gradient[1]) / determinant,
                    (aa * gradient[1] - ab * gradient[0]) / determinant,
                ]
            } else {
                [0.0, gradient[1] / bb]
            };
            let Some((next, next_loss)) = self.descend(at, step, loss) else {
                break;
            };
            at = next;
            loss = next_loss;
        }
        at
    }

    /// The first point along `at − step·2⁻ᵏ` that lowers the loss; `None` at the minimum.
    fn descend(&self, at: [f64; 2], step: [f64; 2], loss: f64) -> Option<([f64; 2], f64)> {
        let mut factor = 1.0;
        for _ in 0..40 {
            let next = [at[0] - factor * step[0], at[1] - factor * step[1]];
            let next_loss = self.loss(next);
            if next_loss < loss {
                return Some((next, next_loss));
            }
            factor *= 0.5;
        }
        None
    }
}

/// 1 / (1 + e^−x).
pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_core::Rng;

    struct Slice {
        scores: Vec<f64>,
        labels: Vec<f64>,
        weights: Vec<f64>,
        times: Vec<i64>,
    }

    /// Labels drawn with log odds `slope · score + intercept`.
    fn slice(n: usize, slope: f64, intercept: f64, weight: f64) -> Slice {
        let mut rng = Rng::new(17);
        let scores: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let labels = scores
            .iter()
            .map(|score| f64::from(u8::from(rng.uniform() < sigmoid(slope * score + intercept))))
            .collect();
        Slice {
            scores,
            labels,
            weights: vec![weight; n],
            times: (0..).take(n).collect(),
        }
    }

    fn fit(slice: &Slice) -> Platt {
        let rows = Rows::new(0, &[], &slice.labels, &slice.weights, &slice.times).unwrap();
        Platt::fit(&slice.scores, &rows)
    }

    #[test]
    fn many_rows_recover_slope_and_intercept() {
        let platt = fit(&slice(40_000, 0.6, -0.4, 1.0));
        assert!(
            (platt.slope - 0.6).abs() < 0.05 && (platt.intercept + 0.4).abs() < 0.05,
            "{platt:?}"
        );
        assert_eq!(platt.status, Status::Fitted);
    }

    #[test]
    fn the_gradient_vanishes_at_the_fit() {
        let data = slice(300, 0.5, 0.3, 0.7);
        let rows = Rows::new(0, &[], &data.labels, &data.weights, &data.times).unwrap();
        let problem = Problem::new(&data.scores, &rows);
        let (gradient, _) = problem.derivatives(problem.minimise(true));
        assert!(gradient.iter().all(|g| g.abs() < 1e-6), "{gradient:?}");
    }

    #[test]
    fn few_effective_rows_leave_scores_nearly_alone() {
        let platt = fit(&slice(250, 0.0, 0.0, 0.02));
        assert!(
            (platt.slope - 1.0).abs() < 0.4 && platt.intercept.abs() < 0.1,
            "{platt:?}"
        );
    }

    #[test]
    fn an_inverted_slice_gives_a_constant_and_says_so() {
        let platt = fit(&slice(5_000, -1.0, 0.2, 1.0));
        assert_eq!((platt.slope, platt.status), (0.0, Status::SlopeFloored));
        assert!(platt.unconstrained_slope < 0.0);
        assert_eq!(platt.report()["status"], "slope_floored");
    }

    #[test]
    fn one_class_and_no_rows_are_defined() {
        let mut data = slice(50, 0.0, 0.0, 1.0);
        data.labels.fill(1.0);
        let platt = fit(&data);
        assert!(platt.slope.is_finite() && platt.intercept > 0.0 && platt.intercept < 5.0);
        let none = Platt::fit(&[], &Rows::default());
        assert_eq!(none.report()["status"], "absent");
        assert_eq!(none.apply(0.3), 0.3);
    }
}
